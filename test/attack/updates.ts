/** Choosing among signed prices, spending a batch's value twice, and calling back while value returns. */
import { expect } from "chai";
import { ask, bid, place, requestOf } from "../utils/orders.ts";
import { deliver, FEE, listPythMarket, nextWindow, type PythMarket, signed } from "../utils/pythMarket.ts";
import { useVenue } from "../utils/useVenue.ts";
import { eventsOf, GAS, named, trader, USD, type Venue } from "../utils/venue.ts";

const TICK = 10_000;
const [TAKE, REFUSE, REENTER] = [0, 1, 2];

describe("Attack: price updates", () => {
  let one: PythMarket;
  let two: PythMarket;
  const venue = useVenue({ traders: 3, deposit: 10_000n * USD }, async (v) => {
    one = await listPythMarket(v, TICK);
    two = await listPythMarket(v, TICK);
    await deliver(v, [one, two], TICK);
  });
  const encode = (v: Venue) => v.exchange.interface;
  const update = (v: Venue, id: number, data: string) => encode(v).encodeFunctionData("updatePrice", [id, [data]]);
  const balance = (v: Venue) => v.connection.ethers.provider.getBalance(v.deployed.exchangeAddress);
  const caller = (v: Venue) => v.connection.ethers.deployContract("ContractCaller");

  describe("one window, two signed prices", () => {
    it("buys at the lower band, then would sell at the upper: the second price is not taken", async () => {
      const v = venue();
      const [a, b] = [trader(v, 0), trader(v, 1)];
      await place(v, b, ask(9_800, 500, { market: 2 }));
      const start = await nextWindow(v);
      const first = signed(v, one, 9_800, start);
      const second = signed(v, one, 10_290, start + 1, start);
      await v.connection.networkHelpers.time.increase(5);
      const buy = encode(v).encodeFunctionData("placeOrder", [requestOf(bid(9_800, 500, { market: 2, ioc: true }))]);
      const calls = [update(v, 2, first), buy, update(v, 2, second)];
      const events = await eventsOf(v, a.exchange.multicall(calls, { ...GAS, value: 2n * FEE }));
      expect(named(events, "Trade").length).equal(1);
      expect((await v.exchange.markPrice(2))[0]).equal((9_800n * 10n) << 16n);
    });

    it("delivering only the one that suits reverts, whoever asks and whenever", async () => {
      const v = venue();
      const a = trader(v, 0);
      const start = await nextWindow(v);
      const second = signed(v, one, 10_290, start + 1, start);
      await v.connection.networkHelpers.time.increase(5);
      for (const wait of [1, 40, 30]) {
        await v.connection.networkHelpers.time.increase(wait);
        await expect(a.exchange.updatePrice(2, [second], { ...GAS, value: FEE }))
          .to.be.revertedWithCustomError(one.source, "UpdateNotFirst")
          .withArgs(start + 1, start);
      }
    });

    it("the previous window's price does not come back after this one's", async () => {
      const v = venue();
      const a = trader(v, 0);
      const before = await nextWindow(v);
      const start = await nextWindow(v);
      const [old, current] = [signed(v, one, 9_800, before), signed(v, one, 10_100, start)];
      const calls = [update(v, 2, old), update(v, 2, current), update(v, 2, old)];
      await a.exchange.multicall(calls, { ...GAS, value: 3n * FEE });
      expect((await v.exchange.markPrice(2))[0]).equal((10_100n * 10n) << 16n);
    });
  });

  describe("value", () => {
    it("of one update does not pay for two", async () => {
      const v = venue();
      const a = trader(v, 0);
      const start = await nextWindow(v);
      const calls = [update(v, 2, signed(v, one, TICK, start)), update(v, 3, signed(v, two, TICK, start))];
      await expect(a.exchange.multicall(calls, { ...GAS, value: FEE }))
        .to.be.revertedWithCustomError(v.exchange, "InsufficientValue")
        .withArgs(0, FEE);
      await expect(a.exchange.multicall(calls, { ...GAS, value: 2n * FEE - 1n }))
        .to.be.revertedWithCustomError(v.exchange, "InsufficientValue")
        .withArgs(FEE - 1n, FEE);
      await a.exchange.multicall(calls, { ...GAS, value: 2n * FEE });
      expect(await balance(v)).equal(0n);
    });

    it("forced in stops nobody, and goes to the next caller that sends some", async () => {
      const v = venue();
      const [a, b] = [trader(v, 0), trader(v, 1)];
      const start = await nextWindow(v);
      await v.connection.networkHelpers.setBalance(v.deployed.exchangeAddress, 777n);
      await place(v, b, bid(9_900, 200, { market: 2 }));
      await b.exchange.multicall([encode(v).encodeFunctionData("cancelAll", [2])], GAS);
      expect(await balance(v)).equal(777n);
      const { provider } = v.connection.ethers;
      const before = await provider.getBalance(a.address);
      const calls = [update(v, 2, signed(v, one, TICK, start))];
      const receipt = await (await a.exchange.multicall(calls, { ...GAS, value: FEE })).wait();
      const gas = (receipt?.gasUsed ?? 0n) * (receipt?.gasPrice ?? 0n);
      expect(before - (await provider.getBalance(a.address)) - gas).equal(FEE - 777n);
      expect(await balance(v)).equal(0n);
    });

    it("forced in does not make a payer of a caller that sends none, nor a debtor of the exchange", async () => {
      const v = venue();
      const a = trader(v, 0);
      const start = await nextWindow(v);
      await v.connection.networkHelpers.setBalance(v.deployed.exchangeAddress, FEE + 5n);
      await a.exchange.updatePrice(2, [signed(v, one, TICK, start)], GAS); // a gift pays for it
      expect(await balance(v)).equal(5n);
      await expect(a.exchange.updatePrice(3, [signed(v, two, TICK, start)], GAS))
        .to.be.revertedWithCustomError(v.exchange, "InsufficientValue")
        .withArgs(5n, FEE);
    });
  });

  describe("the caller's turn", () => {
    it("who refuses what comes back gets nothing done; who sends the exact fee needs not be asked", async () => {
      const v = venue();
      const contract = await caller(v);
      await contract.tell(REFUSE, "0x");
      const start = await nextWindow(v);
      const call = encode(v).encodeFunctionData("multicall", [[update(v, 2, signed(v, one, TICK, start))]]);
      await expect(contract.run(v.deployed.exchangeAddress, call, { ...GAS, value: FEE + 1n }))
        .to.be.revertedWithCustomError(v.exchange, "RefundFailed")
        .withArgs(await contract.getAddress(), 1n);
      await contract.run(v.deployed.exchangeAddress, call, { ...GAS, value: FEE });
      expect((await one.source.latestPrice()).timestamp).equal(BigInt(start));
    });

    for (const name of ["multicall", "updatePrice", "tradeFor", "poke"] as const) {
      it(`while value comes back to it, ${name} is locked`, async () => {
        const v = venue();
        const contract = await caller(v);
        const start = await nextWindow(v);
        const at = signed(v, one, TICK, start);
        const inner = {
          multicall: () => encode(v).encodeFunctionData("multicall", [[encode(v).encodeFunctionData("poke", [2])]]),
          updatePrice: () => update(v, 2, at),
          tradeFor: () => encode(v).encodeFunctionData("tradeFor", [1, []]),
          poke: () => encode(v).encodeFunctionData("poke", [2]),
        }[name]();
        if (name === "tradeFor") await trader(v, 0).exchange.setDelegate(await contract.getAddress(), true, GAS);
        await contract.tell(REENTER, inner);
        for (const outer of [update(v, 2, at), encode(v).encodeFunctionData("multicall", [[update(v, 2, at)]])]) {
          await expect(contract.run(v.deployed.exchangeAddress, outer, { ...GAS, value: FEE + 1n }))
            .to.be.revertedWithCustomError(v.exchange, "RefundFailed")
            .withArgs(await contract.getAddress(), 1n);
        }
        await contract.tell(TAKE, "0x");
        await contract.run(v.deployed.exchangeAddress, update(v, 2, at), { ...GAS, value: FEE + 1n });
        expect(await v.connection.ethers.provider.getBalance(await contract.getAddress())).equal(1n);
      });
    }

    it("batches do not nest", async () => {
      const v = venue();
      const a = trader(v, 0);
      const poke = encode(v).encodeFunctionData("poke", [2]);
      const nested = [
        encode(v).encodeFunctionData("multicall", [[poke]]),
        encode(v).encodeFunctionData("tradeFor", [a.account, []]),
      ];
      await a.exchange.setDelegate(a.address, true, GAS);
      for (const call of nested) {
        await expect(a.exchange.multicall([call], GAS)).to.be.revertedWithCustomError(
          v.exchange,
          "ReentrancyGuardReentrantCall",
        );
      }
      await expect(a.exchange.tradeFor(a.account, [nested[0] ?? ""], GAS)).to.be.revertedWithCustomError(
        v.exchange,
        "NotDelegable",
      );
    });
  });
});
