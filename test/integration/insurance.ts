/** The insurance fund: share arithmetic, announcements, and what an insolvent market holds back. */
import { expect } from "chai";
import { deleverage } from "../utils/crash.ts";
import { cross } from "../utils/orders.ts";
import { useVenue } from "../utils/useVenue.ts";
import { GAS, setTick, trader, USD, type Venue } from "../utils/venue.ts";

const DAY = 86_400;
const SHARE = 1_000_000n; // shares an atom in an empty fund: the virtual offset of 6

describe("Insurance fund", () => {
  const fees = { takerFeeRate: 1_000, makerFeeRate: 1_000, insuranceShare: 1_000_000 };
  const venue = useVenue({ traders: 6, markets: [{ ...fees, dailyCoverCap: 30n * USD, maturity: 0 }, {}] });
  const as = (i: number) => venue().fund.connect(trader(venue(), i).signer);
  const address = (i: number) => trader(venue(), i).address;

  async function stake(i: number, amount: bigint): Promise<bigint> {
    const v = venue();
    await v.deployed.collateral.mint(address(i), amount);
    await v.deployed.collateral.connect(trader(v, i).signer).approve(v.deployed.insuranceFundAddress, amount);
    await as(i).deposit(amount, address(i));
    return v.fund.balanceOf(address(i));
  }
  const cooldown = (seconds = 3 * DAY) => venue().connection.networkHelpers.time.increase(seconds);
  const fresh = () => setTick(venue(), 10_000);
  /** 100 quote units of notional: 0.1 from each side. */
  const trade = (lots = 1_000) => cross(venue(), trader(venue(), 4), trader(venue(), 5), { tick: 10_000, lots });

  describe("shares", () => {
    it("a stake is a claim in the exchange, at 10^6 shares an atom", async () => {
      const v = venue();
      expect(await stake(0, 100n * USD)).equal(100n * USD * SHARE);
      expect(await v.exchange.insuranceBalance()).equal(100n * USD);
      expect(await v.fund.totalAssets()).equal(100n * USD);
      expect(await v.deployed.collateral.balanceOf(v.deployed.insuranceFundAddress)).equal(0n);
      expect(await v.fund.decimals()).equal(12n);
      expect([await v.fund.asset(), await v.exchange.insuranceFund()]).to.deep.equal([
        v.deployed.collateralAddress,
        v.deployed.insuranceFundAddress,
      ]);
    });

    it("fees are earned by those who hold shares, in proportion", async () => {
      const v = venue();
      await stake(0, 100n * USD);
      await stake(1, 300n * USD);
      await trade(10_000); // fees of 2
      expect(await v.fund.totalAssets()).equal(402n * USD);
      const worth = async (i: number) => v.fund.convertToAssets(await v.fund.balanceOf(address(i)));
      expect((await worth(0)) >= 100n * USD + 499_999n && (await worth(0)) <= 100n * USD + 500_000n).equal(true);
      expect((await worth(1)) >= 301n * USD + 499_999n && (await worth(1)) <= 301n * USD + 500_000n).equal(true);
      // who comes later pays the higher price
      expect((await stake(2, 100n * USD)) < 100n * USD * SHARE).equal(true);
    });

    it("what it pays is borne in proportion", async () => {
      const v = venue();
      await cross(v, trader(v, 4), trader(v, 5), { tick: 10_000, lots: 10_000, longLeverage: 50 });
      await stake(0, 100n * USD);
      await stake(1, 300n * USD);
      const before = await v.fund.totalAssets();
      await setTick(v, 9_600); // a deficit of 20
      await deleverage(v, []);
      expect(before - (await v.fund.totalAssets())).equal(20n * USD);
      const worth = await v.fund.convertToAssets(await v.fund.balanceOf(address(0)));
      expect(worth <= (before - 20n * USD) / 4n && worth > (before - 20n * USD) / 4n - 1_000_000n).equal(true);
    });

    it("tokens sent to the fund count for nothing: the first share cannot be inflated", async () => {
      const v = venue();
      await stake(0, 1n);
      await v.deployed.collateral.mint(v.deployed.insuranceFundAddress, 1_000n * USD);
      expect(await v.fund.totalAssets()).equal(1n);
      expect(await stake(1, 100n * USD)).equal(100n * USD * SHARE);
      expect(await v.fund.convertToAssets(100n * USD * SHARE)).equal(100n * USD);
    });

    it("tokens sent to the exchange are nobody's", async () => {
      const v = venue();
      await stake(0, USD);
      await v.deployed.collateral.mint(v.deployed.exchangeAddress, 50n * USD);
      venue.donated = 50n * USD;
      expect(await v.fund.totalAssets()).equal(USD);
    });

    it("fees before the first stake stay with the fund and do not break it", async () => {
      const v = venue();
      await trade(10_000);
      expect(await v.fund.totalAssets()).equal(2n * USD);
      await stake(0, 100n * USD);
      const worth = await v.fund.convertToAssets(await v.fund.balanceOf(address(0)));
      expect(worth > 99n * USD && worth <= 100n * USD).equal(true);
    });

    it("rounding is against whoever acts", async () => {
      const v = venue();
      await stake(0, 3n);
      await trade();
      const assets = await v.fund.totalAssets();
      for (const n of [1n, 7n, 1_000_003n]) {
        expect((await v.fund.convertToAssets(await v.fund.previewDeposit(n))) <= n).equal(true);
        const shares = await v.fund.previewWithdraw(n);
        expect((await v.fund.convertToAssets(shares)) >= n).equal(true);
      }
      expect(await v.fund.totalAssets()).equal(assets);
    });
  });

  describe("announcing", () => {
    const exceeded = (call: Promise<unknown>, error = "ERC4626ExceededMaxRedeem") =>
      expect(call).to.be.revertedWithCustomError(venue().fund, error);
    /** One second, and no block in between. */
    const at = (time: number) => venue().connection.networkHelpers.time.setNextBlockTimestamp(time);

    it("not before the cooldown, not after the window", async () => {
      const v = venue();
      const shares = await stake(0, 100n * USD);
      await exceeded(as(0).redeem(shares, address(0), address(0)));
      const { time } = v.connection.networkHelpers;
      await as(0).requestRedeem(shares);
      const from = (await time.latest()) + 3 * DAY;
      await at(from - 1);
      await exceeded(as(0).redeem(1, address(0), address(0)));
      await at(from);
      await as(0).redeem(shares / 4n, address(0), address(0));
      await at(from + 2 * DAY);
      await as(0).redeem(shares / 4n, address(0), address(0));
      await at(from + 2 * DAY + 1);
      await exceeded(as(0).redeem(1, address(0), address(0)));
      expect(await v.deployed.collateral.balanceOf(address(0))).equal(50n * USD);
    });

    it("no more than announced, and an announcement is used up", async () => {
      const shares = await stake(0, 100n * USD);
      await as(0).requestRedeem(shares / 2n);
      await cooldown();
      await exceeded(as(0).redeem(shares / 2n + 1n, address(0), address(0)));
      await as(0).redeem(shares / 2n, address(0), address(0));
      await exceeded(as(0).redeem(1, address(0), address(0)));
      expect(await venue().fund.maxRedeem(address(0))).equal(0n);
    });

    it("a new announcement replaces the old one and starts the clock again", async () => {
      const shares = await stake(0, 100n * USD);
      await as(0).requestRedeem(shares);
      await cooldown();
      await as(0).requestRedeem(shares);
      await exceeded(as(0).redeem(1, address(0), address(0)));
      await cooldown();
      await as(0).redeem(shares, address(0), address(0));
    });

    it("more than is held cannot be announced: InsufficientShares", async () => {
      const shares = await stake(0, 100n * USD);
      await expect(as(0).requestRedeem(shares + 1n))
        .to.be.revertedWithCustomError(venue().fund, "InsufficientShares")
        .withArgs(shares, shares + 1n);
    });

    it("shares that leave take their announcement with them, and do not bring it back", async () => {
      const v = venue();
      const shares = await stake(0, 100n * USD);
      await as(0).requestRedeem(shares);
      await as(0).transfer(address(1), shares);
      await cooldown();
      await as(1).transfer(address(0), shares);
      expect(await v.fund.maxRedeem(address(0))).equal(0n);
      await exceeded(as(0).redeem(1, address(0), address(0)));
    });

    it("withdraw and a spender follow the same rules", async () => {
      const v = venue();
      const shares = await stake(0, 100n * USD);
      await exceeded(as(0).withdraw(1, address(0), address(0)), "ERC4626ExceededMaxWithdraw");
      await as(0).requestRedeem(shares);
      await cooldown();
      await expect(as(1).withdraw(USD, address(1), address(0))).to.be.revertedWithCustomError(
        v.fund,
        "ERC20InsufficientAllowance",
      );
      await as(0).approve(address(1), shares);
      await as(1).withdraw(40n * USD, address(1), address(0));
      await as(0).withdraw(60n * USD, address(0), address(0));
      expect([await v.fund.totalSupply(), await v.exchange.insuranceBalance()]).to.deep.equal([0n, 0n]);
    });
  });

  describe("while a market is insolvent", () => {
    /** A long of 1,000 quote units at 50x in a market, against the other trader. */
    const open = (v: Venue, market: number) =>
      cross(v, trader(v, 4), trader(v, 5), { market, tick: 10_000, lots: 10_000, longLeverage: 50 });

    it("what the market may still draw today stays: the full price is closed, the early one is open", async () => {
      const v = venue();
      const shares = await stake(0, 100n * USD);
      await as(0).requestRedeem(shares);
      await cooldown();
      await fresh();
      await open(v, 1);
      await setTick(v, 9_000);
      const claim = await v.exchange.insuranceBalance();
      const supply = await v.fund.totalSupply();
      expect(await v.exchange.withdrawableInsurance()).equal(claim - 30n * USD);
      expect([await v.fund.maxRedeem(address(0)), await v.fund.maxWithdraw(address(0))]).to.deep.equal([0n, 0n]);
      await expect(as(0).redeem(1, address(0), address(0)))
        .to.be.revertedWithCustomError(v.fund, "ERC4626ExceededMaxRedeem")
        .withArgs(address(0), 1, 0);
      await expect(as(0).withdraw(1, address(0), address(0)))
        .to.be.revertedWithCustomError(v.fund, "ERC4626ExceededMaxWithdraw")
        .withArgs(address(0), 1, 0);
      // half of the shares, at what is left when the 30 are lost
      const half = shares / 2n;
      const early = (half * (claim - 30n * USD + 1n)) / (supply + SHARE);
      expect(await v.fund.previewRedeemEarly(half)).equal(early);
      await expect(as(0).redeemEarly(half, early + 1n, address(0), address(0)))
        .to.be.revertedWithCustomError(v.fund, "BelowMinimum")
        .withArgs(early, early + 1n);
      await as(0).redeemEarly(half, early, address(0), address(0));
      expect(await v.deployed.collateral.balanceOf(address(0))).equal(early);
      // it pays, and afterwards the full price is open again
      await deleverage(v, []);
      const left = claim - early - 30n * USD;
      expect(await v.exchange.insuranceBalance()).equal(left);
      expect(await v.fund.maxRedeem(address(0))).equal(half);
      await as(0).redeem(half, address(0), address(0));
      const last = (half * (left + 1n)) / (supply - half + SHARE);
      expect(await v.deployed.collateral.balanceOf(address(0))).equal(early + last);
    });

    it("redeeming early follows the announcement: amount, cooldown, window, allowance", async () => {
      const v = venue();
      const shares = await stake(0, 100n * USD);
      const early = (n: bigint, i = 0) => as(i).redeemEarly(n, 0, address(i), address(0));
      const refused = (n: bigint, redeemable: bigint) =>
        expect(early(n)).to.be.revertedWithCustomError(v.fund, "NotRedeemable").withArgs(address(0), n, redeemable);
      await refused(1n, 0n);
      await as(0).requestRedeem(shares / 2n);
      await refused(1n, 0n);
      await cooldown();
      await refused(shares / 2n + 1n, shares / 2n);
      await expect(early(1_000n, 1)).to.be.revertedWithCustomError(v.fund, "ERC20InsufficientAllowance");
      await as(0).approve(address(1), shares);
      await early(shares / 4n, 1);
      await refused(shares / 4n + 1n, shares / 4n);
      // with nothing held back it is the full price
      expect(await v.deployed.collateral.balanceOf(address(1))).equal(25n * USD);
      await cooldown(2 * DAY);
      await refused(1n, 0n);
    });

    it("what the market drew already is not held back twice", async () => {
      const v = venue();
      await stake(0, 100n * USD);
      await open(v, 1);
      await cross(v, trader(v, 4), trader(v, 3), { tick: 10_000, lots: 10_000, longLeverage: 50 });
      await setTick(v, 9_700);
      await deleverage(v, [], { maxCounterparties: 1 }); // half of a deficit of 20
      const drawn = (await v.exchange.marketAt(1)).coverDrawn;
      expect(drawn > 0n).equal(true);
      expect((await v.exchange.insuranceBalance()) - (await v.exchange.withdrawableInsurance())).equal(
        30n * USD - drawn,
      );
    });

    it("each insolvent market holds its own part; caps beyond the claim hold all of it", async () => {
      const v = venue();
      await stake(0, 100n * USD);
      await open(v, 2); // its cap is 5,000,000
      await setTick(v, 9_000, 2);
      expect(await v.exchange.withdrawableInsurance()).equal(0n);
      expect(await v.fund.maxRedeem(address(0))).equal(0n);
      await deleverage(v, [], {}, 2);
      expect(await v.exchange.withdrawableInsurance()).equal(await v.exchange.insuranceBalance());
    });

    it("staking is open, and the new claim pays, too", async () => {
      const v = venue();
      await open(v, 1);
      await setTick(v, 9_600);
      const before = await v.exchange.insuranceBalance();
      await stake(0, 100n * USD);
      await deleverage(v, []);
      expect((await v.exchange.insuranceBalance()) - before).equal(80n * USD);
    });

    it("one unit always stays: shares can never be minted without bound", async () => {
      const v = venue();
      await stake(0, 12n * USD);
      const claim = await v.exchange.insuranceBalance();
      await cross(v, trader(v, 4), trader(v, 5), { market: 2, tick: 10_000, lots: 10_000, longLeverage: 50 });
      await setTick(v, 9_000, 2); // a deficit of 80
      await v.connection.networkHelpers.time.increase(60);
      await deleverage(v, [], {}, 2);
      expect(claim > USD).equal(true);
      expect(await v.exchange.insuranceBalance()).equal(USD);
    });
  });

  describe("doors", () => {
    it("only the fund moves the claim, only the administrator sets the fund, once", async () => {
      const v = venue();
      const x = v.exchange;
      const t = trader(v, 0);
      await expect(t.exchange.depositInsurance(1, GAS))
        .to.be.revertedWithCustomError(x, "NotInsuranceFund")
        .withArgs(t.address);
      await expect(t.exchange.withdrawInsurance(1, t.address, GAS))
        .to.be.revertedWithCustomError(x, "NotInsuranceFund")
        .withArgs(t.address);
      await expect(t.exchange.setInsuranceFund(t.address, GAS)).to.be.revertedWithCustomError(
        x,
        "AccessControlUnauthorizedAccount",
      );
      await expect(x.setInsuranceFund(t.address, GAS))
        .to.be.revertedWithCustomError(x, "InsuranceFundAlreadySet")
        .withArgs(v.deployed.insuranceFundAddress);
      const named_ = await x.queryFilter(x.filters.InsuranceFundSet(), v.deployed.startBlock);
      expect(named_.map((e) => e.args.fund)).to.deep.equal([v.deployed.insuranceFundAddress]);
    });
  });
});
