// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {IExchange, OrderRequest, OrderResult, SelfTrade, TimeInForce} from "../interfaces/IExchange.sol";
import {MockCollateral} from "./MockCollateral.sol";

/// One trader: an address of its own that does what its crowd says.
contract CrowdMember {
    Crowd public crowd;

    function join() external {
        require(address(crowd) == address(0), "CrowdMember: joined");
        crowd = Crowd(msg.sender);
        crowd.collateral().approve(address(crowd.exchange()), type(uint256).max);
    }

    function run(bytes calldata call) external returns (bytes memory answer) {
        require(msg.sender == address(crowd), "CrowdMember: not its crowd");
        bool ok;
        (ok, answer) = address(crowd.exchange()).call(call);
        if (!ok) {
            assembly ("memory-safe") {
                revert(add(answer, 32), mload(answer))
            }
        }
    }
}

/// Many traders in few transactions, through the exchange's real entry points. For benches and tests.
contract Crowd {
    IExchange public immutable exchange;
    MockCollateral public immutable collateral;
    address private immutable _template;
    CrowdMember[] public members;

    /// A position to open as a taker against what rests in the book.
    struct Opening {
        bool isLong;
        uint24 tick;
        uint40 lots;
        uint8 leverage;
        uint128 extraMargin; // quote atoms added after the fill
        uint128 deposit; // quote atoms
    }

    constructor(IExchange exchange_) {
        exchange = exchange_;
        collateral = MockCollateral(exchange_.collateral());
        _template = address(new CrowdMember());
    }

    function size() external view returns (uint256) {
        return members.length;
    }

    /// @notice Adds a member for each opening, funds it and opens its position.
    function open(uint32 market, Opening[] calldata openings) external {
        for (uint256 i; i < openings.length; ++i) {
            Opening calldata o = openings[i];
            CrowdMember member = _join(o.deposit);
            OrderResult memory result = abi.decode(
                member.run(
                    abi.encodeCall(
                        IExchange.placeOrder,
                        OrderRequest({
                            market: market,
                            isBid: o.isLong,
                            tick: o.tick,
                            lots: o.lots,
                            timeInForce: TimeInForce.ImmediateOrCancel,
                            selfTrade: SelfTrade.CancelResting,
                            reduceOnly: false,
                            leverage: o.leverage,
                            expiry: 0,
                            maxSteps: 4,
                            clientId: 0
                        })
                    )
                ),
                (OrderResult)
            );
            require(result.filledLots == o.lots, "Crowd: not filled");
            if (o.extraMargin != 0) member.run(abi.encodeCall(IExchange.addMargin, (market, o.extraMargin)));
        }
    }

    /// @notice Adds a member with a deposit and nothing else.
    function join(uint128 deposit) external returns (uint256) {
        _join(deposit);
        return members.length - 1;
    }

    /// What came of one call of a script.
    event Ran(uint256 index, bool ok, bytes answer);

    /// @notice Lets members make calls one after the other. A call that reverts leaves nothing behind, and the next one follows.
    function runMany(uint256[] calldata who, bytes[] calldata calls) external {
        for (uint256 i; i < who.length; ++i) {
            try members[who[i]].run(calls[i]) returns (bytes memory answer) {
                emit Ran(i, true, answer);
            } catch (bytes memory reason) {
                emit Ran(i, false, reason);
            }
        }
    }

    /// @notice Lets member `i` make a call to the exchange.
    function run(uint256 i, bytes calldata call) external returns (bytes memory) {
        return members[i].run(call);
    }

    function _join(uint128 deposit) private returns (CrowdMember member) {
        member = CrowdMember(Clones.clone(_template));
        member.join();
        members.push(member);
        collateral.mint(address(member), deposit);
        member.run(abi.encodeCall(IExchange.deposit, (deposit)));
    }
}
