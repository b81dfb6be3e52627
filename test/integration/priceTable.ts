/**
 * What a bad price stops, and what it never stops: the table of docs/protocol.md, a test a cell. Rows are calls, columns what the
 * market's source says at the time.
 */

import { readFileSync } from "node:fs";
import { expect } from "chai";
import { marketConfig } from "../utils/marketConfig.ts";
import { ask, bid, cross, place, requestOf, submit } from "../utils/orders.ts";
import { LIMITS } from "../utils/randomMarket.ts";
import { useVenue } from "../utils/useVenue.ts";
import {
  answerAt,
  GAS,
  noLimits,
  parametersOf,
  setTick,
  type Trader,
  trader,
  USD,
  type Venue,
} from "../utils/venue.ts";

const TICK = 10_000;
const [TRADE_AGE, MAX_AGE] = [100, 300];
const WORKS = "works";
const COLUMNS = ["fresh", "older than `tradeAge`", "older than `maxAge`", "source fails"] as const;

interface Row {
  /** As in the table. */
  what: string;
  cells: readonly [string, string, string, string];
  /** Where the mark is; the position of trader 0 has X = 9,800. */
  tick?: number;
  prepare?(v: Venue): Promise<unknown>;
  call(v: Venue): Promise<unknown>;
}

/** Needs no price at all. */
const always = [WORKS, WORKS, WORKS, WORKS] as const;
/** Needs one that is not stale. */
const priced = [WORKS, WORKS, "StalePrice", "PriceUnavailable"] as const;
/** Opens exposure. */
const recent = [WORKS, "PriceTooOldToTrade", "StalePrice", "PriceUnavailable"] as const;

const weak = (v: Venue): Trader => trader(v, 0);
const strong = (v: Venue): Trader => trader(v, 1);
const risk = { ...noLimits, cautiousRatio: 15_000, reduceOnlyRatio: 8_000 };

const encode = (v: Venue) => v.exchange.interface;
const takeAsk = bid(10_010, 200, { ioc: true });
const cancelOpener = (v: Venue) => trader(v, 2).exchange.cancelAll(1, GAS);
/** Met at TICK. */
const TRIGGER = { market: 1, kind: 0, triggerTick: TICK, limitTick: 9_980, lots: 500, tip: 0 };
const redeemable = async (v: Venue) => {
  const t = trader(v, 5);
  await v.deployed.collateral.connect(t.signer).approve(v.deployed.insuranceFundAddress, 100n * USD);
  await v.deployed.collateral.mint(t.address, 100n * USD);
  const fund = v.fund.connect(t.signer);
  await fund.deposit(100n * USD, t.address);
  await fund.requestRedeem(await v.fund.balanceOf(t.address));
  await v.connection.networkHelpers.time.increase(3 * 86_400);
  await setTick(v, TICK);
  await v.exchange.poke(1, GAS);
};
const redeem = (v: Venue) =>
  v.fund.connect(trader(v, 5).signer).redeem(10n ** 12n, trader(v, 5).address, trader(v, 5).address, GAS);

