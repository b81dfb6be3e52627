// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Exchange} from "../../contracts/Exchange.sol";
import {IPriceSource} from "../../contracts/interfaces/IPriceSource.sol";
import {Crowd} from "../../contracts/mocks/Crowd.sol";
import {MockAggregator} from "../../contracts/mocks/MockAggregator.sol";
import {MockCollateral} from "../../contracts/mocks/MockCollateral.sol";
import {ChainlinkSource} from "../../contracts/oracle/ChainlinkSource.sol";
import {MarketConfig} from "../../contracts/types/MarketConfig.sol";
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
        vm.warp(1_760_130_000);
        collateral = new MockCollateral();
        exchange = new Exchange(collateral, address(this));
        fund = new InsuranceFund(exchange);
        exchange.setInsuranceFund(address(fund));
        crowd = new Crowd(exchange);
        collateral.mint(address(this), 1e18);
        collateral.approve(address(exchange), type(uint256).max);
        collateral.approve(address(fund), type(uint256).max);
        for (uint256 i; i < MARKETS; ++i) {
            feeds[i] = new MockAggregator(8, i == 0 ? int256(100_000e8) : int256(4_000e8));
            exchange.listMarket(_config(new ChainlinkSource(feeds[i]), i == 0 ? 10_000 : 1_000));
        }
    }

    function _config(IPriceSource source, uint64 lotsPerUnit) internal pure returns (MarketConfig memory) {
        return
            MarketConfig({
                source: source,
                maxAge: 60,
                tradeAge: 20,
                tickValue: 10,
                maxSteps: 64,
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
                maturity: 30
            });
    }
}
