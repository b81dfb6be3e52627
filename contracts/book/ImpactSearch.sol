// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Market} from "../ExchangeStorage.sol";
import {IExchangeEvents} from "../interfaces/IExchangeEvents.sol";
import {Funding} from "../risk/Funding.sol";
import {Mark} from "../risk/Mark.sol";
import {Front, FrontLibrary} from "../types/Front.sol";
import {Book} from "./Book.sol";
import {Impact} from "./Impact.sol";
import {OrderDesk} from "./OrderDesk.sol";

/**
 * What funding does with the book: moves impact prices and accrues what they came to. At most `STEPS` levels a change of the book, which bounds what one change costs. While one has further to go, its
 * side has no impact price, or one that is further from the best than it should be. So a book full of dust can put a premium off by some
 * changes of that side, never make one; and every accrual goes on with the search, too. Linked library: one address, so that a call
 * which does both reaches it once.
 */
library ImpactSearch {
    using Book for Book.State;

    uint256 internal constant STEPS = 4;

    /// Where the search of one side stands: a Front, unpacked.
    struct Search {
        bool isBid;
        uint256 tick;
        uint256 counted; // Σ lots·tick
        bool reached;
        uint256 depth; // Σ lots·tick that make an impact price
    }

    /// @notice Searches on from a state that the book no longer agrees with, or that was not final.
    function go(
        Book.State storage self,
        bool isBid,
        uint256 tick,
        uint256 counted,
        bool reached,
        uint256 depth
    ) external {
        _go(self, Search(isBid, tick, counted, reached, depth), STEPS);
    }

    /**
     * @notice Accrues funding up to now at a usable price (X16) and begins the next interval; or only that, when the interval is discarded.
     * Goes on with what has not been found.
     * @return funding The funding index, X16.
     */
    function accrue(Market storage market, uint256 id, uint256 price, bool discard) external returns (int256 funding) {
        Book.State storage self = market.book;
        funding = market.fundingIndex;
        int256 current = discard ? funding : Funding.current(market, price);
        if (current != funding) {
            funding = current;
            market.fundingIndex = int96(funding);
            emit IExchangeEvents.FundingAccrued(id, funding, price, self.nextSequence());
        }
        (uint256 low, uint256 high) = Mark.band(price, market.config.tickValue, market.config.bandRate);
        Impact.restartSamples(self, low, high);
        uint256 depth = OrderDesk.impactDepth(market);
        for (uint256 side; side < 2; ++side) {
            bool isBid = side == 0;
            Front f = self.front(isBid);
            if (f.isFinal(isBid, depth)) continue;
            _go(self, Search(isBid, f.tick(), f.counted(), f.reached(), depth), STEPS);
        }
    }

    /// @notice Begins both searches again, and goes `steps` levels: the impact notional is another one.
    function restart(Book.State storage self, uint256 depth, uint256 steps) external {
        for (uint256 side; side < 2; ++side) {
            Search memory s;
            (s.isBid, s.depth) = (side == 0, depth);
            _restart(s);
            _go(self, s, depth == 0 ? 0 : steps);
        }
    }

    /// @dev Moves a search towards its impact price, and writes it.
    function _go(Book.State storage self, Search memory s, uint256 steps) private {
        if (s.reached && s.counted >= s.depth) _walkBack(self, s, steps);
        else _walk(self, s, steps);
        if (s.counted > FrontLibrary.MAX_COUNTED) _restart(s);
        Front front = FrontLibrary.make(s.tick, s.counted, s.reached);
        if (front.price() != self.front(s.isBid).price() && self.samples.sampledAt != block.timestamp) {
            self.samples = Impact.sampled(self);
        }
        self.setFront(s.isBid, front);
    }

    function _walk(Book.State storage self, Search memory s, uint256 steps) private view {
        if (s.reached) {
            uint256 sum = s.counted + self.level(s.isBid, s.tick).firm() * s.tick;
            if (sum >= s.depth) return;
            (s.counted, s.reached) = (sum, false);
        } else if (s.counted >= s.depth) {
            // a thin side became deep somewhere in front: count from the best
            _restart(s);
        }
        uint256 end = FrontLibrary.end(s.isBid);
        while (s.tick != end && steps != 0) {
            --steps;
            uint256 next = self.tickFrom(s.isBid, s.isBid ? s.tick - 1 : s.tick + 1);
            if (next == 0) {
                s.tick = end;
                return;
            }
            s.tick = next;
            uint256 sum = s.counted + self.level(s.isBid, next).firm() * next;
            if (sum >= s.depth) {
                s.reached = true;
                return;
            }
            s.counted = sum;
        }
    }

    /// @dev What is better than the price suffices without it: towards the best.
    function _walkBack(Book.State storage self, Search memory s, uint256 steps) private view {
        while (s.counted >= s.depth && steps != 0) {
            --steps;
            uint256 next = self.tickBefore(s.isBid, s.tick);
            uint256 amount = self.level(s.isBid, next).firm() * next;
            if (next == 0 || amount > s.counted) return _restart(s);
            (s.tick, s.counted) = (next, s.counted - amount);
        }
    }

    function _restart(Search memory s) private pure {
        (s.tick, s.counted, s.reached) = (FrontLibrary.start(s.isBid).tick(), 0, false);
    }
}
