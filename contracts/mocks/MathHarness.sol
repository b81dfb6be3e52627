// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Grid} from "../risk/Grid.sol";
import {RankScore} from "../risk/RankScore.sol";

/// The pure functions of the rank index, callable: tests hold them bit for bit against other implementations.
contract MathHarness {
    function entryTicks(uint256[] calldata prices, uint256 base) external pure returns (uint256[] memory r) {
        r = new uint256[](prices.length);
        for (uint256 i; i < r.length; ++i) r[i] = Grid.entryTick(prices[i], base);
    }

    function bankruptcyTicks(int256[] calldata prices, uint256 base) external pure returns (uint256[] memory r) {
        r = new uint256[](prices.length);
        for (uint256 i; i < r.length; ++i) r[i] = Grid.bankruptcyTick(prices[i], base);
    }

    function entryPrices(uint256[] calldata ticks, uint256 base) external pure returns (uint256[] memory r) {
        r = new uint256[](ticks.length);
        for (uint256 i; i < r.length; ++i) r[i] = Grid.entryPrice(ticks[i], base);
    }

    function bankruptcyPrices(uint256[] calldata ticks, uint256 base) external pure returns (int256[] memory r) {
        r = new int256[](ticks.length);
        for (uint256 i; i < r.length; ++i) r[i] = Grid.bankruptcyPrice(ticks[i], base);
    }

    function tickWidths(uint256[] calldata prices, uint256 base) external pure returns (uint256[] memory r) {
        r = new uint256[](prices.length);
        for (uint256 i; i < r.length; ++i) r[i] = Grid.tickWidth(prices[i], base);
    }

    function baseFor(uint256 price) external pure returns (uint256) {
        return Grid.baseFor(price);
    }

    /// @param us Rank coordinates, as many as `vs`.
    function scores(
        RankScore.Params calldata p,
        uint256[] calldata us,
        uint256[] calldata vs
    ) external pure returns (uint256[] memory gains, uint256[] memory equities, uint256[] memory r) {
        gains = new uint256[](us.length);
        equities = new uint256[](us.length);
        r = new uint256[](us.length);
        for (uint256 i; i < r.length; ++i) {
            gains[i] = RankScore.gain(p, us[i]);
            equities[i] = RankScore.equity(p, vs[i]);
            r[i] = RankScore.score(p, us[i], vs[i]);
        }
    }
}
