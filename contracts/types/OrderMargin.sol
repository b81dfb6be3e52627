// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IExchangeErrors} from "../interfaces/IExchangeErrors.sol";

/**
 * What an account's resting orders in one market hold back, and its leverage setting, in one word:
 *
 * | leverage 8 | seats 32 | askReserve 96 | bidReserve 96 |   : 232
 *
 * Reserves are in quote atoms: Σ of ⌈lots · tick · tickValue / leverage⌉ a side, fixed at placement; reduce-only orders need none.
 * Only the larger side is held back from free collateral, because both sides cannot fill against a flat position: what a fill opens
 * on one side, the other side can only close, so the other side's reserve gives way by as much. Reserves are thus at most what the
 * open orders need.
 * `seats`: bit i is set while the account's order seat i is taken; 32 seats bound what cancelling all of them costs.
 * `leverage`: of orders that name none; 0 when the account has not set it.
 */
type OrderMargin is uint256;

using OrderMarginLibrary for OrderMargin global;

library OrderMarginLibrary {
    function bidReserve(OrderMargin m) internal pure returns (uint256) {
        return uint96(OrderMargin.unwrap(m));
    }

    function askReserve(OrderMargin m) internal pure returns (uint256) {
        return uint96(OrderMargin.unwrap(m) >> 96);
    }

    function seats(OrderMargin m) internal pure returns (uint256) {
        return uint32(OrderMargin.unwrap(m) >> 192);
    }

    function hasSeat(OrderMargin m, uint256 seat) internal pure returns (bool) {
        return (OrderMargin.unwrap(m) >> (192 + seat)) & 1 != 0;
    }

    function leverage(OrderMargin m) internal pure returns (uint256) {
        return uint8(OrderMargin.unwrap(m) >> 224);
    }

    function withLeverage(OrderMargin m, uint256 value) internal pure returns (OrderMargin) {
        return OrderMargin.wrap((OrderMargin.unwrap(m) & ~(uint256(type(uint8).max) << 224)) | (value << 224));
    }

    /// @notice Quote atoms held back from free collateral.
    function reserved(OrderMargin m) internal pure returns (uint256) {
        uint256 bid = bidReserve(m);
        uint256 ask = askReserve(m);
        return bid > ask ? bid : ask;
    }

    function add(OrderMargin m, bool isBid, uint256 amount) internal pure returns (OrderMargin) {
        unchecked {
            // an amount is below 2^97
            if ((isBid ? bidReserve(m) : askReserve(m)) + amount > type(uint96).max) {
                revert IExchangeErrors.OrderMarginOverflow();
            }
            return OrderMargin.wrap(OrderMargin.unwrap(m) + (isBid ? amount : amount << 96));
        }
    }

    /// @notice Takes `amount` off a side's reserve, or what is left of it: a fill on the other side may have used some.
    function sub(OrderMargin m, bool isBid, uint256 amount) internal pure returns (OrderMargin) {
        uint256 held = isBid ? bidReserve(m) : askReserve(m);
        if (amount > held) amount = held;
        unchecked {
            return OrderMargin.wrap(OrderMargin.unwrap(m) - (isBid ? amount : amount << 96));
        }
    }

    function withSeat(OrderMargin m, uint256 seat) internal pure returns (OrderMargin) {
        return OrderMargin.wrap(OrderMargin.unwrap(m) | (1 << (192 + seat)));
    }

    function withoutSeat(OrderMargin m, uint256 seat) internal pure returns (OrderMargin) {
        return OrderMargin.wrap(OrderMargin.unwrap(m) & ~(uint256(1) << (192 + seat)));
    }
}
