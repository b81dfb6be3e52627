// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {
    IExchange,
    OrderRequest,
    SelfTrade,
    TimeInForce,
    TriggerRequest,
    TriggerView
} from "../../contracts/interfaces/IExchange.sol";
import {Order, OrderLibrary} from "../../contracts/types/Order.sol";
import {Position} from "../../contracts/types/Position.sol";
import {TriggerKind} from "../../contracts/types/Trigger.sol";
import {Traders} from "./Traders.sol";

/// What the actors do with orders beyond placing one: amendments, batches, triggers.
abstract contract Orders is Traders {
    uint256 public amendments;
    uint256 public batches;
    uint256 public triggered;

    /// @dev Less at the same tick changes the order's lots and nothing else; anything else leaves the old id to nobody.
    function amend(uint256 actor, uint256 market, uint256 offset, uint256 lots) external keepsDust(0) {
        uint256 m = _market(market);
        uint256[] memory ids = exchange.orderMarginAt(m, _account(actor)).orderIds;
        if (ids.length == 0) return;
        uint256 id = ids[(offset >> 8) % ids.length];
        Order o = Order.wrap(exchange.orderAt(m, OrderLibrary.slotOfId(id)));
        uint256 tick = offset & 1 == 0 ? o.tick() : (o.tick() * (9_990 + _bound(offset >> 16, 0, 20))) / 10_000;
        uint256 size = _bound(lots, 1, 2 * o.lots());
        if (!_act(actor, abi.encodeCall(IExchange.amendOrder, (m, id, tick, size)))) return;
        ++amendments;
        Order left = Order.wrap(exchange.orderAt(m, OrderLibrary.slotOfId(id)));
        if (tick == o.tick() && size <= o.lots()) {
            _check(
                Order.unwrap(left) == Order.unwrap(o.withLots(size)),
                "BOOK-1: less at the same tick lost its place"
            );
        } else {
            uint256[] memory open = exchange.orderMarginAt(m, _account(actor)).orderIds;
            for (uint256 i; i < open.length; ++i) _check(open[i] != id, "BOOK-1: an amended order's old id lives on");
        }
    }

    /// @dev Orders of every kind, one of which can never be placed, and the cancelling of ids that are anybody's.
    function batch(uint256 actor, uint256 market, uint256 seed) external keepsDust(0) {
        uint256 m = _market(market);
        uint256 mark = _markTick(m);
        OrderRequest[] memory requests = new OrderRequest[](4);
        for (uint256 i; i < 4; ++i) requests[i] = _random(m, mark, uint256(keccak256(abi.encode(seed, i))));
        requests[seed % 4].tick = 0;
        _check(_act(actor, abi.encodeCall(IExchange.placeOrders, (requests))), "GAS-1: a bad order stopped a batch");
        uint256[] memory ids = exchange.orderMarginAt(m, _account(actor + seed)).orderIds;
        _check(_act(actor, abi.encodeCall(IExchange.cancelOrders, (m, ids))), "GAS-1: a foreign id stopped a batch");
        ++batches;
    }

    function trigger(uint256 actor, uint256 market, uint256 offset, uint256 lots, uint256 tip) external {
        uint256 m = _market(market);
        uint256 mark = _markTick(m);
        Position memory p = exchange.positionAt(m, _account(actor));
        if (p.lots == 0 || mark == 0) return;
        TriggerRequest memory r = TriggerRequest({
            market: uint32(m),
            kind: offset & 1 == 0 ? TriggerKind.StopLoss : TriggerKind.TakeProfit,
            triggerTick: uint24(1 + (mark * (9_950 + _bound(offset >> 8, 0, 100))) / 10_000),
            limitTick: p.lots > 0 ? 1 : type(uint24).max,
            lots: lots % 4 == 0 ? type(uint40).max : uint40(_bound(lots, 1, 3_000)),
            tip: uint32(_bound(tip, 0, 1e6))
        });
        _act(actor, abi.encodeCall(IExchange.placeTrigger, (r)));
    }

    /// @dev Somebody tries all triggers of an account. A trigger only closes.
    function execute(uint256 executor, uint256 actor, uint256 market) external keepsDust(0) {
        uint256 m = _market(market);
        uint256 account = _account(actor);
        TriggerView[] memory triggers = exchange.triggersAt(m, account);
        for (uint256 i; i < triggers.length; ++i) {
            int256 before = exchange.positionAt(m, account).lots;
            bytes memory call = abi.encodeCall(IExchange.executeTrigger, (m, account, triggers[i].triggerId, 16));
            if (!_act(executor, call)) continue;
            int256 left = exchange.positionAt(m, account).lots;
            bool closes = before >= 0 ? left >= 0 && left <= before : left <= 0 && left >= before;
            _check(closes, "SOLV-3: a trigger opened exposure");
            if (left != before) ++triggered;
        }
    }

    function _random(uint256 m, uint256 mark, uint256 r) private pure returns (OrderRequest memory q) {
        q.market = uint32(m);
        q.isBid = r & 1 == 0;
        q.tick = uint24((mark * (9_950 + ((r >> 8) % 101))) / 10_000);
        q.lots = uint40(1 + ((r >> 32) % 3_000));
        q.timeInForce = TimeInForce((r >> 64) % 4);
        q.selfTrade = SelfTrade((r >> 72) % 3);
        q.reduceOnly = (r >> 80) % 4 == 0;
        q.leverage = uint8((r >> 88) % 51);
        q.maxSteps = uint16(1 + ((r >> 96) % 16));
    }
}
