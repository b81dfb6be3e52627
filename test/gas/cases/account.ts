/** Worst cases of what an account does for itself: money, settings, batches, prices. */
import { createScene, FULL, LOTS, type Scene, TICK } from "../../utils/gasScene.ts";
import type { GasTable } from "../../utils/gasTable.ts";
import { ask, cross, place, requestOf } from "../../utils/orders.ts";
import { FEE, listPythMarket, nextWindow, signed } from "../../utils/pythMarket.ts";
import { GAS, parametersOf, setTick, USD } from "../../utils/venue.ts";

export function accountCases(table: GasTable): void {
  describe("accounts", () => {
    let s: Scene;
    before(async () => {
      s = await createScene([FULL, FULL]);
    });
    beforeEach(async () => {
      await s.restore();
    });
    /** Somebody without an account, with tokens that the exchange may take. */
    const newcomer = async () => {
      const signer = (await s.v.connection.ethers.getSigners())[20];
      if (!signer) throw new Error("the network has no account 20");
      await s.v.deployed.collateral.mint(signer.address, 100n * USD);
      return { signer, exchange: s.v.exchange.connect(signer) };
    };

    it("deposit, depositWithPermit, withdraw", async () => {
      const { v } = s;
      const n = await newcomer();
      const { collateral, exchangeAddress } = v.deployed;
      const { ethers } = v.connection;
      const deadline = BigInt((await v.connection.networkHelpers.time.latest()) + 1_000);
      const domain = {
        name: await collateral.name(),
        version: "1",
        chainId: (await ethers.provider.getNetwork()).chainId,
        verifyingContract: v.deployed.collateralAddress,
      };
      const types = {
        Permit: [
          { name: "owner", type: "address" },
          { name: "spender", type: "address" },
          { name: "value", type: "uint256" },
          { name: "nonce", type: "uint256" },
          { name: "deadline", type: "uint256" },
        ],
      };
      const permit = { owner: n.signer.address, spender: exchangeAddress, value: 100n * USD, nonce: 0n, deadline };
      const { v: y, r, s: z } = ethers.Signature.from(await n.signer.signTypedData(domain, types, permit));
      const start = await v.connection.networkHelpers.takeSnapshot();
      const signedDeposit = n.exchange.depositWithPermit(100n * USD, deadline, y, r, z, GAS);
      await table.measure(v, "depositWithPermit", "first deposit", signedDeposit, { AccountOpened: 1 });
      await start.restore();
      await collateral.connect(n.signer).approve(exchangeAddress, 100n * USD);
      await table.measure(v, "deposit", "first deposit", n.exchange.deposit(100n * USD, GAS), { AccountOpened: 1 });
      const out = n.exchange.withdraw(50n * USD, `0x${"77".repeat(20)}`, GAS);
      await table.measure(v, "withdraw", "to an address without tokens", out, { Withdrawn: 1 });
    });

    it("settings and margin, with funding due and all indexed anew", async () => {
      const { v, victim, dealer } = s;
      const { exchange } = victim;
      await cross(v, victim, dealer, { tick: TICK, lots: LOTS * 10, longLeverage: 5, shortLeverage: 1 });
      for (let i = 0; i < 4; i++) {
        await place(v, dealer, { isBid: true, tick: TICK + 6_000 - 700 * i, lots: 260, leverage: 1 });
        await place(v, dealer, ask(TICK + 9_000 + 700 * i, 260, { leverage: 1 }));
      }
      const due = async () => {
        await v.connection.networkHelpers.time.increase(3_600);
        await setTick(v, TICK);
      };
      await due();
      await table.measure(v, "addMargin", "cell changes", exchange.addMargin(1, 300n * USD, GAS), {
        FundingAccrued: 1,
      });
      await due();
      const remove = exchange.removeMargin(1, 200n * USD, GAS);
      await table.measure(v, "removeMargin", "cell changes", remove, { FundingAccrued: 1 });
      await table.measure(v, "setLeverage", "first", s.caller.exchange.setLeverage(1, 3, GAS), { LeverageSet: 1 });
      await table.measure(v, "setTopUp", "first", exchange.setTopUp(1, 195_000, 9n * USD, GAS), { TopUpSet: 1 });
      const allow = exchange.setDelegate(s.caller.address, true, GAS);
      await table.measure(v, "setDelegate", "first", allow, { DelegateSet: 1 });
    });

    it("updatePrice, and batches that replace a maker's 32 orders after it", async () => {
      const { v, victim, caller } = s;
      const market = await listPythMarket(v, TICK);
      const x = v.exchange.interface;
      const place32 = (first: number) =>
        Array.from({ length: 32 }, (_, i) =>
          x.encodeFunctionData("placeOrder", [
            requestOf(ask(first + 700 * i, LOTS, { market: market.id, leverage: 5 })),
          ]),
        );
      await victim.exchange.multicall(place32(TICK + 100), GAS);
      await victim.exchange.setDelegate(caller.address, true, GAS);
      const batch = async (first: number) => {
        const update = [signed(v, market, TICK, await nextWindow(v))];
        const calls = [
          x.encodeFunctionData("updatePrice", [market.id, update]),
          x.encodeFunctionData("cancelAll", [market.id]),
          ...place32(first),
        ];
        return calls;
      };
      const paid = { ...GAS, value: 2n * FEE };
      const counts = { OrderRemoved: 32, OrderPlaced: 32 };
      const own = victim.exchange.multicall(await batch(TICK + 30_000), paid);
      await table.measure(v, "multicall", "price update, 32 orders replaced", own, counts);
      const delegated = caller.exchange.tradeFor(victim.account, await batch(TICK + 60_000), paid);
      await table.measure(v, "tradeFor", "price update, 32 orders replaced", delegated, counts);
      const update = [signed(v, market, TICK, await nextWindow(v))];
      await table.measure(
        v,
        "updatePrice",
        "Pyth, value left over",
        caller.exchange.updatePrice(market.id, update, paid),
      );
      if (parametersOf(v, market.id).tiers.length !== 7) throw new Error("the market has lost its tiers");
    });
  });
}
