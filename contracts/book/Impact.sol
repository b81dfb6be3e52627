// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Front, FrontLibrary} from "../types/Front.sol";
import {Book} from "./Book.sol";
import {ImpactSearch} from "./ImpactSearch.sol";

/**
 * The impact prices of a book and their sums over time: what funding is made of.
 *
 * A side's impact price is the tick at which its orders, best first, are worth the market's impact notional. It is kept, not searched:
 * what is better than it is counted, so orders that come and go in front of it, however many and small, cost nothing and hide nothing,
 * and orders behind it do not matter. Only when the count says so does it move (see ImpactSearch).
 *
 * A sum is written only when an impact price changes. The book was as it is since it last changed, so a quote weighs by the seconds it
 * stood.
 */
library Impact {
    using Book for Book.State;

    /// Sums since funding last accrued. One word.
    struct Samples {
        uint48 bidSum; // Σ over the seconds with an impact bid of that price, ticks
        uint24 bidSeconds; // how many seconds those are
        uint48 askSum;
        uint24 askSeconds;
        uint32 sampledAt; // up to which second the sums go
        uint32 accruedAt; // when funding was last accrued, or its interval discarded
    }

    /**
     * @notice Follows a change of the book, after it was made: `lots` came to a level or left it.
     * @param depth Impact notional in lots·ticks; 0 when the market has no funding, and then nothing is followed.
     */
    function changed(
        Book.State storage self,
        bool isBid,
        uint256 tick,
        uint256 lots,
        bool came,
        uint256 depth
    ) internal {
        if (depth == 0) return;
        Front front = self.front(isBid);
        uint256 place = front.tick();
        bool better = isBid ? tick > place : tick < place;
        bool reached = front.reached();
        if (reached && !better && (came || tick != place)) return;
        uint256 counted = front.counted();
        unchecked {
            if (better || (!reached && tick == place)) {
                uint256 amount = lots * tick;
                if (came)
                    counted += amount;
                    // a sum that does not hold what leaves it is counted anew
                else
                    (place, counted, reached) = amount <= counted
                        ? (place, counted - amount, reached)
                        : (FrontLibrary.start(isBid).tick(), 0, false);
            }
            // what can be seen without a search to be where it was
            bool stays = counted < depth;
            if (stays && !reached) stays = place == FrontLibrary.end(isBid) && !front.reached();
            else if (stays && !came) stays = counted + self.level(isBid, place).lots() * place >= depth;
            if (stays) self.setFront(isBid, FrontLibrary.make(place, counted, reached));
            else ImpactSearch.go(self, isBid, place, counted, reached, depth);
        }
    }

    /// @notice The sums up to now.
    function sampled(Book.State storage self) internal view returns (Samples memory s) {
        s = self.samples;
        unchecked {
            uint256 elapsed = block.timestamp - s.sampledAt;
            if (elapsed == 0) return s;
            (s.bidSum, s.bidSeconds) = _add(s.bidSum, s.bidSeconds, self.bidFront.price(), elapsed);
            (s.askSum, s.askSeconds) = _add(s.askSum, s.askSeconds, self.askFront.price(), elapsed);
            s.sampledAt = uint32(block.timestamp);
        }
    }

    /// @notice Begins the next sums now. Whoever calls it has used the last ones.
    function restartSamples(Book.State storage self) internal {
        uint32 now_ = uint32(block.timestamp);
        self.samples = Samples(0, 0, 0, 0, now_, now_);
    }

    /// @dev A price of zero is none. After 194 days without accrual nothing is added any more: the sums fit.
    function _add(uint48 sum, uint24 seconds_, uint256 price, uint256 elapsed) private pure returns (uint48, uint24) {
        unchecked {
            if (price == 0 || seconds_ + elapsed > type(uint24).max) return (sum, seconds_);
            return (uint48(sum + price * elapsed), uint24(seconds_ + elapsed));
        }
    }
}
