// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IExchangeErrors} from "./interfaces/IExchangeErrors.sol";

/**
 * Several calls in one transaction, and value that only price updates spend. Owns the lock, the acting account and the refund.
 *
 * VALUE. A call inside a batch sees the batch's `msg.value` again, so nothing here spends by it: updates are paid out of the balance,
 * and what is left of that goes back to a caller that sent value when the outermost call ends. Between transactions the balance is
 * zero; what is forced in goes to the next caller that sends some, and stops nobody who does not.
 *
 * LOCK. Each call takes the reentrancy guard, and a batch a second one: while a token, a price source or a caller that takes its
 * refund has control, neither a call nor another batch can begin. Batches do not nest.
 */
abstract contract Batch is ReentrancyGuardTransient, IExchangeErrors {
    /// @dev Whether a batch is running.
    bool private transient _batching;
    /// @dev The account that a delegate's batch acts for; 0 when callers act for themselves.
    uint32 private transient _acting;

    /// @dev Gives what a payable call did not spend back to the caller, unless its batch still runs.
    modifier refunding() {
        _;
        if (!_batching) _refund();
    }

    /// @dev Makes `calls` on this contract for account `acting`, or for the caller's own when that is 0.
    function _run(bytes[] calldata calls, uint32 acting) internal returns (bytes[] memory results) {
        if (_batching || _reentrancyGuardEntered()) revert ReentrancyGuardReentrantCall();
        (_batching, _acting) = (true, acting);
        results = new bytes[](calls.length);
        for (uint256 i; i < calls.length; ++i) results[i] = Address.functionDelegateCall(address(this), calls[i]);
        _acting = 0;
        _refundLocked();
        _batching = false;
    }

    function _actingAccount() internal view returns (uint256) {
        return _acting;
    }

    /// @dev The batch's calls have each given the guard back.
    function _refundLocked() private nonReentrant {
        _refund();
    }

    function _refund() private {
        if (msg.value == 0) return;
        uint256 value = address(this).balance;
        if (value == 0) return;
        (bool taken, ) = msg.sender.call{value: value}("");
        if (!taken) revert RefundFailed(msg.sender, value);
    }
}
