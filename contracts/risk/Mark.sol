// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Market} from "../ExchangeStorage.sol";
import {IExchangeErrors} from "../interfaces/IExchangeErrors.sol";
import {IPriceSource} from "../interfaces/IPriceSource.sol";
import {MarketConfig, PIPS} from "../types/MarketConfig.sol";
import {MarketContext, MarketStatus} from "../types/MarketContext.sol";

/**
 * The mark price: the only place where an oracle's price becomes quote atoms per lot. Never writes.
 */
library Mark {
    /// @dev Prices at or above 2^63 would leave no room in the score arithmetic; under 2^17 ticks would be finer than a price.
    uint256 internal constant MAX_PRICE = 1 << 63;
    uint256 internal constant MIN_PRICE = 1 << 17;
    /// @dev The collateral has 6 decimals, the source 18: price · 2^16 / (10^12 · lotsPerUnit).
    uint256 internal constant SOURCE_PER_QUOTE = 1e12;

    /**
     * @notice What a call needs to know of its market, with a usable price and the funding index as stored: `Upkeep` does the rest.
     * Reverts: UnknownMarket, MarketRetired, PriceUnavailable, StalePrice.
     */
    function load(Market storage market, uint256 id) internal view returns (MarketContext memory ctx) {
        ctx.config = market.config;
        ctx.id = id;
        (ctx.price, ctx.age) = current(market, id);
        _complete(market, ctx);
    }

    /// @notice The mark alone, X16, and its age in seconds, for a call that needs no more of its market. Reverts like `load`.
    function current(Market storage market, uint256 id) internal view returns (uint256 price, uint256 age) {
        (IPriceSource source, uint256 maxAge) = (market.config.source, market.config.maxAge);
        if (address(source) == address(0)) revert IExchangeErrors.UnknownMarket(id);
        if (market.status == MarketStatus.Retired) revert IExchangeErrors.MarketRetired(id);
        (price, age) = _read(source, market.config.lotsPerUnit, id);
        if (age > maxAge) revert IExchangeErrors.StalePrice(id, age, maxAge);
    }

    /// @notice Reverts with PriceTooOldToTrade when nobody may take on risk at the price.
    function requireTradeAge(MarketContext memory ctx) internal pure {
        if (ctx.age > ctx.config.tradeAge) {
            revert IExchangeErrors.PriceTooOldToTrade(ctx.id, ctx.age, ctx.config.tradeAge);
        }
    }

    /// @dev F is at most half of a price when it accrues, and prices are clamped, so P' fits whatever its sign.
    function _complete(Market storage market, MarketContext memory ctx) private view {
        ctx.funding = market.fundingIndex;
        ctx.adjusted = int256(ctx.price) - ctx.funding;
        ctx.base = market.base;
        if (ctx.config.extraTiers != 0) ctx.tiers = market.tiers.load(ctx.config.extraTiers);
    }

    /// @notice Like `load`, but says whether the price is usable (answered, in range, not stale) instead of reverting. When it is
    /// not, `price` and `adjusted` are zero. A retired market has no price.
    function tryLoad(Market storage market, uint256 id) internal view returns (bool usable, MarketContext memory ctx) {
        ctx.config = market.config;
        ctx.id = id;
        ctx.funding = market.fundingIndex;
        ctx.base = market.base;
        if (market.status == MarketStatus.Retired) return (false, ctx);
        try ctx.config.source.latestPrice() returns (
            IPriceSource.Status status,
            uint256 answer,
            uint256,
            uint256 timestamp
        ) {
            if (status != IPriceSource.Status.Ok || timestamp > block.timestamp) return (false, ctx);
            uint256 age;
            unchecked {
                age = block.timestamp - timestamp;
            }
            if (age > ctx.config.maxAge) return (false, ctx);
            (ctx.price, ctx.age) = (_convert(answer, ctx.config.lotsPerUnit), age);
            _complete(market, ctx);
            return (true, ctx);
        } catch {
            // one broken feed must not lock what does not depend on it
            return (false, ctx);
        }
    }

    /// @dev Clamped to what the exchange can represent: in the end cells of the grid positions close and clear, and none opens.
    function _convert(uint256 answer, uint256 lotsPerUnit) private pure returns (uint256 price) {
        if (answer > type(uint192).max) return MAX_PRICE - 1;
        unchecked {
            price = (answer << 16) / (SOURCE_PER_QUOTE * lotsPerUnit); // below 2^104, and never 0
        }
        if (price < MIN_PRICE) return MIN_PRICE;
        if (price >= MAX_PRICE) return MAX_PRICE - 1;
    }

    /// @notice The source's price in X16 and its age in seconds.
    function read(MarketConfig memory config, uint256 id) internal view returns (uint256 price, uint256 age) {
        return _read(config.source, config.lotsPerUnit, id);
    }

    /**
     * @notice The lowest and highest tick at which anything may fill: within `bandRate` (pips) of a mark. Above the highest tick that there
     * is, that one.
     */
    function band(
        uint256 price,
        uint256 tickValue,
        uint256 bandRate
    ) internal pure returns (uint256 low, uint256 high) {
        unchecked {
            uint256 unit = (PIPS << 16) * tickValue; // below 2^68, a price below 2^63
            low = (price * (PIPS - bandRate) + unit - 1) / unit;
            high = (price * (PIPS + bandRate)) / unit;
        }
        if (low > type(uint24).max) low = type(uint24).max;
        if (high > type(uint24).max) high = type(uint24).max;
    }

    function _read(
        IPriceSource source,
        uint256 lotsPerUnit,
        uint256 id
    ) private view returns (uint256 price, uint256 age) {
        (IPriceSource.Status status, uint256 answer, , uint256 timestamp) = source.latestPrice();
        if (status != IPriceSource.Status.Ok) revert IExchangeErrors.PriceUnavailable(id, status);
        if (timestamp > block.timestamp) {
            revert IExchangeErrors.PriceUnavailable(id, IPriceSource.Status.FromFuture);
        }
        price = _convert(answer, lotsPerUnit);
        unchecked {
            age = block.timestamp - timestamp;
        }
    }
}