const ROWS: readonly Row[] = [
  {
    what: "deposit",
    cells: always,
    prepare: (v) => v.deployed.collateral.mint(weak(v).address, USD),
    call: (v) => weak(v).exchange.deposit(USD, GAS),
  },
  {
    what: "depositWithPermit",
    cells: always,
    prepare: (v) => v.deployed.collateral.mint(weak(v).address, USD),
    call: (v) => weak(v).exchange.depositWithPermit(USD, 0, 27, `0x${"00".repeat(32)}`, `0x${"00".repeat(32)}`, GAS),
  },
  {
    what: "withdraw free collateral",
    cells: always,
    call: (v) => weak(v).exchange.withdraw(USD, weak(v).address, GAS),
  },
  {
    what: "cancelOrder",
    cells: always,
    call: async (v) => {
      const { orderIds } = await v.exchange.orderMarginAt(1, trader(v, 2).account);
      return trader(v, 2).exchange.cancelOrder(1, orderIds[0] ?? 0n, GAS);
    },
  },
  { what: "cancelAll", cells: always, call: cancelOpener },
  {
    what: "cancelOrders, amendOrder to less at the same tick",
    cells: always,
    call: async (v) => {
      const t = trader(v, 2);
      const [id = 0n] = (await v.exchange.orderMarginAt(1, t.account)).orderIds;
      await t.exchange.amendOrder(1, id, 9_990, 900, GAS);
      return t.exchange.cancelOrders(1, [id], GAS);
    },
  },
  {
    what: "amendOrder otherwise, without crossing",
    cells: priced,
    call: async (v) => {
      const t = trader(v, 2);
      const [id = 0n] = (await v.exchange.orderMarginAt(1, t.account)).orderIds;
      return t.exchange.amendOrder(1, id, 9_989, 1_000, GAS);
    },
  },
  {
    what: "placeTrigger, cancelTrigger",
    cells: always,
    call: async (v) => {
      await weak(v).exchange.placeTrigger(TRIGGER, GAS);
      const [t] = await v.exchange.triggersAt(1, weak(v).account);
      return weak(v).exchange.cancelTrigger(1, t?.triggerId ?? 0n, GAS);
    },
  },
  {
    what: "executeTrigger, whatever its makers do",
    cells: recent,
    prepare: async (v) => {
      await cancelOpener(v);
      await weak(v).exchange.placeTrigger(TRIGGER, GAS);
    },
    call: async (v) => {
      const [t] = await v.exchange.triggersAt(1, weak(v).account);
      return v.exchange.executeTrigger(1, weak(v).account, t?.triggerId ?? 0n, 8, GAS);
    },
  },
  {
    what: "setLeverage, setTopUp, setDelegate",
    cells: always,
    call: async (v) => {
      const x = encode(v);
      return weak(v).exchange.multicall(
        [
          x.encodeFunctionData("setLeverage", [1, 3]),
          x.encodeFunctionData("setTopUp", [1, 10_000, USD]),
          x.encodeFunctionData("setDelegate", [strong(v).address, true]),
        ],
        GAS,
      );
    },
  },
  { what: "addMargin", cells: always, call: (v) => weak(v).exchange.addMargin(1, USD, GAS) },
  { what: "removeMargin", cells: recent, call: (v) => strong(v).exchange.removeMargin(1, USD, GAS) },
  { what: "placeOrder that rests without crossing", cells: priced, call: (v) => submit(trader(v, 4), bid(9_900, 200)) },
  {
    what: "placeOrder whose fill opens exposure, for either side",
    cells: recent,
    call: (v) => submit(trader(v, 4), takeAsk),
  },
  {
    what: "placeOrder that reduces, against a maker that opens",
    cells: recent,
    call: (v) => submit(weak(v), ask(9_990, 200, { ioc: true, reduceOnly: true })),
  },
  {
    what: "placeOrder whose fill reduces both sides",
    cells: priced,
    prepare: cancelOpener,
    call: (v) => submit(weak(v), ask(9_980, 200, { ioc: true, reduceOnly: true })),
  },
  {
    what: "closePosition, against a maker that reduces",
    cells: priced,
    prepare: cancelOpener,
    call: (v) => weak(v).exchange.closePosition(1, 9_980, 8, GAS),
  },
  {
    what: "closePosition, against a maker that opens",
    cells: recent,
    call: (v) => weak(v).exchange.closePosition(1, 9_990, 8, GAS),
  },
  { what: "topUp", tick: 9_890, cells: priced, call: (v) => v.exchange.topUp(1, weak(v).account, GAS) },
  {
    what: "liquidate, whatever its makers do",
    tick: 9_890,
    cells: priced,
    call: (v) => v.exchange.liquidate(1, weak(v).account, 8, GAS),
  },
  {
    what: "preventiveDeleverage",
    tick: 9_870,
    cells: recent,
    prepare: cancelOpener,
    call: (v) => v.exchange.preventiveDeleverage(1, weak(v).account, 8, 8, GAS),
  },
  {
    what: "autoDeleverage, whatever its makers do",
    tick: 9_750,
    cells: priced,
    call: (v) => v.exchange.autoDeleverage(1, [], LIMITS, GAS),
  },
  { what: "poke", cells: priced, call: (v) => v.exchange.poke(1, GAS) },
  {
    what: "multicall, tradeFor: of a call that needs no price",
    cells: always,
    call: (v) => strong(v).exchange.tradeFor(weak(v).account, [encode(v).encodeFunctionData("cancelAll", [1])], GAS),
  },
  {
    what: "multicall, tradeFor: of a call that opens exposure",
    cells: recent,
    call: (v) =>
      strong(v).exchange.tradeFor(
        weak(v).account,
        [encode(v).encodeFunctionData("placeOrder", [requestOf(takeAsk)])],
        GAS,
      ),
  },
  {
    what: "updatePrice",
    cells: ["SourceNotUpdatable", "SourceNotUpdatable", "SourceNotUpdatable", "SourceNotUpdatable"],
    call: (v) => v.exchange.updatePrice(1, [], GAS),
  },
  {
    what: "stake in the insurance fund",
    cells: always,
    prepare: async (v) => {
      await v.deployed.collateral.connect(trader(v, 5).signer).approve(v.deployed.insuranceFundAddress, USD);
      await v.deployed.collateral.mint(trader(v, 5).address, USD);
    },
    call: (v) => v.fund.connect(trader(v, 5).signer).deposit(USD, trader(v, 5).address, GAS),
  },
  {
    what: "redeem from the insurance fund",
    cells: [WORKS, WORKS, "ERC4626ExceededMaxRedeem", "ERC4626ExceededMaxRedeem"],
    prepare: redeemable,
    call: redeem,
  },
  {
    what: "redeem from the insurance fund, more than a day after its `poke` found no price",
    cells: [WORKS, WORKS, WORKS, WORKS],
    prepare: async (v) => {
      await redeemable(v);
      await v.aggregators[0]?.setFailing(true);
      await v.fund.poke(GAS);
      await v.aggregators[0]?.setFailing(false);
      await v.connection.networkHelpers.time.increase(86_401);
    },
    call: redeem,
  },
  {
    what: "redeemEarly from the insurance fund",
    cells: always,
    prepare: redeemable,
    call: (v) =>
      v.fund.connect(trader(v, 5).signer).redeemEarly(10n ** 12n, 0n, trader(v, 5).address, trader(v, 5).address, GAS),
  },
  { what: "retireMarket", cells: priced, call: (v) => v.exchange.retireMarket(1, GAS) },
  {
    what: "settleRetired",
    cells: always,
    prepare: async (v) => {
      await setTick(v, TICK);
      await v.exchange.retireMarket(1, GAS);
    },
    call: (v) => v.exchange.settleRetired(1, [weak(v).account, strong(v).account], GAS),
  },
  { what: "setGuardianLevel", cells: always, call: (v) => v.exchange.setGuardianLevel(1, 1, GAS) },
  {
    what: "updateMarket, without another source",
    cells: always,
    call: async (v) => v.exchange.updateMarket(1, marketConfig(v), risk, [], GAS),
  },
];

