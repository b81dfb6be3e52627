// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ExchangeState, Market} from "../ExchangeStorage.sol";
import {Book} from "../book/Book.sol";
import {Impact} from "../book/Impact.sol";
import {ImpactSearch} from "../book/ImpactSearch.sol";
import {OrderDesk} from "../book/OrderDesk.sol";
import {OrderRules} from "../book/OrderRules.sol";
import {IExchangeErrors} from "../interfaces/IExchangeErrors.sol";
import {IExchangeEvents} from "../interfaces/IExchangeEvents.sol";
import {Grid} from "../risk/Grid.sol";
import {Mark} from "../risk/Mark.sol";
import {Upkeep} from "../risk/Upkeep.sol";
import {MarketConfig, PIPS, RiskConfig, Tier} from "../types/MarketConfig.sol";
import {Level, MarketContext, MarketStatus} from "../types/MarketContext.sol";

/**
 * A market's parameters: listing it, changing them, and the guardian's level. Linked library; the Exchange checks roles.
 */
library Listing {
    using Book for Book.State;
    using SafeERC20 for IERC20;

    uint256 internal constant MAX_MARKETS = 16;
    /// @dev One unit of the collateral: the dust from which forced payouts are clamped at zero.
    uint256 internal constant SEED = 1e6;
    /// @dev Levels a side that are searched for the impact prices at once; calls go on where that is not enough.
    uint256 private constant CONFIGURE_STEPS = 32;
    /// @dev A listing price is at least this many ticks.
    uint256 private constant COARSEST_TICK = 100;

    /// @notice See IExchange.listMarket.
    function list(
        ExchangeState storage state,
        MarketConfig calldata config,
        RiskConfig calldata risk,
        Tier[] calldata tiers
    ) external returns (uint256 id) {
        if (state.marketCount == MAX_MARKETS) revert IExchangeErrors.InvalidMarketConfig("marketCount");
        _validate(config, risk, tiers);
        id = ++state.marketCount;
        Market storage market = state.markets[id];
        uint256 price = _freshPrice(config, id);
        _requireTickFits(config, price);
        uint256 base = Grid.baseFor(price);
        market.base = uint8(base);
        market.longBound = uint16(Grid.MAX + 1);
        market.shortBound = uint16(Grid.MAX + 1);
        market.pot = uint96(SEED);
        market.coverDay = uint24(block.timestamp / 1 days); // a word that is never zero: the first cover costs no more than others
        emit IExchangeEvents.MarketListed(id, address(config.source), base, market.book.nextSequence());
        emit IExchangeEvents.MarketTotals(id, SEED, 0, market.book.nextSequence());
        _configure(market, id, config, risk, tiers);
        state.collateral.safeTransferFrom(msg.sender, address(this), SEED);
    }

    /// @notice See IExchange.updateMarket.
    function update(
        ExchangeState storage state,
        uint256 id,
        MarketConfig calldata config,
        RiskConfig calldata risk,
        Tier[] calldata tiers
    ) external {
        Market storage market = _active(state, id);
        _validate(config, risk, tiers);
        // what one lot is, and what a tick, is in every position and every order
        if (config.tickValue != market.config.tickValue) revert IExchangeErrors.InvalidMarketConfig("tickValue");
        if (config.lotsPerUnit != market.config.lotsPerUnit) revert IExchangeErrors.InvalidMarketConfig("lotsPerUnit");
        (bool usable, MarketContext memory ctx) = Mark.tryLoad(market, id);
        if (usable)
            Upkeep.requireSolvent(market, ctx);
            // who is taken first must not change between two calls of one deleveraging, nor where nobody knows whether one is due
        else if (config.rankPolicy != market.config.rankPolicy)
            revert IExchangeErrors.InvalidMarketConfig("rankPolicy");
        if (address(config.source) != address(market.config.source)) {
            uint256 price = _freshPrice(config, id);
            uint256 apart = price > ctx.price ? price - ctx.price : ctx.price - price;
            if (usable && apart * PIPS > ctx.price * market.config.bandRate) {
                revert IExchangeErrors.InvalidMarketConfig("source");
            }
        }
        _requireNoSurprise(market, config, tiers);
        _configure(market, id, config, risk, tiers);
    }

    /// @notice See IExchange.setGuardianLevel.
    /// @param mayLower Whether the caller is the administrator.
    function setGuardianLevel(ExchangeState storage state, uint256 id, Level level, bool mayLower) external {
        Market storage market = _active(state, id);
        if (!mayLower && level <= market.guardianLevel) revert IExchangeErrors.LevelNotRaised(id);
        market.guardianLevel = level;
        emit IExchangeEvents.GuardianLevelSet(id, msg.sender, level, market.book.nextSequence());
    }

    /// @dev A change of rates alone never makes a position liquidatable that has initial margin: at every notional, the new
    /// maintenance rate is at most the old initial rate. The new rates step at their tiers, and the old ones only rise from there.
    function _requireNoSurprise(
        Market storage market,
        MarketConfig calldata config,
        Tier[] calldata tiers
    ) private view {
        Tier[] memory old = market.tiers.load(market.config.extraTiers);
        uint256 rate = market.config.initialRate;
        if (config.maintenanceRate > rate) revert IExchangeErrors.InvalidMarketConfig("maintenanceRate");
        uint256 next;
        for (uint256 i; i < tiers.length; ++i) {
            for (; next < old.length && old[next].from <= tiers[i].from; ++next) rate = old[next].initialRate;
            if (tiers[i].maintenanceRate > rate) revert IExchangeErrors.InvalidMarketConfig("tier.maintenanceRate");
        }
    }

    /// @dev The configuration as a whole, before anything is judged by it: a price that `maxAge` 0 makes stale is not the fault.
    function _validate(MarketConfig calldata config, RiskConfig calldata risk, Tier[] calldata tiers) private pure {
        config.validate();
        config.validateTiers(tiers);
        risk.validate(config);
    }

    /// @dev Writes the configuration. Funding begins a new interval, and knows the band only as it was: a new market's after its first accrual.
    function _configure(
        Market storage market,
        uint256 id,
        MarketConfig calldata config,
        RiskConfig calldata risk,
        Tier[] calldata tiers
    ) private {
        market.config = config;
        market.risk = risk;
        market.tiers.store(tiers);
        ImpactSearch.restart(market.book, OrderDesk.impactDepth(market), CONFIGURE_STEPS);
        Impact.restartSamples(market.book, market.book.samples.low, market.book.samples.high);
        emit IExchangeEvents.MarketConfigured(id, config, risk, tiers, market.book.nextSequence());
    }

    /// @dev A tick of more than a hundredth of the price is no price step; one so fine that the band reaches past the highest tick that may rest
    /// leaves no room to quote in. Later the price may go where it will.
    function _requireTickFits(MarketConfig calldata config, uint256 price) private pure {
        (, uint256 high) = Mark.band(price, config.tickValue, config.bandRate);
        if (high > OrderRules.HIGHEST_TICK || (uint256(config.tickValue) << 16) * COARSEST_TICK > price) {
            revert IExchangeErrors.InvalidMarketConfig("tickValue");
        }
    }

    /// @dev A price that the market can begin with. The grid's octaves, seven below its own and eight above it, must all be prices.
    function _freshPrice(MarketConfig calldata config, uint256 id) private view returns (uint256 price) {
        uint256 age;
        (price, age) = Mark.read(config, id);
        if (age > config.maxAge) revert IExchangeErrors.StalePrice(id, age, config.maxAge);
        if (price < Mark.MIN_PRICE << 8 || price >= Mark.MAX_PRICE >> 9) {
            revert IExchangeErrors.PriceOutOfRange(id, int256(price));
        }
    }

    function _active(ExchangeState storage state, uint256 id) private view returns (Market storage market) {
        market = state.markets[id];
        if (address(market.config.source) == address(0)) revert IExchangeErrors.UnknownMarket(id);
        if (market.status == MarketStatus.Retired) revert IExchangeErrors.MarketRetired(id);
    }
}
