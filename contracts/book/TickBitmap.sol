// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Bits} from "../types/Bits.sol";

/**
 * A set of 24-bit ticks: three levels of 256-bit words. A bit is set exactly when something lies below it.
 */
library TickBitmap {
    struct State {
        mapping(uint256 key => uint256 word) words;
    }

    function insert(State storage self, uint256 tick) internal {
        unchecked {
            for (uint256 level; level < 3; ++level) {
                uint256 key = _key(level, tick >> 8);
                uint256 w = self.words[key];
                self.words[key] = w | (1 << (tick & 255));
                if (w != 0) return;
                tick >>= 8;
            }
        }
    }

    function remove(State storage self, uint256 tick) internal {
        unchecked {
            for (uint256 level; level < 3; ++level) {
                uint256 key = _key(level, tick >> 8);
                uint256 w = self.words[key] & ~(1 << (tick & 255));
                self.words[key] = w;
                if (w != 0) return;
                tick >>= 8;
            }
        }
    }

    /// @notice The lowest tick in the set at or above `tick`; 0 when there is none (tick 0 is never in the set).
    function atOrAbove(State storage self, uint256 tick) internal view returns (uint256) {
        unchecked {
            uint256 level;
            while (true) {
                uint256 w = self.words[_key(level, tick >> 8)] & (type(uint256).max << (tick & 255));
                if (w != 0) {
                    tick = (tick & ~uint256(255)) | Bits.lowest(w);
                    break;
                }
                tick = (tick >> 8) + 1;
                if (++level == 3 || tick >> (24 - 8 * level) != 0) return 0;
            }
            while (level != 0) {
                --level;
                tick = (tick << 8) | Bits.lowest(self.words[_key(level, tick)]);
            }
            return tick;
        }
    }

    /// @notice The highest tick in the set at or below `tick`; 0 when there is none.
    function atOrBelow(State storage self, uint256 tick) internal view returns (uint256) {
        unchecked {
            uint256 level;
            while (true) {
                uint256 w = self.words[_key(level, tick >> 8)] & (type(uint256).max >> (255 - (tick & 255)));
                if (w != 0) {
                    tick = (tick & ~uint256(255)) | Bits.highest(w);
                    break;
                }
                tick >>= 8;
                if (++level == 3 || tick == 0) return 0;
                --tick;
            }
            while (level != 0) {
                --level;
                tick = (tick << 8) | Bits.highest(self.words[_key(level, tick)]);
            }
            return tick;
        }
    }

    function _key(uint256 level, uint256 prefix) private pure returns (uint256) {
        unchecked {
            return (level << 32) | prefix;
        }
    }
}
