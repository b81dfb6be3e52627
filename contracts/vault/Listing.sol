// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ExchangeState, Market} from "../ExchangeStorage.sol";
import {IExchangeErrors} from "../interfaces/IExchangeErrors.sol";
import {IExchangeEvents} from "../interfaces/IExchangeEvents.sol";
import {Grid} from "../risk/Grid.sol";
import {Mark} from "../risk/Mark.sol";
import {MarketConfig} from "../types/MarketConfig.sol";

/**
 * Listing a market. Linked library.
 */
library Listing {
    using SafeERC20 for IERC20;

    uint256 internal constant MAX_MARKETS = 16;
    /// @dev One unit of the collateral: the dust from which forced payouts are clamped at zero.
    uint256 internal constant SEED = 1e6;

    /// @notice See IExchange.listMarket.
    function list(ExchangeState storage state, MarketConfig calldata config) external returns (uint256 id) {
        config.validate();
        if (state.marketCount == MAX_MARKETS) revert IExchangeErrors.InvalidMarketConfig("marketCount");
        id = ++state.marketCount;
        Market storage market = state.markets[id];
        market.config = config;
        (uint256 price, uint256 age) = Mark.read(config, id);
        if (age > config.maxAge) revert IExchangeErrors.StalePrice(id, age, config.maxAge);
        // the grid's octaves, seven below the price's own and eight above it, must all be prices
        if (price < Mark.MIN_PRICE << 8 || price >= Mark.MAX_PRICE >> 9) {
            revert IExchangeErrors.PriceOutOfRange(id, int256(price));
        }
        uint256 base = Grid.baseFor(price);
        market.base = uint8(base);
        market.longBound = uint16(Grid.MAX + 1);
        market.shortBound = uint16(Grid.MAX + 1);
        market.pot = uint128(SEED);
        emit IExchangeEvents.MarketListed(id, address(config.source), base);
        state.collateral.safeTransferFrom(msg.sender, address(this), SEED);
    }
}
