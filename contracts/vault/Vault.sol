// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import {Account, ExchangeState} from "../ExchangeStorage.sol";
import {IExchangeErrors} from "../interfaces/IExchangeErrors.sol";
import {IExchangeEvents} from "../interfaces/IExchangeEvents.sol";
import {HoldBack} from "./HoldBack.sol";
import {Ledger} from "./Ledger.sol";

/**
 * Custody: the only code that moves tokens. State is written before tokens leave; what arrives is measured. Linked library.
 */
library Vault {
    using SafeERC20 for IERC20;

    /// @notice See IExchange.deposit.
    function deposit(ExchangeState storage state, uint256 amount) external returns (uint256 account) {
        return _deposit(state, amount);
    }

    /// @notice See IExchange.depositWithPermit.
    function depositWithPermit(
        ExchangeState storage state,
        uint256 amount,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external returns (uint256 account) {
        // anyone can use a permit that they saw: then it fails here, and the transfer finds the allowance
        LowLevelCall.callNoReturn(
            address(state.collateral),
            abi.encodeCall(IERC20Permit.permit, (msg.sender, address(this), amount, deadline, v, r, s))
        );
        return _deposit(state, amount);
    }

    function _deposit(ExchangeState storage state, uint256 amount) private returns (uint256 account) {
        _pull(state, amount);
        account = state.accountOf[msg.sender];
        if (account == 0) {
            account = ++state.accountCount;
            state.accountOf[msg.sender] = account;
            state.accounts[account] = Account({owner: msg.sender, free: 0});
            emit IExchangeEvents.AccountOpened(account, msg.sender);
        }
        Ledger.credit(state, account, amount);
        emit IExchangeEvents.Deposited(account, amount);
    }

    /// @notice See IExchange.withdraw.
    function withdraw(ExchangeState storage state, uint256 account, uint256 amount, address to) external {
        if (amount == 0) revert IExchangeErrors.ZeroAmount();
        _requireRecipient(to);
        Ledger.debit(state, account, amount);
        emit IExchangeEvents.Withdrawn(account, to, amount);
        state.collateral.safeTransfer(to, amount);
    }

    /// @notice See IExchange.depositInsurance.
    function depositInsurance(ExchangeState storage state, uint256 amount) external {
        _requireFund(state);
        _pull(state, amount);
        Ledger.setReserves(state, state.insurance + amount, state.keeperReserve, state.treasury);
        emit IExchangeEvents.InsuranceDeposited(amount);
    }

    /// @notice See IExchange.withdrawInsurance.
    function withdrawInsurance(ExchangeState storage state, uint256 amount, address to) external {
        _requireFund(state);
        _requireRecipient(to);
        uint256 available = HoldBack.free(state.insurance, HoldBack.poke(state));
        if (amount > available) revert IExchangeErrors.InsufficientInsurance(available, amount);
        Ledger.setReserves(state, state.insurance - amount, state.keeperReserve, state.treasury);
        emit IExchangeEvents.InsuranceWithdrawn(to, amount);
        state.collateral.safeTransfer(to, amount);
    }

    /// @notice See IExchange.withdrawTreasury.
    function withdrawTreasury(ExchangeState storage state, uint256 amount, address to) external {
        if (amount == 0) revert IExchangeErrors.ZeroAmount();
        _requireRecipient(to);
        if (amount > state.treasury) revert IExchangeErrors.InsufficientTreasury(state.treasury, amount);
        Ledger.setReserves(state, state.insurance, state.keeperReserve, state.treasury - amount);
        emit IExchangeEvents.TreasuryWithdrawn(to, amount);
        state.collateral.safeTransfer(to, amount);
    }

    /// @notice See IExchange.withdrawableInsurance.
    function withdrawableInsurance(ExchangeState storage state) external view returns (uint256) {
        return HoldBack.free(state.insurance, HoldBack.preview(state));
    }

    /// @notice Takes `amount` from the caller and checks that all of it arrived.
    function _pull(ExchangeState storage state, uint256 amount) private {
        if (amount == 0) revert IExchangeErrors.ZeroAmount();
        if (amount > type(uint96).max) revert IExchangeErrors.BalanceOverflow(0);
        IERC20 token = state.collateral;
        uint256 before = token.balanceOf(address(this));
        token.safeTransferFrom(msg.sender, address(this), amount);
        uint256 received = token.balanceOf(address(this)) - before;
        if (received != amount) revert IExchangeErrors.UnexpectedTransferAmount(amount, received);
    }

    function _requireFund(ExchangeState storage state) private view {
        if (msg.sender != state.insuranceFund) revert IExchangeErrors.NotInsuranceFund(msg.sender);
    }

    function _requireRecipient(address to) private view {
        if (to == address(0) || to == address(this)) revert IExchangeErrors.InvalidRecipient(to);
    }
}
