// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ExchangeState, Market} from "../ExchangeStorage.sol";
import {IExchangeErrors} from "../interfaces/IExchangeErrors.sol";
import {IUpdatableSource} from "../interfaces/IUpdatableSource.sol";

/// Signed price updates on their way to a market's source. Pays the source's fee out of the contract's balance (see Batch).
library PriceUpdates {
    /// @notice See IExchange.updatePrice.
    function forward(ExchangeState storage state, uint256 marketId, bytes[] calldata data) internal {
        Market storage market = state.markets[marketId];
        address source = address(market.config.source);
        if (source == address(0)) revert IExchangeErrors.UnknownMarket(marketId);
        uint256 fee;
        try IUpdatableSource(source).updateFee(data) returns (uint256 fee_) {
            fee = fee_;
        } catch {
            revert IExchangeErrors.SourceNotUpdatable(marketId);
        }
        if (fee > address(this).balance) revert IExchangeErrors.InsufficientValue(address(this).balance, fee);
        IUpdatableSource(source).update{value: fee}(data);
    }
}
