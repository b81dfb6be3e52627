// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ExchangeState} from "../ExchangeStorage.sol";
import {IExchange} from "../interfaces/IExchange.sol";
import {IExchangeErrors} from "../interfaces/IExchangeErrors.sol";
import {IExchangeEvents} from "../interfaces/IExchangeEvents.sol";

/**
 * Who may trade for an account, and with which calls. What a delegate may not do is everything that is not listed here: money leaves
 * an account only by its owner's own call.
 */
library Delegation {
    /// @notice See IExchange.setDelegate.
    function set(ExchangeState storage state, uint256 account, address delegate, bool allowed) internal {
        state.delegates[account][delegate] = allowed;
        emit IExchangeEvents.DelegateSet(account, delegate, allowed);
    }

    /// @notice Reverts unless the caller may make these calls for the account.
    function check(ExchangeState storage state, uint256 account, bytes[] calldata calls) internal view {
        if (!state.delegates[account][msg.sender]) revert IExchangeErrors.NotDelegate(account, msg.sender);
        for (uint256 i; i < calls.length; ++i) {
            bytes4 selector = bytes4(calls[i]);
            if (!_isTrading(selector)) revert IExchangeErrors.NotDelegable(selector);
        }
    }

    function _isTrading(bytes4 selector) private pure returns (bool) {
        return
            selector == IExchange.placeOrder.selector ||
            selector == IExchange.placeOrders.selector ||
            selector == IExchange.amendOrder.selector ||
            selector == IExchange.closePosition.selector ||
            selector == IExchange.cancelOrder.selector ||
            selector == IExchange.cancelOrders.selector ||
            selector == IExchange.cancelAll.selector ||
            selector == IExchange.placeTrigger.selector ||
            selector == IExchange.cancelTrigger.selector ||
            selector == IExchange.addMargin.selector ||
            selector == IExchange.removeMargin.selector ||
            selector == IExchange.setLeverage.selector ||
            selector == IExchange.updatePrice.selector;
    }
}
