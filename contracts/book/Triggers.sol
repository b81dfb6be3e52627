// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ExchangeState, Market} from "../ExchangeStorage.sol";
import {OrderRequest, OrderResult, SelfTrade, TimeInForce, TriggerRequest} from "../interfaces/IExchange.sol";
import {IExchangeErrors} from "../interfaces/IExchangeErrors.sol";
import {IExchangeEvents} from "../interfaces/IExchangeEvents.sol";
import {Margin} from "../risk/Margin.sol";
import {Mark} from "../risk/Mark.sol";
import {PIPS} from "../types/MarketConfig.sol";
import {MarketContext, MarketStatus} from "../types/MarketContext.sol";
import {Position} from "../types/Position.sol";
import {Trigger} from "../types/Trigger.sol";
import {Ledger} from "../vault/Ledger.sol";
import {Book} from "./Book.sol";
import {Trading} from "./Trading.sol";

/**
 * Stop-loss and take-profit: an order that anyone may execute for an account once the mark has reached its tick. Linked library.
 *
 * It only ever closes, as a reduce-only immediate order through Trading, so the fill rule, the band and the gate hold as for any other.
 * It belongs to the side that was open when it was placed; once that is closed or flipped, whoever comes first removes it, for nothing.
 *
 * THE TIP is fixed at placement, goes out in proportion to what is closed, so cutting an execution up earns nothing, and is paid out of
 * free collateral after the fill, as far as that reaches: never out of a position, an order's reserve or a pot.
 */