describe("What a bad price stops", () => {
  const venue = useVenue(
    { traders: 6, deposit: 1_000n * USD, markets: [{ tradeAge: TRADE_AGE, maxAge: MAX_AGE, risk }] },
    async (v) => {
      await setTick(v, TICK);
      await cross(v, weak(v), strong(v), {
        tick: TICK,
        lots: 2_000,
        longLeverage: 50,
        shortLeverage: 1,
        shortExtra: 5n * USD,
      });
      await setTick(v, TICK);
      await place(v, trader(v, 2), bid(9_990, 1_000)); // opens
      await place(v, strong(v), bid(9_980, 1_000, { reduceOnly: true })); // reduces
      await place(v, trader(v, 3), ask(10_010, 1_000));
      await weak(v).exchange.setTopUp(1, 20_000, 100n * USD, GAS);
      await weak(v).exchange.setDelegate(strong(v).address, true, GAS);
    },
    { quick: true },
  );

  /** Makes the source say what the column says in the next block. */
  async function spoil(v: Venue, column: (typeof COLUMNS)[number], row: Row): Promise<void> {
    const { time } = v.connection.networkHelpers;
    const answer = answerAt(parametersOf(v), row.tick ?? TICK);
    const now = await time.latest();
    const patient = row.what.includes("more than a day");
    if (column === "source fails") {
      await v.aggregators[0]?.setFailing(true);
      return;
    }
    const age = {
      fresh: 0,
      "older than `tradeAge`": TRADE_AGE + 1,
      "older than `maxAge`": patient ? 86_402 : MAX_AGE + 1,
    }[column];
    await time.setNextBlockTimestamp(now + 1); // not the wall clock's
    await v.aggregators[0]?.setRound(answer, now + 2 - age);
    await time.setNextBlockTimestamp(now + 2);
  }

  for (const row of ROWS) {
    describe(row.what, () => {
      for (const [i, column] of COLUMNS.entries()) {
        const outcome = row.cells[i] ?? WORKS;
        it(`${column}: ${outcome}`, async () => {
          const v = venue();
          await row.prepare?.(v);
          await spoil(v, column, row);
          const call = row.call(v);
          const contract = outcome.startsWith("ERC4626") ? v.fund : v.exchange;
          if (outcome === WORKS) await call;
          else await expect(call).to.be.revertedWithCustomError(contract, outcome);
          await v.aggregators[0]?.setFailing(false);
        });
      }
    });
  }

  it("is the table of docs/protocol.md, cell for cell", () => {
    const page = readFileSync(new URL("../../docs/protocol.md", import.meta.url), "utf8");
    const cells = ROWS.map((r) => `| ${[r.what, ...r.cells.map((c) => (c === WORKS ? c : `\`${c}\``))].join(" | ")} |`);
    for (const line of [`| call | ${COLUMNS.join(" | ")} |`, ...cells]) expect(page).to.include(line);
  });
});
