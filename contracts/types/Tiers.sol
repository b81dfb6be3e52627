// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Tier} from "./MarketConfig.sol";

/**
 * The tiers above the first in storage, two to a word:
 *
 * | odd tier 128 | even tier 128 |,  a tier being  | targetRate 24 | maintenanceRate 24 | initialRate 24 | from 56 |
 */
struct PackedTiers {
    uint256[4] words;
}

using TiersLibrary for PackedTiers global;

library TiersLibrary {
    function load(PackedTiers storage self, uint256 count) internal view returns (Tier[] memory tiers) {
        tiers = new Tier[](count);
        uint256 w;
        for (uint256 i; i < count; ++i) {
            w = i & 1 == 0 ? self.words[i >> 1] : w >> 128;
            tiers[i] = Tier(uint56(w), uint24(w >> 56), uint24(w >> 80), uint24(w >> 104));
        }
    }

    function store(PackedTiers storage self, Tier[] memory tiers) internal {
        for (uint256 i; i < 4; ++i) {
            uint256 low = 2 * i < tiers.length ? _pack(tiers[2 * i]) : 0;
            uint256 high = 2 * i + 1 < tiers.length ? _pack(tiers[2 * i + 1]) : 0;
            self.words[i] = low | (high << 128);
        }
    }

    function _pack(Tier memory t) private pure returns (uint256) {
        return
            t.from |
            (uint256(t.initialRate) << 56) |
            (uint256(t.maintenanceRate) << 80) |
            (uint256(t.targetRate) << 104);
    }
}
