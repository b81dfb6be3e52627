// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Market} from "../ExchangeStorage.sol";
import {IExchangeEvents} from "../interfaces/IExchangeEvents.sol";
import {MarketContext} from "../types/MarketContext.sol";
import {Order} from "../types/Order.sol";
import {SelfTrade} from "../types/OrderTerms.sol";
import {Book} from "./Book.sol";
import {Matching} from "./Matching.sol";
import {OrderDesk} from "./OrderDesk.sol";

/**
 * A taking order that meets its own account, where the resting order does not simply go. Nobody trades with himself: no fill, no fee, no
 * open interest, whichever way it is prevented.
 */
library SelfTrades {
    using Book for Book.State;

    /// @notice Applies `CancelTaking` or `DecrementBoth` to an account's own order that rests in the way.
    function prevent(
        Market storage market,
        MarketContext memory ctx,
        Matching.Taker memory t,
        uint256 slot,
        Order order
    ) internal {
        uint256 lots = t.remaining;
        if (t.selfTrade == SelfTrade.CancelTaking) {
            t.stopped = true;
        } else {
            lots = Math.min(lots, order.lots());
            t.remaining -= lots;
            t.funds += _decrement(market, ctx, slot, order, lots);
        }
        emit IExchangeEvents.SelfTradePrevented(
            ctx.id,
            order.account(),
            Book.idOf(slot, order),
            t.selfTrade,
            lots,
            market.book.nextSequence()
        );
    }

    /// @dev Like what a fill leaves, what this leaves keeps its place; unlike that, it is the owner's own doing, so no dust stays.
    function _decrement(
        Market storage market,
        MarketContext memory ctx,
        uint256 slot,
        Order order,
        uint256 lots
    ) private returns (uint256 freed) {
        IExchangeEvents.RemovalReason reason = IExchangeEvents.RemovalReason.SelfTrade;
        uint256 left = (order.lots() - lots) * order.tick() * ctx.config.tickValue;
        if (left < ctx.config.minNotional) return OrderDesk.remove(market, ctx.id, slot, order, reason);
        return OrderDesk.reduce(market, ctx.id, slot, order, lots, reason);
    }
}
