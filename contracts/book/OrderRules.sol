// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Market} from "../ExchangeStorage.sol";
import {OrderRequest, TimeInForce} from "../interfaces/IExchange.sol";
import {IExchangeErrors} from "../interfaces/IExchangeErrors.sol";
import {PIPS} from "../types/MarketConfig.sol";

/**
 * What an order must be to be placed, and what it must still be once it is amended. One validator for both; needs no price.
 */
library OrderRules {
    /// @dev An impact bid is searched for below the tick above it (see Front).
    uint256 internal constant HIGHEST_TICK = type(uint24).max - 1;

    /// @notice Reverts with the error that names what is wrong with the order. `leverage` is what it will trade at, not 0.
    function validate(Market storage market, OrderRequest memory request) internal view {
        uint256 minNotional = market.config.minNotional;
        uint256 maxSteps = market.config.maxSteps;
        // as a limit that is never met the highest number will do, but nothing rests there
        if (request.tick == 0 || (request.tick > HIGHEST_TICK && mayRest(request))) {
            revert IExchangeErrors.InvalidTick(request.tick);
        }
        if (request.lots == 0) revert IExchangeErrors.InvalidLots(request.lots);
        uint256 notional;
        unchecked {
            notional = uint256(request.lots) * request.tick * market.config.tickValue; // below 2^96
        }
        // the last dust of a position can be closed, but no dust ever rests
        bool closesDust = request.reduceOnly && !mayRest(request);
        if (!closesDust && notional < minNotional) {
            revert IExchangeErrors.NotionalTooSmall(notional, minNotional);
        }
        uint256 maxLeverage = PIPS / market.config.initialRate;
        if (request.leverage == 0 || request.leverage > maxLeverage) {
            revert IExchangeErrors.InvalidLeverage(request.leverage, maxLeverage);
        }
        if (request.expiry != 0 && request.expiry < block.timestamp) {
            revert IExchangeErrors.OrderExpired(request.expiry);
        }
        if (request.maxSteps == 0 || request.maxSteps > maxSteps) {
            revert IExchangeErrors.InvalidStepBudget(request.maxSteps, maxSteps);
        }
    }

    /// @notice Whether what does not fill may rest.
    function mayRest(OrderRequest memory request) internal pure returns (bool) {
        return request.timeInForce == TimeInForce.GoodTilCancelled || request.timeInForce == TimeInForce.PostOnly;
    }
}
