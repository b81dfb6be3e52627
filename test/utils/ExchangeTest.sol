// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Exchange} from "../../contracts/Exchange.sol";
import {IAggregatorV3} from "../../contracts/interfaces/IAggregatorV3.sol";
import {IPriceSource} from "../../contracts/interfaces/IPriceSource.sol";
import {Crowd} from "../../contracts/mocks/Crowd.sol";
import {MockAggregator} from "../../contracts/mocks/MockAggregator.sol";
import {MockCollateral} from "../../contracts/mocks/MockCollateral.sol";
import {ChainlinkSource} from "../../contracts/oracle/ChainlinkSource.sol";
import {MarketConfig, RankPolicy, RiskConfig, Tier} from "../../contracts/types/MarketConfig.sol";
import {InsuranceFund} from "../../contracts/vault/InsuranceFund.sol";
import {Test} from "./Test.sol";

/// An exchange with two markets, as deployed in production but for the mocks behind the interfaces.
abstract contract ExchangeTest is Test {
    MockCollateral internal collateral;
    Exchange internal exchange;
    InsuranceFund internal fund;
    Crowd internal crowd;
    MockAggregator[2] internal feeds;

    uint256 internal constant MARKETS = 2;

    function _deploy() internal {
        _deploy(false);
    }

    /// @param full Whether the markets have every safeguard on, one of them tightly, instead of none.
    function _deploy(bool full) internal {
        vm.warp(1_760_130_000);
        collateral = new MockCollateral();
        exchange = new Exchange(collateral, address(this));
        fund = new InsuranceFund(exchange);
        if (_isFundNamed()) exchange.setInsuranceFund(address(fund));
        crowd = new Crowd(exchange);
        collateral.mint(address(this), 1e18);
        collateral.approve(address(exchange), type(uint256).max);
        collateral.approve(address(fund), type(uint256).max);
        for (uint256 i; i < MARKETS; ++i) {
            feeds[i] = new MockAggregator(8, i == 0 ? int256(100_000e8) : int256(4_000e8));
            MarketConfig memory config = _config(_source(feeds[i]), i == 0 ? 10_000 : 1_000);
            if (full) exchange.listMarket(_full(config, i), _fullRisk(i), _tiers());
            else exchange.listMarket(config, _risk(), new Tier[](0));
        }
    }

    /// @dev The heartbeat is beyond every market's `maxAge`, so that age is judged by the market.
    function _source(IAggregatorV3 feed) internal returns (IPriceSource) {
        return new ChainlinkSource(feed, 1 days, IAggregatorV3(address(0)), 0);
    }

    function _isFundNamed() internal pure virtual returns (bool) {
        return true;
    }

    function _config(IPriceSource source, uint64 lotsPerUnit) internal pure returns (MarketConfig memory) {
        return
            MarketConfig({
                source: source,
                maxAge: 60,
                tradeAge: 20,
                tickValue: 10,
                maxSteps: 64,
                extraTiers: 0,
                rankPolicy: RankPolicy.PnlLeverage,
                lotsPerUnit: lotsPerUnit,
                initialRate: 20_000,
                maintenanceRate: 10_000,
                targetRate: 20_000,
                slippageRate: 5_000,
                bandRate: 50_000,
                takerFeeRate: 450,
                makerFeeRate: 150,
                liquidationFeeRate: 1_000,
                minNotional: 10e6,
                minMargin: 1e6,
                maxOpenInterest: 1e10,
                insuranceShare: 800_000,
                rewardRate: 200,
                dailyCoverCap: 5_000_000e6,
                maturity: 30,
                fundingCap: 0,
                impactNotional: 0,
                treasuryShare: 0
            });
    }

    /// @dev Funding, rebates, treasury and tiers on; in the second market funding moves as fast as it may, and ADL is a waterfill.
    function _full(MarketConfig memory c, uint256 i) internal pure returns (MarketConfig memory) {
        c.extraTiers = 2;
        if (i == 1) c.rankPolicy = RankPolicy.LeverageWaterfill;
        c.fundingCap = i == 0 ? 5_000 : 20_000;
        c.impactNotional = 100e6;
        c.makerFeeRate = i == 0 ? int24(150) : int24(-50);
        c.treasuryShare = 100_000;
        c.rewardRate = 100;
        return c;
    }

    function _tiers() internal pure returns (Tier[] memory tiers) {
        tiers = new Tier[](2);
        tiers[0] = Tier(10_000e6, 40_000, 20_000, 30_000);
        tiers[1] = Tier(50_000e6, 100_000, 50_000, 60_000);
    }

    function _fullRisk(uint256 i) internal pure returns (RiskConfig memory r) {
        r = _risk();
        (r.cautiousRatio, r.reduceOnlyRatio, r.hysteresis) =
            i == 0 ? (uint24(15_000), uint24(8_000), uint24(5_000)) : (uint24(60_000), uint24(40_000), uint24(10_000));
        (r.jumpRate, r.calmPeriod, r.cautiousFactor) = (100_000, 60, 1_500_000);
        (r.volatilityFactor, r.maxInitialRate) = (20, 60_000);
        (r.growthLots, r.growthPeriod) = (20_000, 120);
        (r.largeNotional, r.stepRate, r.stepCooldown) = (20_000e6, 250_000, 10);
        r.preventivePeriod = 30;
    }

    /// @dev Every limit off, so that a test meets only the one that it sets.
    function _risk() internal pure returns (RiskConfig memory) {
        return
            RiskConfig({
                cautiousRatio: 0,
                reduceOnlyRatio: 0,
                hysteresis: 0,
                jumpRate: 0,
                calmPeriod: 0,
                cautiousFactor: 1_000_000,
                volatilityPeriod: 3_600,
                volatilityFactor: 0,
                maxInitialRate: 1_000_000,
                growthLots: type(uint40).max,
                growthPeriod: 1,
                largeNotional: type(uint64).max,
                stepRate: 1_000_000,
                stepCooldown: 0,
                preventivePeriod: 60
            });
    }
}
