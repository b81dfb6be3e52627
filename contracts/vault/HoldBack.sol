// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ExchangeState, Market} from "../ExchangeStorage.sol";
import {Mark} from "../risk/Mark.sol";
import {Upkeep} from "../risk/Upkeep.sol";
import {MarketContext, MarketStatus} from "../types/MarketContext.sol";
import {Ledger} from "./Ledger.sol";

/**
 * What of the insurance fund's claim may not leave now, because a loss that it is to cover is known or cannot be excluded.
 *
 * A market with open interest holds back what is left of its daily cap while a position of it is bankrupt, and while it has no usable price:
 * a feed that stalls in a crash tells nobody on chain what its readers already know, and whoever may redeem would leave exactly then.
 *
 * FOR AT MOST A DAY. The clock starts when a call first finds the market so: a redemption or `InsuranceFund.poke`, which anybody may call;
 * for an insolvent market also any other call that settles something in it. It ends when the market is solvent or has a price again,
 * and starts anew with each account that the waterfall resolves. PERIOD later the market lets go: one without a price until a call has
 * seen one again, an insolvent one for another PERIOD (a clock that nobody stopped, because nobody called, must not excuse the next
 * crash).
 *
 * NOBODY IS LOCKED IN. A market with a price is cleared by anyone at once, and then holds nothing. One whose feed has died holds back
 * once; several that die one after the other hold back one after the other, and then no more.
 *
 * BOUNDS. At most 16 markets. A retired market, one without open interest and one whose cap for the day is used up hold nothing. The
 * cap is the day's: at midnight (UTC) it begins anew, so an insolvency that lasts across it holds, and draws, at most two caps.
 */
library HoldBack {
    /// @notice How long a market holds back, and then lets go, seconds.
    uint256 internal constant PERIOD = 1 days;

    /// @notice What the markets hold back, quote atoms. Nothing is written.
    function preview(ExchangeState storage state) internal view returns (uint256 held) {
        for (uint256 id = 1; id <= state.marketCount; ++id) {
            Market storage market = state.markets[id];
            if (!_canDraw(market)) continue;
            (bool usable, MarketContext memory ctx) = Mark.tryLoad(market, id);
            if (usable && Upkeep.preview(market, ctx, 0) == 0) continue;
            held += _heldBy(market, ctx, _since(market, usable));
        }
    }

    /// @notice Brings every market up to date that has a price, as `IExchange.poke` does, starts the clocks, and answers what is held back
    /// then: the same as `preview` in the same block.
    function poke(ExchangeState storage state) internal returns (uint256 held) {
        for (uint256 id = 1; id <= state.marketCount; ++id) {
            Market storage market = state.markets[id];
            if (!_canDraw(market)) continue;
            (bool usable, MarketContext memory ctx) = Mark.tryLoad(market, id);
            if (usable) {
                (bool insolvent, ) = Upkeep.run(market, ctx);
                if (!insolvent) continue;
            }
            uint256 since = _since(market, usable);
            if (market.insolventSince != 0) market.insolventSince = uint32(since);
            else market.unpricedSince = uint32(since);
            held += _heldBy(market, ctx, since);
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

    function _heldBy(Market storage market, MarketContext memory ctx, uint256 since) private view returns (uint256) {
        if (block.timestamp > since + PERIOD) return 0;
        return Ledger.coverLeft(market, ctx.config.dailyCoverCap);
    }

    /// @dev When the clock of a market that is insolvent, or has no price, started.
    function _since(Market storage market, bool usable) private view returns (uint256 since) {
        since = market.insolventSince;
        if (since == 0 && !usable) {
            since = market.unpricedSince;
            // a later price, seen by any call, ended that
            if (market.monitor.observedAt > since) since = 0;
        }
        if (since == 0 || (usable && block.timestamp > since + 2 * PERIOD)) since = block.timestamp;
    }
}
