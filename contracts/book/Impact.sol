// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Front, FrontLibrary} from "../types/Front.sol";
import {Book} from "./Book.sol";
import {ImpactSearch} from "./ImpactSearch.sol";

/**
 * The impact prices of a book and their sums over time: what funding is made of.
 *
 * A side's impact price is the tick at which its *firm* orders, best first, are worth the market's impact notional: those that neither
 * expire nor only reduce, because any other could stand for hours where nobody can fill it. It is kept, not searched:
 * what is better than it is counted, so orders that come and go in front of it, however many and small, cost nothing and hide nothing,
 * and orders behind it do not matter. Only when the count says so does it move (see ImpactSearch).
 *
 * A price outside the market's band, as it was when funding last accrued, counts as none: nothing fills there.
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
        uint24 low; // the band then, ticks
        uint24 high;
    }

    /**
     * @notice Follows a change of the book, after it was made: firm `lots` came to a level or left it.
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
        if (depth == 0 || lots == 0) return;
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
            else if (stays && !came) stays = counted + self.level(isBid, place).firm() * place >= depth;
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
            (s.bidSum, s.bidSeconds) = _add(s.bidSum, s.bidSeconds, _inside(s, self.bidFront.price()), elapsed);
            (s.askSum, s.askSeconds) = _add(s.askSum, s.askSeconds, _inside(s, self.askFront.price()), elapsed);
            s.sampledAt = uint32(block.timestamp);
        }
    }

    /// @notice Begins the next sums now, with the band as it is now, ticks. Whoever calls it has used the last ones.
    function restartSamples(Book.State storage self, uint256 low, uint256 high) internal {
        uint32 now_ = uint32(block.timestamp);
        self.samples = Samples(0, 0, 0, 0, now_, now_, uint24(low), uint24(high));
    }

    /// @dev Nobody can fill outside the band: there is no price then.
    function _inside(Samples memory s, uint256 price) private pure returns (uint256) {
        return price < s.low || price > s.high ? 0 : price;
    }

    /// @dev A price of zero is none. After 194 days without accrual nothing is added any more: the sums fit.
    function _add(uint48 sum, uint24 seconds_, uint256 price, uint256 elapsed) private pure returns (uint48, uint24) {
        unchecked {
            if (price == 0 || seconds_ + elapsed > type(uint24).max) return (sum, seconds_);
            return (uint48(sum + price * elapsed), uint24(seconds_ + elapsed));
        }
    }
}
