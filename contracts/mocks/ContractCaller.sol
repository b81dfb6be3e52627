// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// A contract that calls with value, and does as it is told when some of the value comes back. For tests.
contract ContractCaller {
    enum Refund {
        Take,
        Refuse,
        Reenter
    }

    Refund private _refund;
    bytes private _payload; // of the call that it makes when it reenters

    function tell(Refund refund, bytes calldata payload) external {
        (_refund, _payload) = (refund, payload);
    }

    function run(address target, bytes calldata call) external payable {
        _call(target, msg.value, call);
    }

    receive() external payable {
        require(_refund != Refund.Refuse, "ContractCaller: refused");
        if (_refund == Refund.Reenter) _call(msg.sender, 0, _payload);
    }

    function _call(address target, uint256 value, bytes memory call) private {
        (bool done, bytes memory answer) = target.call{value: value}(call);
        if (!done) {
            assembly ("memory-safe") {
                revert(add(answer, 32), mload(answer))
            }
        }
    }
}
