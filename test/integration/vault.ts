import { expect } from "chai";
import { ask, bid, cross, place, requestOf } from "../utils/orders.ts";
import { triggerOf } from "../utils/triggers.ts";
import { useVenue } from "../utils/useVenue.ts";
import { GAS, join, setTick, trader, USD } from "../utils/venue.ts";

const ZERO = "0x0000000000000000000000000000000000000000";

describe("Vault", () => {
  describe("deposit", () => {
    const venue = useVenue({ traders: 3, deposit: 1_000n * USD });

    it("opens an account on the first deposit, and credits the same one afterwards", async () => {
      const v = venue();
      const signer = (await v.connection.ethers.getSigners())[9];
      if (!signer) throw new Error("no signer");
      const { collateral, exchangeAddress } = v.deployed;
      await collateral.mint(signer.address, 5n * USD);
      await collateral.connect(signer).approve(exchangeAddress, 5n * USD);
      const own = v.exchange.connect(signer);
      expect(await v.exchange.accountOf(signer.address)).equal(0n);
      await expect(own.deposit(2n * USD, GAS))
        .to.emit(v.exchange, "AccountOpened")
        .withArgs(4, signer.address)
        .and.to.emit(v.exchange, "Deposited")
        .withArgs(4, 2n * USD);
      await expect(own.deposit(3n * USD, GAS)).to.not.emit(v.exchange, "AccountOpened");
      expect(await v.exchange.accountAt(4)).to.deep.equal([signer.address, 5n * USD]);
      expect(await v.exchange.accountCount()).equal(4n);
    });

    it("reverts for zero, and for more than a ledger entry holds", async () => {
      const v = venue();
      const own = trader(v, 0).exchange;
      await expect(own.deposit(0, GAS)).to.be.revertedWithCustomError(v.exchange, "ZeroAmount");
      await expect(own.deposit(2n ** 96n, GAS)).to.be.revertedWithCustomError(v.exchange, "BalanceOverflow");
      await v.deployed.collateral.mint(trader(v, 0).address, 2n ** 96n);
      await expect(own.deposit(2n ** 96n - 1n, GAS))
        .to.be.revertedWithCustomError(v.exchange, "BalanceOverflow")
        .withArgs(1);
    });

    it("tokens sent past the books belong to nobody", async () => {
      const v = venue();
      await v.deployed.collateral.mint(v.deployed.exchangeAddress, 7n * USD);
      venue.donated = 7n * USD;
      await trader(v, 0)
        .exchange.deposit(0, GAS)
        .catch(() => undefined);
      expect((await v.exchange.accountAt(1)).free).equal(1_000n * USD);
    });
  });

  describe("withdraw", () => {
    const venue = useVenue({ traders: 3, deposit: 1_000n * USD });

    it("pays any recipient, down to the last atom", async () => {
      const v = venue();
      const [a, b] = [trader(v, 0), trader(v, 1)];
      await expect(a.exchange.withdraw(400n * USD, b.address, GAS))
        .to.emit(v.exchange, "Withdrawn")
        .withArgs(1, b.address, 400n * USD);
      await a.exchange.withdraw(600n * USD, a.address, GAS);
      expect(await v.deployed.collateral.balanceOf(b.address)).equal(400n * USD);
      expect(await v.exchange.accountAt(1)).to.deep.equal([a.address, 0n]);
    });

    it("reverts for zero, without account, beyond the balance, and to nobody", async () => {
      const v = venue();
      const a = trader(v, 0);
      const stranger = v.exchange; // the deployer never deposited
      await expect(a.exchange.withdraw(0, a.address, GAS)).to.be.revertedWithCustomError(v.exchange, "ZeroAmount");
      await expect(stranger.withdraw(1, a.address, GAS)).to.be.revertedWithCustomError(v.exchange, "NoAccount");
      await expect(a.exchange.withdraw(1_000n * USD + 1n, a.address, GAS))
        .to.be.revertedWithCustomError(v.exchange, "InsufficientFreeCollateral")
        .withArgs(1, 1_000n * USD, 1_000n * USD + 1n);
      for (const nobody of [ZERO, v.deployed.exchangeAddress]) {
        await expect(a.exchange.withdraw(1, nobody, GAS))
          .to.be.revertedWithCustomError(v.exchange, "InvalidRecipient")
          .withArgs(nobody);
      }
    });

    it("never touches what backs an order or a position", async () => {
      const v = venue();
      const [a, b] = [trader(v, 0), trader(v, 1)];
      await cross(v, a, b, { tick: 10_000, lots: 1_000 }); // 100 at 10x: 10 each
      await place(v, a, bid(9_900, 1_000, { leverage: 1 })); // holds 99
      await expect(a.exchange.withdraw(892n * USD, a.address, GAS)).to.be.revertedWithCustomError(
        v.exchange,
        "InsufficientFreeCollateral",
      );
      await a.exchange.withdraw(891n * USD, a.address, GAS);
    });

    it("works with a stale price, a failing feed, and an insolvent market", async () => {
      const v = venue();
      const [a, b, c] = [trader(v, 0), trader(v, 1), trader(v, 2)];
      await cross(v, a, b, { tick: 10_000, lots: 1_000, longLeverage: 50 });
      await setTick(v, 9_000);
      await v.exchange.poke(1);
      for (const t of [a, b, c]) await t.exchange.withdraw(USD, t.address, GAS);
      await v.connection.networkHelpers.time.increase(70_000);
      await expect(v.exchange.poke(1)).to.be.revertedWithCustomError(v.exchange, "StalePrice");
      for (const t of [a, b, c]) await t.exchange.withdraw(USD, t.address, GAS);
      await v.aggregators[0]?.setFailing(true);
      await expect(v.exchange.poke(1)).to.be.revertedWithCustomError(v.exchange, "PriceUnavailable");
      for (const t of [a, b, c]) await t.exchange.withdraw(USD, t.address, GAS);
      await v.aggregators[0]?.setFailing(false);
      await setTick(v, 9_000);
    });
  });

  describe("accounts", () => {
    const venue = useVenue({ traders: 2, deposit: 100n * USD });

    it("every entry point of an account needs one", async () => {
      const v = venue();
      const x = v.exchange;
      const request = requestOf(ask(10_000, 1_000));
      for (const call of [
        () => x.placeOrder(request, GAS),
        () => x.placeOrders([request], GAS),
        () => x.amendOrder(1, 1, 1, 1, GAS),
        () => x.placeTrigger(triggerOf({ triggerTick: 9_900 }), GAS),
        () => x.cancelTrigger(1, 1, GAS),
        () => x.cancelOrders(1, [1], GAS),
        () => x.cancelOrder(1, 1, GAS),
        () => x.cancelAll(1, GAS),
        () => x.addMargin(1, 1, GAS),
        () => x.removeMargin(1, 1, GAS),
        () => x.withdraw(1, trader(v, 0).address, GAS),
      ]) {
        await expect(call()).to.be.revertedWithCustomError(x, "NoAccount");
      }
    });

    it("an unknown market is named", async () => {
      const v = venue();
      const x = trader(v, 0).exchange;
      for (const call of [
        () => x.placeOrder(requestOf(ask(10_000, 1_000, { market: 7 })), GAS),
        () => x.cancelOrder(7, 1, GAS),
        () => x.cancelOrders(7, [1], GAS),
        () => x.amendOrder(7, 1, 1, 1, GAS),
        () => x.placeTrigger(triggerOf({ market: 7, triggerTick: 9_900 }), GAS),
        () => x.cancelAll(7, GAS),
        () => x.addMargin(7, 1, GAS),
        () => x.removeMargin(7, 1, GAS),
        () => x.poke(7, GAS),
        () => x.liquidate(7, 1, 1, GAS),
        () => x.markPrice(7),
      ]) {
        await expect(call()).to.be.revertedWithCustomError(x, "UnknownMarket").withArgs(7);
      }
    });

    it("joining twice keeps one account an address", async () => {
      const v = venue();
      const again = await join(v, trader(v, 0).signer, USD);
      expect(again.account).equal(trader(v, 0).account);
    });
  });

  describe("tokens that misbehave", () => {
    const venue = useVenue({ traders: 2, deposit: 100n * USD, hostileCollateral: true });

    it("a fee on transfer is refused at deposit, with what arrived", async () => {
      const v = venue();
      const token = await v.connection.ethers.getContractAt("HostileCollateral", v.deployed.collateralAddress);
      const a = trader(v, 0);
      await token.mint(a.address, 10n * USD);
      await token.setFee(3);
      await expect(a.exchange.deposit(10n * USD, GAS))
        .to.be.revertedWithCustomError(v.exchange, "UnexpectedTransferAmount")
        .withArgs(10n * USD, 10n * USD - 3n);
    });
  });
});
