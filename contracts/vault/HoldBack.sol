// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ExchangeState, Market} from "../ExchangeStorage.sol";
import {IPriceSource} from "../interfaces/IPriceSource.sol";
import {Mark} from "../risk/Mark.sol";
import {Upkeep} from "../risk/Upkeep.sol";
import {MarketContext, MarketStatus} from "../types/MarketContext.sol";
import {Ledger} from "./Ledger.sol";

/**
 * What of the insurance fund's claim may not leave now, because a loss that it is to cover is known or cannot be excluded.
 *
 * A market with open interest holds back what is left of its daily cap
 *
 *   - while a position of it is bankrupt, for at most PERIOD after a call first saw it insolvent, or last resolved an account;
 *   - while it has no usable price, for at most PERIOD after the gate closed if it is closed, else after the last price that is known.
 *     A feed that stalls in a crash tells nobody on chain what its readers already know: without this, whoever may redeem would
 *     leave exactly then.
 *
 * NOBODY IS LOCKED IN. A market with a price is cleared by anyone at once, and then holds nothing. What nobody clears, and what has
 * no price, lets go after PERIOD: a day, for which a daily cap lasts, and half of the fund's redemption window, so that a gate
 * that closes while a window is open leaves the other half of it. A feed that answers, but with a price past the market's maxAge,
 * holds again from each answer; right after an answer the market has a price. An answer that is refused (from the future, not
 * positive, uncertain) moves no clock.
 *
 * BOUNDS. At most 16 markets. A retired market, one without open interest and one whose cap for the day is used up hold nothing. The
 * cap is the day's: at midnight (UTC) it begins anew, so an insolvency that lasts across it holds, and draws, at most two caps.
 */
library HoldBack {
    /// @notice Longest time that a market can hold back, seconds.
    uint256 internal constant PERIOD = 1 days;

    /// @notice What the markets hold back, quote atoms. Nothing is written.
    function preview(ExchangeState storage state) internal view returns (uint256 held) {
        for (uint256 id = 1; id <= state.marketCount; ++id) {
            Market storage market = state.markets[id];
            if (!_canDraw(market)) continue;
            (bool usable, MarketContext memory ctx) = Mark.tryLoad(market, id);
            bool insolvent = usable && Upkeep.preview(market, ctx, 0) != 0;
            held += _heldBy(market, ctx, usable, insolvent);
        }
    }

    /// @notice Brings every market up to date that has a price, as `IExchange.poke` does, and answers what they hold back then: the
    /// same as `preview` in the same block.
    function poke(ExchangeState storage state) internal returns (uint256 held) {
        for (uint256 id = 1; id <= state.marketCount; ++id) {
            Market storage market = state.markets[id];
            if (!_canDraw(market)) continue;
            (bool usable, MarketContext memory ctx) = Mark.tryLoad(market, id);
            bool insolvent;
            if (usable) (insolvent, ) = Upkeep.run(market, ctx);
            held += _heldBy(market, ctx, usable, insolvent);
        }
    }

    /// @notice What of a claim is not held back.
    function free(uint256 claim, uint256 held) internal pure returns (uint256) {
        return claim > held ? claim - held : 0;
    }

    /// @dev A market where nobody has a position can lose nothing.
    function _canDraw(Market storage market) private view returns (bool) {
        return market.status == MarketStatus.Active && market.openInterest != 0;
    }

    function _heldBy(
        Market storage market,
        MarketContext memory ctx,
        bool usable,
        bool insolvent
    ) private view returns (uint256) {
        if (usable && !insolvent) return 0;
        uint256 since = market.insolventSince;
        if (since == 0) since = usable ? block.timestamp : _lastPriced(market, ctx.config.source);
        if (block.timestamp > since + PERIOD) return 0;
        return Ledger.coverLeft(market, ctx.config.dailyCoverCap);
    }

    /// @dev When the last valid price was: of the source, if it still gives one, else the last that a call saw.
    function _lastPriced(Market storage market, IPriceSource source) private view returns (uint256 last) {
        last = market.monitor.observedAt;
        try source.latestPrice() returns (IPriceSource.Status status, uint256, uint256, uint256 timestamp) {
            if (status == IPriceSource.Status.Ok && timestamp <= block.timestamp && timestamp > last) last = timestamp;
        } catch {
            // a broken feed knows nothing newer
        }
    }
}
