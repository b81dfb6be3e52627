// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ExchangeState, Market} from "../ExchangeStorage.sol";
import {IExchangeErrors} from "../interfaces/IExchangeErrors.sol";
import {IExchangeEvents} from "../interfaces/IExchangeEvents.sol";
import {Bits} from "../types/Bits.sol";
import {Order, OrderLibrary} from "../types/Order.sol";
import {OrderMargin} from "../types/OrderMargin.sol";
import {Ledger} from "../vault/Ledger.sol";
import {Book} from "./Book.sol";

/**
 * Resting orders together with what they hold back: an order, its seat and its reserve come and go only here.
 */
library OrderDesk {
    using Book for Book.State;

    uint256 internal constant SEATS = 32;

    /// @notice What an order holds back, in quote atoms, rounded up. Telescopes over partial fills.
    function reserveOf(Order order, uint256 lots, uint256 tickValue) internal pure returns (uint256) {
        if (order.reduceOnly()) return 0;
        uint256 leverage = order.leverage(); // never 0
        unchecked {
            return (lots * order.tick() * tickValue + leverage - 1) / leverage; // a notional is below 2^96
        }
    }

    /// @notice The market's impact notional in lots·ticks, rounded up; 0 when it has no funding.
    function impactDepth(Market storage market) internal view returns (uint256) {
        unchecked {
            if (market.config.fundingCap == 0) return 0;
            uint256 tickValue = market.config.tickValue; // not zero in a market
            return (market.config.impactNotional + tickValue - 1) / tickValue;
        }
    }

    /// @notice The open order with this external id; reverts with UnknownOrder for any other, older generations included.
    function find(Market storage market, uint256 orderId) internal view returns (uint256 slot, Order order) {
        bool open;
        (open, slot, order) = tryFind(market, orderId);
        if (!open) revert IExchangeErrors.UnknownOrder(orderId);
    }

    /// @notice Like `find`, but says whether there is one.
    function tryFind(
        Market storage market,
        uint256 orderId
    ) internal view returns (bool open, uint256 slot, Order order) {
        slot = OrderLibrary.slotOfId(orderId);
        order = market.book.orders[slot];
        open =
            OrderLibrary.idOf(slot, order) == orderId &&
            market.orderMargins[order.account()].hasSeat(OrderLibrary.seatOf(slot));
    }

    /// @notice Rests an order. The caller takes the growth of the reserve from free collateral.
    /// @param order Without place and generation.
    /// @return orderId Its external id.
    /// @return held What must leave free collateral.
    function rest(Market storage market, Order order) internal returns (uint256 orderId, uint256 held) {
        uint256 account = order.account();
        OrderMargin margin = market.orderMargins[account];
        uint256 seats = margin.seats();
        if (seats == type(uint32).max) revert IExchangeErrors.TooManyOrders(account);
        uint256 seat = Bits.lowest(~seats);
        uint256 depth = impactDepth(market);
        uint256 reserve = reserveOf(order, order.lots(), market.config.tickValue);
        OrderMargin after_ = margin.withSeat(seat).add(order.isBid(), reserve);
        market.orderMargins[account] = after_;
        unchecked {
            held = after_.reserved() - margin.reserved();
        }
        orderId = market.book.insert(OrderLibrary.slotOf(account, seat), order, depth);
    }

    /**
     * @notice What filling `lots` of an order would give back to free collateral.
     * @param whole Whether the rest of the order goes with it.
     * @param opens Whether the fill opens exposure: then the other side of the account's quotes can only close it again, and its
     * reserve gives way by as much.
     */
    function releasable(
        Market storage market,
        uint256 slot,
        Order order,
        uint256 lots,
        bool whole,
        bool opens
    ) internal view returns (uint256 freed, OrderMargin margin) {
        margin = market.orderMargins[order.account()];
        uint256 tickValue = market.config.tickValue;
        uint256 open = order.lots();
        unchecked {
            uint256 all = reserveOf(order, open, tickValue);
            uint256 part = all - reserveOf(order, open - lots, tickValue);
            uint256 before = margin.reserved();
            margin = margin.sub(order.isBid(), whole ? all : part);
            if (opens) margin = margin.sub(!order.isBid(), part);
            if (whole || lots == open) margin = margin.withoutSeat(OrderLibrary.seatOf(slot));
            freed = before - margin.reserved();
        }
    }

    /// @notice Takes `lots` off a resting order, or the order off the book when that is all of it or `whole` says so.
    /// @return freed What the caller must give back to the owner's free collateral: as `releasable` said.
    function take(
        Market storage market,
        uint256 slot,
        Order order,
        uint256 lots,
        bool whole,
        bool opens
    ) internal returns (uint256 freed) {
        OrderMargin margin;
        (freed, margin) = releasable(market, slot, order, lots, whole, opens);
        market.orderMargins[order.account()] = margin;
        if (whole || lots == order.lots()) market.book.remove(order, impactDepth(market));
        else market.book.reduce(slot, order, lots, impactDepth(market));
    }

    /// @notice Removes a resting order for a reason other than a fill.
    /// @return freed What the caller must give back to the owner's free collateral.
    function remove(
        Market storage market,
        uint256 marketId,
        uint256 slot,
        Order order,
        IExchangeEvents.RemovalReason reason
    ) internal returns (uint256 freed) {
        freed = take(market, slot, order, order.lots(), true, false);
        emit IExchangeEvents.OrderRemoved(
            marketId,
            order.account(),
            OrderLibrary.idOf(slot, order),
            order.lots(),
            reason,
            market.book.nextSequence()
        );
    }

    /// @notice Takes `lots` off a resting order, less than it has, for a reason other than a fill. It keeps its place.
    /// @return freed What the caller must give back to the owner's free collateral.
    function reduce(
        Market storage market,
        uint256 marketId,
        uint256 slot,
        Order order,
        uint256 lots,
        IExchangeEvents.RemovalReason reason
    ) internal returns (uint256 freed) {
        freed = take(market, slot, order, lots, false, false);
        emit IExchangeEvents.OrderReduced(
            marketId,
            order.account(),
            OrderLibrary.idOf(slot, order),
            lots,
            reason,
            market.book.nextSequence()
        );
    }

    /// @notice Removes all orders of an account, at most 32, and gives back what they held.
    function removeAll(
        ExchangeState storage state,
        Market storage market,
        uint256 marketId,
        uint256 account,
        IExchangeEvents.RemovalReason reason
    ) internal returns (uint256 removed) {
        uint256 seats = market.orderMargins[account].seats();
        uint256 freed;
        while (seats != 0) {
            uint256 seat = Bits.lowest(seats);
            seats ^= 1 << seat;
            uint256 slot = OrderLibrary.slotOf(account, seat);
            freed += remove(market, marketId, slot, market.book.orders[slot], reason);
            ++removed;
        }
        Ledger.credit(state, account, freed);
    }
}
