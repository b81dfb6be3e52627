// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Grid} from "../risk/Grid.sol";

/// Two ways to give a price a tick of 14 bits, and what they cost: floating (Grid) and geometric. For benches only.
contract TickEncodings {
    /// @notice Gas of all floating ticks, and of the prices that stand for them.
    function floating(uint256[] calldata prices, uint256 base) external view returns (uint256 encode, uint256 decode) {
        uint256[] memory ticks = new uint256[](prices.length);
        encode = gasleft();
        for (uint256 i; i < prices.length; ++i) ticks[i] = Grid.entryTick(prices[i], base);
        encode -= gasleft();
        uint256 sum;
        decode = gasleft();
        for (uint256 i; i < prices.length; ++i) sum += Grid.entryPrice(ticks[i], base);
        decode -= gasleft();
        require(sum != 0);
    }

    /// @notice The same with geometric ticks of 2^(1/1024).
    function geometric(uint256[] calldata prices, uint256 base) external view returns (uint256 encode, uint256 decode) {
        uint256[] memory ticks = new uint256[](prices.length);
        encode = gasleft();
        for (uint256 i; i < prices.length; ++i) ticks[i] = geometricTick(prices[i], base);
        encode -= gasleft();
        uint256 sum;
        decode = gasleft();
        for (uint256 i; i < prices.length; ++i) sum += geometricPrice(ticks[i], base);
        decode -= gasleft();
        require(sum != 0);
    }

    /// @notice ⌊1024·log2(price / 2^base)⌋, clamped: one squaring a bit, as in Uniswap's TickMath.
    function geometricTick(uint256 price, uint256 base) public pure returns (uint256 tick) {
        unchecked {
            if (price >> base == 0) return 0;
            uint256 exponent;
            assembly ("memory-safe") {
                exponent := sub(255, clz(price)) // as in Bits.highest
            }
            tick = exponent - base;
            if (tick > 15) return Grid.MAX;
            uint256 r = exponent < 127 ? price << (127 - exponent) : price >> (exponent - 127);
            for (uint256 i; i < 10; ++i) {
                r = (r * r) >> 127;
                uint256 bit = r >> 128;
                tick = (tick << 1) | bit;
                r >>= bit;
            }
        }
    }

    /// @notice 2^(base + tick/1024), rounded down: one multiplication a set bit of the fraction.
    function geometricPrice(uint256 tick, uint256 base) public pure returns (uint256) {
        unchecked {
            uint256 r = 1 << 127;
            if (tick & 512 != 0) r = (r * 0xb504f333f9de6484597d89b3754abe9f) >> 127;
            if (tick & 256 != 0) r = (r * 0x9837f0518db8a96f46ad23182e42f6f6) >> 127;
            if (tick & 128 != 0) r = (r * 0x8b95c1e3ea8bd6e6fbe4628758a53c90) >> 127;
            if (tick & 64 != 0) r = (r * 0x85aac367cc487b14c5c95b8c2154c1b2) >> 127;
            if (tick & 32 != 0) r = (r * 0x82cd8698ac2ba1d73e2a475b46520bff) >> 127;
            if (tick & 16 != 0) r = (r * 0x8164d1f3bc0307737be56527bd14def4) >> 127;
            if (tick & 8 != 0) r = (r * 0x80b1ed4fd999ab6c25335719b6e6fd20) >> 127;
            if (tick & 4 != 0) r = (r * 0x8058d7d2d5e5f6b094d589f608ee4aa2) >> 127;
            if (tick & 2 != 0) r = (r * 0x802c6436d0e04f50ff8ce94a6797b3ce) >> 127;
            if (tick & 1 != 0) r = (r * 0x8016302f174676283690dfe44d11d008) >> 127;
            return (r << ((tick >> 10) + base)) >> 127;
        }
    }
}
