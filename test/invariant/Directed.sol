// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IExchange, OrderRequest, TimeInForce} from "../../contracts/interfaces/IExchange.sol";
import {Margin} from "../../contracts/risk/Margin.sol";
import {Position} from "../../contracts/types/Position.sol";
import {Clearing} from "./Clearing.sol";

/// What does not come up by chance, laid out on purpose from whatever state there is.
abstract contract Directed is Clearing {
    using Margin for Position;

    /**
     * @dev A bankruptcy that the book can take only with the fund's help: somebody rests an order between the bankruptcy price and
     * the price that comes, the position matures, the price comes, and a stranger clears.
     */
    function coverable(uint256 actor, uint256 maker, uint256 market, uint256 lots) external {
        uint256 m = _market(market);
        Position memory p = exchange.positionAt(m, _account(actor));
        if (p.lots == 0) return;
        int256 border = p.bankruptcyPrice();
        if (border <= 0) return;
        _setPrice(m, _answerOf(m, (uint256(border) * (p.lots > 0 ? 103 : 97)) / 100));
        (bool priced, ) = _context(m);
        if (!priced || exchange.poke(m)) return;
        OrderRequest memory r;
        r.isBid = p.lots > 0;
        uint256 tick =
            (uint256(border) * (r.isBid ? 996 : 1_004)) / (1_000 * (exchange.marketConfig(m).tickValue << 16));
        if (tick == 0 || tick > type(uint24).max) return;
        (r.market, r.tick, r.leverage, r.maxSteps) = (uint32(m), uint24(tick), 10, 1);
        r.lots = uint40(_bound(lots, 1, p.size()));
        _act(maker, abi.encodeCall(IExchange.placeOrder, r));
        vm.warp(block.timestamp + exchange.marketConfig(m).maturity);
        for (uint256 i; i < MARKETS; ++i) _refresh(i);
        _setPrice(m, _answerOf(m, (uint256(border) * (r.isBid ? 990 : 1_010)) / 1_000));
        this.deleverage(market, actor, 0);
    }

    /**
     * @dev A bankrupt long whose only counterparty loses at its bankruptcy price: that short was opened lower, against a long who has
     * left with his profit. Nobody is eligible, so the principal stage closes it. For a market without positions.
     */
    function abandoned(uint256 market) external {
        uint256 m = _market(market);
        for (uint256 i; i < MARKETS; ++i) _refresh(i);
        (, int256 answer, , , ) = feeds[m - 1].latestRoundData();
        _swap(1, 0, m, 2);
        // up by a quarter in steps that no breaker minds
        for (uint256 i; i < 46; ++i) {
            vm.warp(block.timestamp + 30);
            for (uint256 k; k < MARKETS; ++k) _refresh(k);
            answer += answer / 200;
            _setPrice(m, uint256(answer));
            exchange.poke(m);
        }
        _swap(0, 2, m, 10);
        _setPrice(m, (uint256(answer) * 88) / 100);
        this.deleverage(market, 2, 0);
    }

    /// @dev `taker` buys from `maker` at the mark.
    function _swap(uint256 maker, uint256 taker, uint256 m, uint8 leverage) private {
        OrderRequest memory r;
        (r.market, r.tick, r.lots) = (uint32(m), uint24(_markTick(m)), 1_000);
        (r.leverage, r.maxSteps) = (leverage, 4);
        _act(maker, abi.encodeCall(IExchange.placeOrder, r));
        (r.isBid, r.timeInForce) = (true, TimeInForce.ImmediateOrCancel);
        _act(taker, abi.encodeCall(IExchange.placeOrder, r));
    }

    /// @dev X16 quote atoms a lot to an answer with 8 decimals.
    function _answerOf(uint256 m, uint256 price) private view returns (uint256) {
        return (price * exchange.marketConfig(m).lotsPerUnit * 100) >> 16;
    }
}
