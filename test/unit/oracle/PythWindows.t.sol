// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IPriceSource} from "../../../contracts/interfaces/IPriceSource.sol";
import {PythTest} from "./PythTest.sol";

/**
 * Nobody chooses among signed prices: an attacker who holds every update that will ever be signed tries all of them, one by one and in
 * pairs, at random times. Whatever he does, the price is the first of this window or of the previous one, and never goes back.
 */
contract PythWindowsTest is PythTest {
    uint256 private constant UPDATES = 16;

    struct Update {
        uint256 published;
        uint256 previous;
        int64 price;
    }

    Update[] private _stream;

    function testFuzz_NobodyChooses(uint256 seed) public {
        _publish(seed);
        uint256 last; // publish time of the last price that was used
        for (uint256 step; step < 4; ++step) {
            _warp(time + (uint256(keccak256(abi.encode(seed, "wait", step))) % (2 * WINDOW)));
            _tryAll(last);
            // then the attacker goes on from one of the states that he can reach
            _attempt(uint256(keccak256(abi.encode(seed, "choice", step))) % UPDATES);
            last = _checkState(last);
        }
    }

    /// @dev Gaps between updates of 0 to 14 seconds: windows with several, and windows without any.
    function _publish(uint256 seed) private {
        uint256 published = START - 30;
        for (uint256 i; i < UPDATES; ++i) {
            uint256 word = uint256(keccak256(abi.encode(seed, "publish", i)));
            uint256 previous = published;
            published += word % 15;
            _stream.push(Update(published, previous, int64(uint64(1e8 + i)))); // every price is another
        }
    }

    /// @dev From the present state, every delivery and every pair of deliveries; each is undone again.
    function _tryAll(uint256 last) private {
        for (uint256 i; i < UPDATES; ++i) {
            uint256 state = vm.snapshotState();
            _attempt(i);
            uint256 after_ = _checkState(last);
            for (uint256 j; j < UPDATES; j += 1 + i / 4) {
                uint256 inner = vm.snapshotState();
                _attempt(j);
                _checkState(after_);
                vm.revertToState(inner);
            }
            vm.revertToState(state);
        }
    }

    function _attempt(uint256 i) private {
        Update memory u = _stream[i];
        bytes[] memory data = _list(_signed(u.published, u.previous, u.price));
        try source.update{value: FEE}(data) {} catch {
            return; // refused: the state is what it was
        }
    }

    /// @dev The price, if there is one, is one of at most two, and not older than `least`. Returns the publish time of the last price seen.
    function _checkState(uint256 least) private view returns (uint256) {
        (IPriceSource.Status status, uint256 price, , uint256 timestamp) = source.latestPrice();
        if (status != IPriceSource.Status.Ok) {
            _check(status == IPriceSource.Status.Stale || least == 0, "what was usable expires, and nothing else");
            return least;
        }
        _check(timestamp >= least, "publish times never decrease");
        uint256 current = time / WINDOW;
        uint256 expected = _firstOf(timestamp / WINDOW);
        _check(timestamp <= time, "nothing from the future");
        _check(timestamp / WINDOW == current || timestamp / WINDOW + 1 == current, "this window or the previous one");
        _check(price == expected, "the window's first update");
        return timestamp;
    }

    /// @dev By reading the stream from its beginning, without the updates' links.
    function _firstOf(uint256 window) private view returns (uint256) {
        for (uint256 i; i < UPDATES; ++i) {
            if (_stream[i].published / WINDOW == window) return uint256(uint64(_stream[i].price)) * 1e10;
        }
        return 0;
    }
}
