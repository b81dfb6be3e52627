// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Exchange} from "../../contracts/Exchange.sol";
import {Crowd} from "../../contracts/mocks/Crowd.sol";
import {MockAggregator} from "../../contracts/mocks/MockAggregator.sol";
import {Margin} from "../../contracts/risk/Margin.sol";
import {MarketContext} from "../../contracts/types/MarketContext.sol";
import {Position} from "../../contracts/types/Position.sol";
import {InsuranceFund} from "../../contracts/vault/InsuranceFund.sol";
import {Clearing} from "./Clearing.sol";

/**
 * The invariant runs' world: eight actors over two markets with every safeguard on, and the catalogue over all of it.
 */
contract World is Clearing {
    using Margin for Position;

    /// @notice Takes over a deployed exchange. (Deployed by the test, because the runner knows no contract that links libraries.)
    constructor(Exchange exchange_, InsuranceFund fund_, Crowd crowd_, MockAggregator[2] memory feeds_) {
        (exchange, fund, crowd, feeds) = (exchange_, fund_, crowd_, feeds_);
        collateral = crowd_.collateral();
        collateral.mint(address(this), 1e18);
        collateral.approve(address(fund), type(uint256).max);
        for (uint256 i; i < ACTORS; ++i) crowd.join(uint128(100_000e6));
        fund.deposit(20e6, address(this));
    }

    function checkMoney() external view {
        _checkVault();
        for (uint256 m = 1; m <= MARKETS; ++m) _checkPot(m);
    }

    function checkCorridor() external view {
        for (uint256 m = 1; m <= MARKETS; ++m) {
            _checkCorridor(m);
            _checkGate(m);
        }
    }

    function checkIndex() external view {
        for (uint256 m = 1; m <= MARKETS; ++m) _checkIndex(m);
    }

    function checkBook() external view {
        for (uint256 m = 1; m <= MARKETS; ++m) _checkBook(m);
    }

    /// @notice From here, calls that anyone can make end with no bankrupt position and nobody below zero.
    function checkResolvable() external {
        for (uint256 m = 1; m <= MARKETS; ++m) {
            _refresh(m - 1);
            for (uint256 i; i < 200; ++i) {
                uint32[] memory none;
                if (!exchange.poke(m)) break;
                exchange.autoDeleverage(m, none, _limits(0, 8));
            }
            for (uint256 a = 1; a <= _accounts(); ++a) _resolve(m, a);
            _checkPot(m);
            _checkCorridor(m);
        }
        _checkVault();
    }

    function _resolve(uint256 m, uint256 account) private {
        (, MarketContext memory ctx) = _context(m);
        for (uint256 i; i < 200 && exchange.positionAt(m, account).isBankrupt(ctx); ++i) {
            uint32[] memory none;
            exchange.autoDeleverage(m, none, _limits(account, 8));
        }
        _check(!exchange.positionAt(m, account).isBankrupt(ctx), "SOLV-7");
    }
}
