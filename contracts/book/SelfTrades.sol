// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Market} from "../ExchangeStorage.sol";
import {IExchangeEvents} from "../interfaces/IExchangeEvents.sol";
import {Order, OrderLibrary} from "../types/Order.sol";
import {SelfTrade} from "../types/OrderTerms.sol";
import {Book} from "./Book.sol";
import {OrderDesk} from "./OrderDesk.sol";

/**
 * A taking order that meets its own account, where the resting order does not simply go. Nobody trades with himself: no fill, no fee, no
 * open interest, whichever way it is prevented. Linked library.
 */
library SelfTrades {
    using Book for Book.State;

    /**
     * @notice Applies `CancelTaking` or `DecrementBoth` to an account's own order that rests in the way.
     * @param remaining Lots that the taking order still has.
     * @return lost Lots that it loses.
     * @return freed What the caller must give back to the account's free collateral.
     */
    function prevent(
        Market storage market,
        uint256 marketId,
        SelfTrade mode,
        uint256 slot,
        uint256 remaining
    ) external returns (uint256 lost, uint256 freed) {
        Order order = market.book.orders[slot];
        lost = remaining;
        if (mode == SelfTrade.DecrementBoth) {
            lost = Math.min(remaining, order.lots());
            freed = _decrement(market, marketId, slot, order, lost);
        }
        emit IExchangeEvents.SelfTradePrevented(
            marketId,
            order.account(),
            OrderLibrary.idOf(slot, order),
            mode,
            lost,
            market.book.nextSequence()
        );
    }

    /// @dev Like what a fill leaves, what this leaves keeps its place; unlike that, it is the owner's own doing, so no dust stays.
    function _decrement(
        Market storage market,
        uint256 marketId,
        uint256 slot,
        Order order,
        uint256 lots
    ) private returns (uint256) {
        IExchangeEvents.RemovalReason reason = IExchangeEvents.RemovalReason.SelfTrade;
        uint256 left = (order.lots() - lots) * order.tick() * market.config.tickValue;
        if (left < market.config.minNotional) return OrderDesk.remove(market, marketId, slot, order, reason);
        return OrderDesk.reduce(market, marketId, slot, order, lots, reason);
    }
}
