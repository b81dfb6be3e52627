// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {DeleverageLimits, IExchange, TimeInForce} from "../../contracts/interfaces/IExchange.sol";
import {IExchangeErrors} from "../../contracts/interfaces/IExchangeErrors.sol";
import {CrashTest} from "../utils/CrashTest.sol";

/// Lists that are not the top of the queue, and what becomes of them.
contract RankedListTest is CrashTest {
    function test_TheTrueQueueIsAccepted() public {
        uint32[] memory list = _queue(4);
        uint256[] memory frees = new uint256[](4);
        for (uint256 i; i < 4; ++i) frees[i] = exchange.accountAt(list[i]).free;
        require(_deleverage(list) == 3_500, "lots");
        require(exchange.positionAt(M, _id(BANKRUPT)).lots == 0, "the bankrupt position is closed");
        for (uint256 i; i < 3; ++i) require(exchange.positionAt(M, list[i]).lots == 0, "closed in full");
        require(exchange.positionAt(M, list[3]).lots == 500, "the last one in part");
        for (uint256 i; i < 4; ++i) require(exchange.accountAt(list[i]).free > frees[i], "paid");
        _checkAll();
    }

    function test_OneCellIsTakenFirstInFirstOut() public view {
        uint32[] memory list = _queue(5);
        uint256 second;
        uint256 third;
        for (uint256 i; i < 5; ++i) {
            if (list[i] == _id(2)) second = i;
            if (list[i] == _id(3)) third = i;
        }
        require(third == second + 1, "same entry, same leverage: in the order they came");
    }

    function test_RevertWhen_AnyEntryIsLeftOut() public {
        uint32[] memory list = _queue(5);
        for (uint256 left; left < 4; ++left) {
            uint32[] memory shorter = new uint32[](4);
            for (uint256 i; i < 4; ++i) shorter[i] = list[i < left ? i : i + 1];
            _expectRefusedAs(shorter, "left out");
        }
    }

    function test_RevertWhen_TwoNeighboursAreSwapped() public {
        for (uint256 first; first < 3; ++first) {
            uint32[] memory list = _queue(4);
            (list[first], list[first + 1]) = (list[first + 1], list[first]);
            _expectRefusedAs(list, "swapped");
        }
    }

    function test_RevertWhen_AnEntryStandsTwice() public {
        uint32[] memory list = _queue(4);
        list[2] = list[1];
        _expectRefused(list, IExchangeErrors.DuplicateCounterparty.selector);
    }

    function test_RevertWhen_AnEntryIsOnTheWrongSide() public {
        uint32[] memory list = _queue(4);
        list[1] = _id(0);
        _expectRefused(list, IExchangeErrors.WrongSide.selector);
    }

    function test_RevertWhen_TheBankruptAccountIsListed() public {
        uint32[] memory list = _queue(4);
        list[0] = _id(BANKRUPT);
        _expectRefused(list, IExchangeErrors.WrongSide.selector);
    }

    function test_RevertWhen_ABystanderTakesAPlace() public {
        uint32[] memory queue = _queue(5);
        uint32[3] memory bystanders = [queue[4], _id(6), _id(8)]; // ranks lower, not in profit at X, has no position
        for (uint256 i; i < 3; ++i) {
            uint32[] memory list = _queue(4);
            list[2] = bystanders[i];
            _expectRefusedAs(list, "bystander");
        }
    }

    function test_RevertWhen_ABystanderIsPushedIn() public {
        uint32[] memory queue = _queue(5);
        uint32[] memory list = new uint32[](5);
        (list[0], list[1], list[2], list[3], list[4]) = (queue[0], queue[4], queue[1], queue[2], queue[3]);
        _expectRefused(list, IExchangeErrors.RankingUnsorted.selector);
    }

    function test_RevertWhen_TheSecondOfACellComesFirst() public {
        uint32[] memory list = _queue(4);
        for (uint256 i; i < 4; ++i) {
            if (list[i] == _id(2)) list[i] = _id(3);
            else if (list[i] == _id(3)) list[i] = _id(2);
        }
        _expectRefused(list, IExchangeErrors.RankingNotFifo.selector);
    }

    function test_GoneAndIneligibleEntriesAreSkipped() public {
        uint32[] memory queue = _queue(4);
        uint32[] memory list = new uint32[](6);
        (list[0], list[1], list[2]) = (_id(8), queue[0], _id(6));
        (list[3], list[4], list[5]) = (queue[1], queue[2], queue[3]);
        require(_deleverage(list) == 3_500, "lots");
        _checkAll();
    }

    function test_EmptyListPicksTheTopOneByOne() public {
        uint32[] memory queue = _queue(4);
        uint32[] memory none;
        for (uint256 i; i < 4; ++i) {
            require(exchange.positionAt(M, queue[i]).lots == 1_000, "not yet");
            require(_deleverage(none) == (i < 3 ? 1_000 : 500), "one at a time");
            _checkAll();
        }
        require(exchange.positionAt(M, _id(BANKRUPT)).lots == 0, "closed");
    }

    function test_OneCallOrManyEndInTheSameState() public {
        uint32[] memory queue = _queue(4);
        uint256 snapshot = _snapshot();
        _deleverage(queue);
        bytes32 once = _fingerprint();
        _restore(snapshot);
        for (uint256 i; i < 4; ++i) {
            uint32[] memory single = new uint32[](1);
            single[0] = queue[i];
            _deleverage(single);
        }
        require(_fingerprint() == once, "ADL-4");
    }

    function test_RevertWhen_TheDeadlineHasPassed() public {
        DeleverageLimits memory limits = _limits();
        limits.deadline = uint40(block.timestamp - 1);
        try exchange.autoDeleverage(M, _queue(4), limits) {
            revert("accepted");
        } catch (bytes memory reason) {
            require(bytes4(reason) == IExchangeErrors.DeadlineExpired.selector, "another error");
        }
    }

    function test_RevertWhen_ThePriceIsOutsideTheCallersBounds() public {
        DeleverageLimits memory limits = _limits();
        limits.maxPrice = 1;
        try exchange.autoDeleverage(M, _queue(4), limits) {
            revert("accepted");
        } catch (bytes memory reason) {
            require(bytes4(reason) == IExchangeErrors.PriceOutsideLimits.selector, "another error");
        }
    }

    function test_WhileInsolventTheMarketOnlyClearsAndCancels() public {
        bytes4 insolvent = IExchangeErrors.MarketInsolvent.selector;
        _expectCallRefused(1, abi.encodeCall(IExchange.removeMargin, (M, 1e6)), insolvent);
        _expectCallRefused(1, abi.encodeCall(IExchange.addMargin, (M, 1e6)), insolvent);
        try exchange.liquidate(M, _id(1), 8) {
            revert("liquidated");
        } catch (bytes memory reason) {
            require(bytes4(reason) == insolvent, "another error");
        }
        crowd.run(1, abi.encodeCall(IExchange.cancelAll, (M)));
        crowd.run(1, abi.encodeCall(IExchange.withdraw, (1e6, address(this))));
        // margin may be added on the bankrupt side: it is what cures
        crowd.run(BANKRUPT, abi.encodeCall(IExchange.addMargin, (M, 5_000e6)));
        _checkAll();
    }

    function test_WinnersCannotLeaveOrChangeTheirRank() public {
        uint32[] memory before = _queue(5);
        try this.placeFor(1) {
            revert("traded");
        } catch (bytes memory reason) {
            require(bytes4(reason) == IExchangeErrors.MarketInsolvent.selector, "another error");
        }
        require(keccak256(abi.encode(_queue(5))) == keccak256(abi.encode(before)), "same queue");
    }

    function placeFor(uint256 actor) external {
        _order(actor, false, MARK, 1_000, 10, TimeInForce.ImmediateOrCancel);
    }

    function _expectCallRefused(uint256 actor, bytes memory call, bytes4 selector) private {
        try crowd.run(actor, call) {
            revert("accepted");
        } catch (bytes memory reason) {
            require(bytes4(reason) == selector, "another error");
        }
    }

    /// @dev Refused with one of the ranking's own errors.
    function _expectRefusedAs(uint32[] memory list, string memory what) private {
        try exchange.autoDeleverage(M, list, _limits()) {
            revert(string.concat("accepted: ", what));
        } catch (bytes memory reason) {
            bytes4 e = bytes4(reason);
            require(
                e == IExchangeErrors.RankingIncomplete.selector ||
                    e == IExchangeErrors.RankingUnsorted.selector ||
                    e == IExchangeErrors.RankingNotFifo.selector,
                what
            );
        }
    }

    function _snapshot() private returns (uint256) {
        return vm.snapshotState();
    }

    function _restore(uint256 id) private {
        require(vm.revertToState(id), "restored");
    }
}
