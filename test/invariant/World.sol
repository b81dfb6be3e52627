// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Exchange} from "../../contracts/Exchange.sol";
import {Crowd} from "../../contracts/mocks/Crowd.sol";
import {MockAggregator} from "../../contracts/mocks/MockAggregator.sol";
import {Margin} from "../../contracts/risk/Margin.sol";
import {MarketContext} from "../../contracts/types/MarketContext.sol";
import {Position} from "../../contracts/types/Position.sol";
import {InsuranceFund} from "../../contracts/vault/InsuranceFund.sol";
import {Directed} from "./Directed.sol";
import {Before} from "./Promises.sol";

/**
 * The invariant runs' world: eight actors over two markets with every safeguard on, and the catalogue over all of it.
 */
contract World is Directed {
    using Margin for Position;

    /// @notice Takes over a deployed exchange. (Deployed by the test, because the runner knows no contract that links libraries.)
    constructor(Exchange exchange_, InsuranceFund fund_, Crowd crowd_, MockAggregator[2] memory feeds_) {
        (exchange, fund, crowd, feeds, admin) = (exchange_, fund_, crowd_, feeds_, msg.sender);
        collateral = crowd_.collateral();
        collateral.mint(address(this), 1e18);
        collateral.approve(address(fund), type(uint256).max);
        for (uint256 i; i < ACTORS; ++i) crowd.join(uint128(100_000e6));
        fund.deposit(20e6, address(this));
    }

    /// @notice The catalogue over the state as it is.
    function checkState() external view {
        _checkVault();
        for (uint256 m = 1; m <= MARKETS; ++m) {
            _checkPot(m);
            _checkCorridor(m);
            _checkGate(m);
            _checkIndex(m);
            _checkBook(m);
        }
    }

    /**
     * @notice SOLV-7: from here, wherever the price goes next, calls that a stranger can make end with no bankrupt position and nobody
     * below zero. SOLV-5: then everybody is paid in full, and takes all of it out.
     * @dev This contract has no account in the exchange.
     */
    function checkResolvable() external {
        for (uint256 m = 1; m <= MARKETS; ++m) {
            // what comes next is drawn from what came before
            uint256 fate = uint256(keccak256(abi.encode(exchange.marketAt(m).sequence, m)));
            if (fate % 2 == 0 && (!_isWaterfill(m) || fate % 16 == 0)) _gap(m, fate >> 8);
            else if (fate % 2 == 0)
                _setPrice(m, (_price(m) * (85 + ((fate >> 8) % 31))) / 100); // steps by the row: not so far
            else _refresh(m - 1);
            for (uint256 i; i < 200 && exchange.poke(m); ++i) _deleverageAsStranger(m, 0);
            for (uint256 a = 1; a <= _accounts(); ++a) _resolve(m, a);
            _checkPot(m);
            _checkCorridor(m);
        }
        _checkVault();
        _checkEverybodyIsPaid();
    }

    function _price(uint256 m) private returns (uint256) {
        _refresh(m - 1);
        (, int256 answer, , , ) = feeds[m - 1].latestRoundData();
        return uint256(answer);
    }

    function _resolve(uint256 m, uint256 account) private {
        (, MarketContext memory ctx) = _context(m);
        for (uint256 i; i < 200 && exchange.positionAt(m, account).isBankrupt(ctx); ++i) {
            _deleverageAsStranger(m, account);
        }
        _check(!exchange.positionAt(m, account).isBankrupt(ctx), "SOLV-7");
    }

    function _deleverageAsStranger(uint256 m, uint256 nominee) private {
        Before memory before;
        (, MarketContext memory ctx) = _context(m);
        before = _before(m, ctx);
        uint32[] memory none;
        exchange.autoDeleverage(m, none, _limits(nominee, 8));
        _requireNobodyPaid(before);
    }

    /// @dev Both markets end; each position is paid its equity at the final price, to the atom, and every account is emptied.
    function _checkEverybodyIsPaid() private {
        uint32[] memory all = new uint32[](_accounts());
        for (uint256 a; a < all.length; ++a) all[a] = uint32(a + 1);
        for (uint256 m = 1; m <= MARKETS; ++m) {
            vm.prank(admin);
            exchange.retireMarket(m);
            int256 price = exchange.marketAt(m).finalPrice;
            uint256 owed;
            for (uint256 a = 1; a <= all.length; ++a) {
                Position memory p = exchange.positionAt(m, a);
                if (p.lots == 0) continue;
                int256 equity = p.equityAt(price);
                _check(equity >= 0, "SOLV-7: the final price leaves somebody bankrupt");
                owed += uint256(equity);
            }
            uint256 pot = exchange.marketAt(m).pot;
            exchange.settleRetired(m, all);
            _check(exchange.marketAt(m).pot == pot - owed && exchange.marketAt(m).openInterest == 0, "SOLV-2");
        }
        for (uint256 a = 1; a <= all.length; ++a) {
            uint256 free = exchange.accountAt(a).free;
            if (free == 0) continue;
            vm.prank(exchange.accountAt(a).owner);
            exchange.withdraw(free, address(0xdead));
        }
        _checkVault();
    }
}
