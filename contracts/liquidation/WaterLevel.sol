// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/**
 * The order in which a waterfill's members come down, in memory: a ring buffer of keys, ascending.
 *
 * key: | v 32 | u 32 | arrival 64 | member 64 |   (bit 0 is on the right)
 *
 * `arrival` is the step that brought the member into its cell, 0 while it stands where it was indexed. Whoever comes down lands behind
 * nearly all others, so a key is pushed from the back, in a few moves.
 */
library WaterLevel {
    struct Queue {
        uint256[] ring;
        uint256 first;
        uint256 count;
    }

    uint256 private constant NONE = type(uint256).max;

    function create(uint256 members) internal pure returns (Queue memory self) {
        uint256 size = 1;
        while (size < members) size <<= 1;
        self.ring = new uint256[](size);
    }

    /// @notice The lowest key; the highest number when nobody is there.
    function head(Queue memory self) internal pure returns (uint256) {
        return self.count == 0 ? NONE : self.ring[self.first];
    }

    function pop(Queue memory self) internal pure {
        self.first = (self.first + 1) & (self.ring.length - 1);
        --self.count;
    }

    function push(Queue memory self, uint256 key) internal pure {
        unchecked {
            uint256[] memory ring = self.ring;
            uint256 mask = ring.length - 1;
            uint256 first = self.first;
            uint256 i = self.count++;
            for (; i != 0; --i) {
                uint256 before = ring[(first + i - 1) & mask];
                if (before < key) break;
                ring[(first + i) & mask] = before;
            }
            ring[(first + i) & mask] = key;
        }
    }

    function keyOf(uint256 u, uint256 v, uint256 arrival) internal pure returns (uint256) {
        unchecked {
            return (v << 160) | (u << 128) | (arrival << 64);
        }
    }

    /// @notice The first place behind the cell of `key`.
    function afterCell(uint256 key) internal pure returns (uint256) {
        unchecked {
            return ((key >> 128) + 1) << 128;
        }
    }

    function memberOf(uint256 key) internal pure returns (uint256) {
        return uint64(key);
    }

    function arrivalOf(uint256 key) internal pure returns (uint256) {
        return uint64(key >> 64);
    }

    function uOf(uint256 key) internal pure returns (uint256) {
        return uint32(key >> 128);
    }

    function vOf(uint256 key) internal pure returns (uint256) {
        return key >> 160;
    }
}
