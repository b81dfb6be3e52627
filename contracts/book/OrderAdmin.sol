// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ExchangeState, Market} from "../ExchangeStorage.sol";
import {OrderRequest, OrderResult, TimeInForce} from "../interfaces/IExchange.sol";
import {IExchangeErrors} from "../interfaces/IExchangeErrors.sol";
import {IExchangeEvents} from "../interfaces/IExchangeEvents.sol";
import {Margin} from "../risk/Margin.sol";
import {Mark} from "../risk/Mark.sol";
import {Upkeep} from "../risk/Upkeep.sol";
import {Order} from "../types/Order.sol";
import {Position} from "../types/Position.sol";
import {Ledger} from "../vault/Ledger.sol";
import {Book} from "./Book.sol";
import {OrderDesk} from "./OrderDesk.sol";
import {Trading} from "./Trading.sol";

/**
 * What an account does with orders beyond placing one: cancelling, and closing a position. Linked library; `account` is the caller's
 * own, or one that it may trade for. Whatever takes liquidity goes through Trading.
 */
library OrderAdmin {
    using Book for Book.State;
    using Margin for Position;
    using SafeCast for uint256;

    /// @notice See IExchange.cancelOrder.
    function cancel(ExchangeState storage state, uint256 account, uint256 marketId, uint256 orderId) external {
        Market storage market = _market(state, marketId);
        market.book.sample(market.config.tickValue, market.config.impactNotional);
        (uint256 slot, Order order) = market.book.find(orderId);
        if (order.account() != account) revert IExchangeErrors.NotOrderOwner(orderId, account);
        uint256 freed = OrderDesk.remove(market, marketId, slot, order, IExchangeEvents.RemovalReason.Cancelled);
        Ledger.credit(state, account, freed);
    }

    /// @notice See IExchange.cancelAll.
    function cancelAll(ExchangeState storage state, uint256 account, uint256 marketId) external returns (uint256) {
        Market storage market = _market(state, marketId);
        market.book.sample(market.config.tickValue, market.config.impactNotional);
        return OrderDesk.removeAll(state, market, marketId, account, IExchangeEvents.RemovalReason.Cancelled);
    }

    /// @notice See IExchange.closePosition.
    function close(
        ExchangeState storage state,
        uint256 account,
        uint256 marketId,
        uint256 limitTick,
        uint256 maxSteps
    ) external returns (OrderResult memory) {
        Position memory p = _market(state, marketId).positions[account].load();
        if (p.lots == 0) revert IExchangeErrors.NoPosition(marketId, account);
        return
            Trading.place(
                state,
                account,
                OrderRequest({
                    market: uint32(marketId),
                    isBid: p.lots < 0,
                    tick: limitTick.toUint24(),
                    lots: uint40(Math.min(p.size(), type(uint40).max)),
                    timeInForce: TimeInForce.ImmediateOrCancel,
                    reduceOnly: true,
                    leverage: 0,
                    expiry: 0,
                    maxSteps: maxSteps.toUint16(),
                    clientId: 0
                })
            );
    }

    /// @notice See IExchange.poke.
    function poke(ExchangeState storage state, uint256 marketId) external returns (bool insolvent) {
        Market storage market = state.markets[marketId];
        (insolvent, ) = Upkeep.run(market, Mark.load(market, marketId));
    }

    function _market(ExchangeState storage state, uint256 marketId) private view returns (Market storage market) {
        market = state.markets[marketId];
        if (address(market.config.source) == address(0)) revert IExchangeErrors.UnknownMarket(marketId);
    }
}