library Triggers {
    using Book for Book.State;
    using Margin for Position;

    /// @dev A market. Finding a free slot, and a view of all, stay bounded.
    uint256 internal constant SLOTS = 8;
    /// @dev Quote atoms a trigger, and pips of the notional closed: as of a top-up, about the gas of the call, and no business.
    uint256 internal constant MAX_TIP = 1e6;
    uint256 internal constant TIP_RATE = 1_000;

    /// @notice See IExchange.placeTrigger.
    function place(
        ExchangeState storage state,
        uint256 account,
        TriggerRequest calldata r
    ) external returns (uint256 triggerId) {
        Market storage market = state.markets[r.market];
        if (address(market.config.source) == address(0)) revert IExchangeErrors.UnknownMarket(r.market);
        if (market.status == MarketStatus.Retired) revert IExchangeErrors.MarketRetired(r.market);
        if (r.triggerTick == 0 || r.limitTick == 0) revert IExchangeErrors.InvalidTick(0);
        if (r.lots == 0) revert IExchangeErrors.InvalidLots(r.lots);
        if (r.tip > MAX_TIP) revert IExchangeErrors.TipTooHigh(r.tip, MAX_TIP);
        Position memory p = market.positions[account].load();
        if (p.lots == 0) revert IExchangeErrors.NoPosition(r.market, account);
        uint256 slot;
        while (market.triggers[account][slot].live) {
            if (++slot == SLOTS) revert IExchangeErrors.TooManyTriggers(account);
        }
        Trigger memory t = Trigger({
            triggerTick: r.triggerTick,
            limitTick: r.limitTick,
            lots: r.lots,
            tip: r.tip,
            kind: r.kind,
            closesLong: p.isLong(),
            live: true,
            generation: market.triggers[account][slot].generation + 1
        });
        market.triggers[account][slot] = t;
        triggerId = t.idOf(slot);
        emit IExchangeEvents.TriggerPlaced(
            r.market,
            account,
            triggerId,
            t.kind,
            t.closesLong,
            t.triggerTick,
            t.limitTick,
            t.lots,
            t.tip,
            market.book.nextSequence()
        );
    }

    /// @notice See IExchange.cancelTrigger.
    function cancel(ExchangeState storage state, uint256 account, uint256 marketId, uint256 triggerId) external {
        Market storage market = state.markets[marketId];
        (uint256 slot, ) = _find(market, account, triggerId);
        _remove(market, marketId, account, slot, IExchangeEvents.TriggerRemoval.Cancelled);
    }

    /// @notice See IExchange.executeTrigger.
    function execute(
        ExchangeState storage state,
        uint256 marketId,
        uint256 account,
        uint256 triggerId,
        uint256 maxSteps
    ) external returns (uint256) {
        Market storage market = state.markets[marketId];
        (uint256 slot, Trigger memory t) = _find(market, account, triggerId);
        Position memory p = market.positions[account].load();
        if (p.lots == 0 || p.isLong() != t.closesLong) {
            _remove(market, marketId, account, slot, IExchangeEvents.TriggerRemoval.PositionGone);
            return 0;
        }
        MarketContext memory ctx = Mark.load(market, marketId);
        // whoever executes chooses the moment: at an aged price that would be an option against the account
        Mark.requireTradeAge(ctx);
        if (!t.isReached(ctx.price, ctx.config.tickValue)) {
            revert IExchangeErrors.TriggerNotReached(triggerId, ctx.price, t.threshold(ctx.config.tickValue));
        }
        if (maxSteps > ctx.config.maxSteps) revert IExchangeErrors.InvalidStepBudget(maxSteps, ctx.config.maxSteps);
        uint256 wanted = Math.min(t.lots, p.size());
        OrderResult memory result = Trading.place(state, account, _orderOf(t, marketId, wanted, maxSteps));
        if (result.filledLots == 0) {
            if (result.steps == 0) revert IExchangeErrors.BookCannotAbsorb(marketId, t.limitTick);
            return 0; // it removed what could not fill
        }
        uint256 share = (t.tip * result.filledLots) / wanted;
        (t.lots, t.tip) = (uint40(wanted - result.filledLots), uint32(t.tip - share));
        if (t.lots == 0) (t.tip, t.live) = (0, false);
        market.triggers[account][slot] = t;
        uint256 tip = _payTip(state, account, Math.min(share, (result.filledNotional * TIP_RATE) / PIPS));
        emit IExchangeEvents.TriggerExecuted(
            marketId,
            account,
            msg.sender,
            triggerId,
            result.filledLots,
            tip,
            t.lots,
            t.tip,
            ctx.price,
            market.book.nextSequence()
        );
        return result.filledLots;
    }

    /// @dev Out of the account's free collateral, as far as it reaches, to a caller with another account.
    function _payTip(ExchangeState storage state, uint256 account, uint256 most) private returns (uint256 tip) {
        uint256 caller = state.accountOf[msg.sender];
        if (caller == 0 || caller == account) return 0;
        tip = Math.min(most, Ledger.freeOf(state, account));
        Ledger.setFree(state, account, Ledger.freeOf(state, account) - tip);
        Ledger.credit(state, caller, tip);
    }

    function _orderOf(
        Trigger memory t,
        uint256 marketId,
        uint256 lots,
        uint256 maxSteps
    ) private pure returns (OrderRequest memory) {
        return
            OrderRequest({
                market: uint32(marketId),
                isBid: !t.closesLong,
                tick: t.limitTick,
                lots: uint40(lots),
                timeInForce: TimeInForce.ImmediateOrCancel,
                selfTrade: SelfTrade.CancelResting,
                reduceOnly: true,
                leverage: 0,
                expiry: 0,
                maxSteps: uint16(maxSteps),
                clientId: 0
            });
    }

    function _find(
        Market storage market,
        uint256 account,
        uint256 triggerId
    ) private view returns (uint256 slot, Trigger memory t) {
        slot = uint8(triggerId);
        if (slot != 0 && slot <= SLOTS) t = market.triggers[account][--slot];
        if (!t.live || t.idOf(slot) != triggerId) revert IExchangeErrors.UnknownTrigger(account, triggerId);
    }

    function _remove(
        Market storage market,
        uint256 marketId,
        uint256 account,
        uint256 slot,
        IExchangeEvents.TriggerRemoval reason
    ) private {
        Trigger memory t = market.triggers[account][slot];
        emit IExchangeEvents.TriggerRemoved(marketId, account, t.idOf(slot), reason, market.book.nextSequence());
        (t.live, t.lots, t.tip) = (false, 0, 0);
        market.triggers[account][slot] = t;
    }
}
