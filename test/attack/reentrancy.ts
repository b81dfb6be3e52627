/** Pattern 17: a token that calls back while it moves. Every entry point is locked, and views show a state that adds up. */
import { expect } from "chai";
import { bid, cross, requestOf } from "../utils/orders.ts";
import { LIMITS } from "../utils/randomMarket.ts";
import { triggerOf } from "../utils/triggers.ts";
import { useVenue } from "../utils/useVenue.ts";
import { GAS, trader, USD } from "../utils/venue.ts";

describe("Attack: reentrancy through the token", () => {
  const venue = useVenue({ traders: 4, deposit: 1_000n * USD, hostileCollateral: true }, async (v) => {
    await cross(v, trader(v, 0), trader(v, 1), { tick: 10_000, lots: 1_000 });
  });
  const token = async () =>
    venue().connection.ethers.getContractAt("HostileCollateral", venue().deployed.collateralAddress);

  const locked = () => {
    const x = venue().exchange.interface;
    const to = trader(venue(), 0).address;
    return [
      x.encodeFunctionData("deposit", [1]),
      x.encodeFunctionData("withdraw", [1, to]),
      x.encodeFunctionData("placeOrder", [requestOf(bid(9_900, 200))]),
      x.encodeFunctionData("placeOrders", [[requestOf(bid(9_900, 200))]]),
      x.encodeFunctionData("amendOrder", [1, 1, 1, 1]),
      x.encodeFunctionData("cancelOrder", [1, 1]),
      x.encodeFunctionData("cancelOrders", [1, [1]]),
      x.encodeFunctionData("placeTrigger", [triggerOf({ triggerTick: 9_900 })]),
      x.encodeFunctionData("cancelTrigger", [1, 1]),
      x.encodeFunctionData("executeTrigger", [1, 1, 1, 1]),
      x.encodeFunctionData("cancelAll", [1]),
      x.encodeFunctionData("addMargin", [1, 1]),
      x.encodeFunctionData("removeMargin", [1, 1]),
      x.encodeFunctionData("liquidate", [1, 1, 1]),
      x.encodeFunctionData("autoDeleverage", [1, [], LIMITS]),
      x.encodeFunctionData("poke", [1]),
      x.encodeFunctionData("depositInsurance", [1]),
      x.encodeFunctionData("withdrawInsurance", [1, to]),
      x.encodeFunctionData("multicall", [[x.encodeFunctionData("poke", [1])]]),
    ];
  };

  for (const [name, move] of [
    ["withdrawing", (i: number) => trader(venue(), i).exchange.withdraw(USD, trader(venue(), i).address, GAS)],
    ["depositing", (i: number) => trader(venue(), i).exchange.deposit(USD, GAS)],
  ] as const) {
    it(`no entry point can be entered while ${name}`, async () => {
      const v = venue();
      const hostile = await token();
      await hostile.mint(trader(v, 2).address, 100n * USD);
      for (const call of locked()) {
        await hostile.callBack(v.deployed.exchangeAddress, call);
        await move(2);
        expect(await hostile.calledBack(), call.slice(0, 10)).equal(false);
        const error = v.exchange.interface.parseError(await hostile.answer())?.name;
        expect(error).equal("ReentrancyGuardReentrantCall");
      }
    });
  }

  it("a view called back in the middle of a withdrawal sees it booked already", async () => {
    const v = venue();
    const hostile = await token();
    const { account } = trader(v, 2);
    const view = v.exchange.interface.encodeFunctionData("accountAt", [account]);
    await hostile.callBack(v.deployed.exchangeAddress, view);
    await trader(v, 2).exchange.withdraw(400n * USD, trader(v, 2).address, GAS);
    const [answer] = v.exchange.interface.decodeFunctionResult("accountAt", await hostile.answer());
    expect(answer.free).equal(600n * USD);
  });
});
