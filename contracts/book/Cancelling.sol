// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ExchangeState, Market} from "../ExchangeStorage.sol";
import {IExchangeErrors} from "../interfaces/IExchangeErrors.sol";
import {IExchangeEvents} from "../interfaces/IExchangeEvents.sol";
import {Order} from "../types/Order.sol";
import {Ledger} from "../vault/Ledger.sol";
import {OrderDesk} from "./OrderDesk.sol";

/**
 * Taking orders off the book: needs no price and no solvent market, ever. `account` is the caller's own, or one that it
 * may trade for. Part of the Exchange's own code: a call to a linked library costs 2,700 gas, and cancelling is what makers do most.
 */
library Cancelling {
    /// @notice See IExchange.cancelOrder.
    function cancel(ExchangeState storage state, uint256 account, uint256 marketId, uint256 orderId) internal {
        Market storage market = _market(state, marketId);
        (uint256 slot, Order order) = OrderDesk.find(market, orderId);
        if (order.account() != account) revert IExchangeErrors.NotOrderOwner(orderId, account);
        uint256 freed = OrderDesk.remove(market, marketId, slot, order, IExchangeEvents.RemovalReason.Cancelled);
        Ledger.credit(state, account, freed);
    }

    /// @notice See IExchange.cancelAll.
    function cancelAll(ExchangeState storage state, uint256 account, uint256 marketId) internal returns (uint256) {
        Market storage market = _market(state, marketId);
        return OrderDesk.removeAll(state, market, marketId, account, IExchangeEvents.RemovalReason.Cancelled);
    }

    /// @dev Known by the word that the book's own parameters are in: the price source's is not needed here.
    function _market(ExchangeState storage state, uint256 marketId) private view returns (Market storage market) {
        market = state.markets[marketId];
        if (market.config.lotsPerUnit == 0) revert IExchangeErrors.UnknownMarket(marketId);
    }
}
