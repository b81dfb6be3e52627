/**
 * The page in a real browser while a local chain crashes: the frontier moves, people are deleveraged, and the browser checks it.
 * Screenshots go to coverage/page.
 */
import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { mkdirSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { add, everyEvent, type Prediction, sorted, stepOf } from "./helpers/askApi.ts";
import { openBrowser } from "./helpers/openBrowser.ts";
import { startDemo } from "./helpers/startDemo.ts";

const SHOTS = "coverage/page";
const SECOND = 1_000;

describe("the page", { timeout: 300 * SECOND }, () => {
  let browser: Browser;
  let demo: ChildProcess;
  let url = "";
  let page: Page;
  /** What the browser complained about; it must stay empty. */
  const complaints: string[] = [];
  const foreign: string[] = [];

  before(async () => {
    mkdirSync(SHOTS, { recursive: true });
    browser = await openBrowser();
    ({ demo, url } = await startDemo());
    page = await open();
  });

  after(async () => {
    await browser.close();
    demo.kill("SIGCONT"); // stopped, it would not hear the next one
    demo.kill("SIGTERM");
  });

  async function open(options: BrowserContextOptions = {}, at = "/#ETH"): Promise<Page> {
    const context = await browser.newContext({ locale: "en-US", viewport: { width: 1320, height: 1000 }, ...options });
    const opened = await context.newPage();
    opened.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
    });
    opened.on("pageerror", (error) => complaints.push(error.stack ?? error.message));
    opened.on("request", (request) => {
      if (!request.url().startsWith(url)) foreign.push(request.url());
    });
    await opened.goto(`${url}${at}`);
    await opened.waitForSelector("html[data-block]");
    return opened;
  }

  it("the frontier is drawn as positions open", async () => {
    await page.waitForFunction(() => /−\d+\.\d/.test(document.getElementById("line-down")?.textContent ?? ""));
    // whoever walks the price waits, chain and keeper go on: on a slow machine the crash would overtake the next test
    demo.kill("SIGSTOP");
    await page.screenshot({ path: `${SHOTS}/1-before.png`, fullPage: true });
  });

  it("the panel says what a move would lead to, chosen by typing or by arrow keys", async () => {
    const panel = await open();
    await panel.waitForFunction(() => /−\d+\.\d/.test(document.getElementById("line-down")?.textContent ?? ""));
    const answer = panel.waitForResponse((response) => response.url().endsWith("/predict?move=-600000"));
    await panel.fill("#move", "-60");
    const { data } = (await (await answer).json()) as { data: Prediction };
    await panel.waitForSelector('html[data-move="-600000"]');
    await panel.screenshot({ path: `${SHOTS}/7-move.png`, fullPage: true });
    assert.ok(data.deleverages.length > 0, "nobody would be bankrupt");
    assert.equal(await panel.locator("#move-slider").inputValue(), "-60");
    assert.equal(await panel.locator("#move-last").getAttribute("aria-pressed"), "false");
    await panel.fill("#move", "-100");
    assert.match((await panel.locator("#move-note").textContent()) ?? "", /lies between -99\.9999 and 200/);
    await panel.locator("#move-slider").focus();
    await panel.keyboard.press("ArrowRight");
    await panel.waitForSelector('html[data-move="-595000"]');
    assert.equal(await panel.locator("#move").inputValue(), "-59.5");
    await panel.keyboard.press("Tab");
    await panel.keyboard.press("Tab");
    await panel.keyboard.press("Enter");
    await panel.waitForFunction(() => document.getElementById("move-last")?.getAttribute("aria-pressed") === "true");
    await panel.waitForFunction(() => document.documentElement.dataset["move"] !== "-595000");
    await panel.context().close();
  });

  it("the frontier moves with the price", async () => {
    const before = await page.locator("#line-down").textContent();
    demo.kill("SIGCONT");
    await page.waitForFunction((was) => {
      const now = document.getElementById("line-down")?.textContent ?? "";
      return now !== "" && now !== was;
    }, before);
    assert.ok((await inked(page, "#frontier canvas")) > 1_000, "nothing is drawn on the frontier's canvas");
  });

  it("a deleveraging appears, with its stage and its mark on the price", async () => {
    await page.waitForSelector("#calls li[data-sequence]", { timeout: 60 * SECOND });
    await page.screenshot({ path: `${SHOTS}/2-crash.png`, fullPage: true });
    const stage = page.locator("#stages li").nth(2);
    assert.match((await stage.textContent()) ?? "", /Auto-deleveraging.*\d+ ×/s);
    assert.ok((await inked(page, "#picture")) > 1_000);
  });

  /**
   * What is comparable. The step of −60 % is predicted from the block before it. Who is bankrupt, and who is deleveraged for it by how many
   * lots, follows from positions and price alone when the book takes nothing of the bankrupt, as here: no bid within their limits is left
   * after such a step. So the sets and the lots must be the same. Not comparable: what the fund pays, because the fund is one and each
   * market's prediction counts on all of it; and the cutting into calls.
   */
  it("the crash was predicted: the same accounts, the same lots as the events show", async () => {
    for (const market of ["ETH", "BTC"]) {
      const crash = await stepOf(url, market, -600_000);
      const events = await everyEvent(url, market);
      const happened = events.filter(
        ({ block }) => block.number > crash.from.number && block.number <= (crash.until?.number ?? Infinity),
      );
      assert.deepEqual([...new Set(happened.map(({ type }) => type))].sort(), ["deleverage", "level"], market);
      const [bankrupt, deleveraged] = [new Map<number, bigint>(), new Map<number, bigint>()];
      for (const { account = 0, lots = "0", closes = [] } of happened) {
        add(bankrupt, account, lots);
        for (const close of closes) add(deleveraged, close.counterparty, close.lots);
      }
      const [foretold, called] = [new Map<number, bigint>(), new Map<number, bigint>()];
      for (const one of crash.prediction.deleverages) {
        assert.equal(one.sweptLots, "0");
        add(foretold, one.account, one.lots);
        for (const other of [...one.counterparties, ...one.principal]) add(called, other.account, other.lots);
      }
      assert.ok(called.size > 0);
      assert.deepEqual(sorted(called), sorted(deleveraged), `${market}: deleveraged`);
      assert.deepEqual(sorted(foretold), sorted(bankrupt), `${market}: bankrupt`);
    }
  });

  it("predicted against happened is shown, and stays when the next price comes", async () => {
    const late = await open();
    const crash = await stepOf(url, "ETH", -600_000);
    await late.waitForFunction((block) => {
      const picker = document.getElementById("step") as HTMLSelectElement;
      const option = [...picker.options].find(({ text }) => text.endsWith("−60.00\u2009%"));
      if (option === undefined) return false;
      picker.value = option.value;
      picker.dispatchEvent(new Event("change"));
      return document.getElementById("step-note")?.dataset["block"] === String(block);
    }, crash.to.number);
    const cells = (kind: string) => late.locator(`#step-summary tr[data-kind=${kind}] td`).allTextContents();
    const accounts = new Set(
      crash.prediction.deleverages.flatMap(({ counterparties }) => counterparties.map((c) => c.account)),
    );
    const [bankrupt, deleveraged] = [await cells("bankrupt"), await cells("deleveraged")];
    const n = String(crash.prediction.deleverages.length);
    assert.deepEqual(bankrupt.slice(0, 3), [n, n, n]);
    assert.deepEqual(deleveraged.slice(0, 3), [accounts.size, accounts.size, accounts.size].map(String));
    assert.equal(deleveraged[3], deleveraged[4]);
    const rows = late.locator("#step-accounts tbody tr");
    assert.equal(await rows.count(), accounts.size);
    assert.equal(await late.locator("#step-accounts tr.agrees").count(), accounts.size);
    await late.screenshot({ path: `${SHOTS}/8-predicted.png`, fullPage: true });
    await late.context().close();
  });

  it("check it: a true call is correct", async () => {
    const call = page.locator("#calls li[data-sequence]").last();
    await call.getByRole("button", { name: "Check it" }).click();
    const verdict = call.locator(".verdict.right");
    await verdict.waitFor();
    assert.match((await verdict.textContent()) ?? "", /^Correct\. .*eligible, \d+ closed/);
    await page.screenshot({ path: `${SHOTS}/3-checked.png`, fullPage: true });
  });

  it("check it: a tampered call is wrong, and says who was wronged by how much", async () => {
    const tampered = await open();
    await tampered.route("**/api/markets/*/deleverages/*", async (route) => {
      const response = await route.fetch();
      const body = (await response.json()) as {
        data: { call: { account: number; closes: { counterparty: number; lots: string }[] }; before: Answered };
      };
      const { call, before } = body.data;
      // somebody of the same side who was not first in line
      const closed = new Set(call.closes.map(({ counterparty }) => counterparty));
      const isShort = before.positions
        .find(({ account }) => account === call.closes[0]?.counterparty)
        ?.lots.startsWith("-");
      const other = before.positions.find(
        ({ account, lots }) => !closed.has(account) && lots.startsWith("-") === isShort && account !== call.account,
      );
      const first = call.closes[0];
      assert.ok(first !== undefined && other !== undefined);
      first.counterparty = other.account;
      await route.fulfill({ response, json: body });
    });
    // the oldest call: then there were enough others to blame
    const call = tampered.locator("#calls li[data-sequence]").last();
    await call.getByRole("button", { name: "Check it" }).click();
    const verdict = call.locator(".verdict.wrong");
    await verdict.waitFor();
    assert.match((await verdict.textContent()) ?? "", /Wrong\..*Account \d+ was wronged by \$[\d.,]+.*turn/s);
    await tampered.screenshot({ path: `${SHOTS}/4-tampered.png`, fullPage: true });
    await tampered.context().close();
  });

  it("the queue can be filtered by account, and looked at from either side", async () => {
    const late = await open({}, "/#BTC");
    await late.selectOption("#side", "long");
    await late.fill("#account", "4294967295");
    await late.waitForFunction(() =>
      /4294967295 has no position/.test(document.getElementById("queue-caption")?.textContent ?? ""),
    );
    assert.equal(await late.locator("#queue tbody tr").count(), 0);
    await late.context().close();
  });

  it("dark and light: by the system's preference, and by the button, which is remembered", async () => {
    const dark = await open({ colorScheme: "dark" });
    const background = () => dark.evaluate(() => getComputedStyle(document.body).backgroundColor);
    assert.equal(await background(), "rgb(8, 20, 28)");
    await dark.screenshot({ path: `${SHOTS}/5-dark.png`, fullPage: true });
    await dark.getByRole("button", { name: "Switch to light colours" }).click();
    assert.equal(await background(), "rgb(244, 241, 234)");
    await dark.reload();
    assert.equal(await background(), "rgb(244, 241, 234)");
    await dark.context().close();
  });

  it("keyboard: from market to market by arrows, to a check by Tab and Enter", async () => {
    const keys = await open();
    await keys.locator("#tab-ETH").focus();
    await keys.keyboard.press("ArrowLeft");
    assert.equal(await keys.evaluate(() => document.activeElement?.id), "tab-BTC");
    await keys.waitForFunction(() => document.title.startsWith("BTC"));
    await keys.waitForSelector("#calls li[data-sequence]");
    for (let i = 0; i < 12; i++) {
      await keys.keyboard.press("Tab");
      if ((await keys.evaluate(() => document.activeElement?.textContent)) === "Check it") break;
    }
    await keys.keyboard.press("Enter");
    await keys.waitForSelector("#calls .verdict.right");
    await keys.context().close();
  });

  it("everything that can be focused or is an image has a name", async () => {
    const nameless = await page.evaluate(() => {
      const named = (element: Element) =>
        (element.textContent ?? "").trim() !== "" ||
        element.hasAttribute("aria-label") ||
        element.hasAttribute("aria-labelledby") ||
        element.closest("label") !== null;
      const all = [...document.querySelectorAll("button, a, input, select, meter, [role=img], [tabindex='0']")];
      return all.filter((element) => !named(element)).map((element) => element.outerHTML.slice(0, 80));
    });
    assert.deepEqual(nameless, []);
  });

  it("a small screen scrolls in one direction only", async () => {
    const phone = await open({ viewport: { width: 390, height: 800 } });
    const [width, shown] = await phone.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    assert.equal(width, shown);
    await phone.screenshot({ path: `${SHOTS}/6-phone.png`, fullPage: true });
    await phone.context().close();
  });

  it("no complaint of the browser, no request to anybody else", () => {
    assert.deepEqual(complaints, []);
    assert.deepEqual(foreign, []);
  });
});

type Answered = { positions: { account: number; lots: string }[] };

/** Pixels of a canvas that something was drawn on. */
function inked(page: Page, selector: string): Promise<number> {
  return page.locator(selector).evaluate((canvas) => {
    if (!(canvas instanceof HTMLCanvasElement)) throw new Error("not a canvas");
    const pixels = canvas.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
    let count = 0;
    for (let i = 3; i < pixels.length; i += 4) if (pixels[i] !== 0) count++;
    return count;
  });
}
