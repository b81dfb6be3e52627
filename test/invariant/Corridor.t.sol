// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Margin} from "../../contracts/risk/Margin.sol";
import {Position} from "../../contracts/types/Position.sol";
import {CorridorModel} from "./CorridorModel.sol";

/// The corridor theorem against an adversary with every choice, and the roundings that it rests on. Needs no exchange.
contract CorridorTest is CorridorModel {
    using Margin for Position;

    /// @dev SOLV-6 after each step; SOLV-7: at the end, whatever the price does last, every bankruptcy resolves.
    /// hardhat-config: fuzz.runs = 1000
    function testFuzz_CorridorIsNeverCrossed(uint256 seed) public view {
        _live(seed, 100);
    }

    /// @dev The adversary reaches what it is there for.
    function test_TheAdversaryReachesEverything() public view {
        uint256[5] memory sum;
        for (uint256 seed = 1; seed <= 30; ++seed) {
            Venue memory v = _live(uint256(keccak256(abi.encode(seed))), 100);
            sum[0] += v.fills;
            sum[1] += v.removals;
            sum[2] += v.forced;
            sum[3] += v.waterfallFills;
            sum[4] += v.prevented;
        }
        _check(sum[0] > 200 && sum[1] > 30 && sum[2] > 50 && sum[3] > 10 && sum[4] > 10, "vacuous");
    }

    /// @dev FUND-1: what the shorts receive never exceeds what the longs pay, whoever settles when; it misses less than an atom a
    /// settlement.
    function testFuzz_SettlingLeavesDust(uint256 seed) public pure {
        Position[4] memory p;
        int256 net;
        for (uint256 i; i < 4; ++i) {
            int256 lots = i == 3 ? -net : int256(uint256(keccak256(abi.encode(seed, i))) % 2_000_001) - 1_000_000;
            net += lots;
            p[i].lots = lots;
        }
        int256 funding;
        uint256 settlements;
        for (uint256 k; k < 12; ++k) {
            uint256 r = uint256(keccak256(abi.encode(seed, k, k)));
            funding += int256(r % (1 << 40)) - int256(1 << 39);
            for (uint256 i; i < 4; ++i) {
                if (k != 11 && (r >> (64 + i)) & 1 == 0) continue;
                p[i].settle(funding);
                ++settlements;
            }
        }
        int256 sum = p[0].margin + p[1].margin + p[2].margin + p[3].margin;
        _check(sum <= 0 && sum > -int256(settlements), "FUND-1");
    }

    /// @dev Settling moves equity down by less than an atom, and b no nearer to the other side's by more than that.
    function testFuzz_SettlingIsAgainstTheAccount(
        int48 lots,
        uint96 cost,
        int96 margin,
        int80 funding,
        uint64 price
    ) public pure {
        vm.assume(lots != 0);
        Position memory p;
        (p.lots, p.cost, p.margin) = (lots, cost, margin);
        int256 before = p.equityX16(price, funding);
        p.settle(funding);
        int256 lost = before - p.equityX16(price, funding);
        _check(lost >= 0 && lost < 1 << 16, "FUND-1");
    }

    /// @dev ADL-2: a part of K, and what is left, are K; b of what is left is no nearer to the other side's.
    function testFuzz_SharesRoundOutward(int48 lots, uint96 cost, int96 margin, uint256 part) public pure {
        vm.assume(lots != 0);
        Position memory p;
        (p.lots, p.cost, p.margin) = (lots, cost, margin);
        uint256 open = p.size();
        uint256 x = _bound(part, 1, open);
        int256 k = p.bankruptcyCost();
        int256 share = p.shareRoundedOutward(x);
        p.takeShare(x, share);
        _check(p.bankruptcyCost() == k - share, "ADL-2");
        if (p.lots == 0) _check(p.margin == 0 && p.cost == 0, "ADL-2");
        int256 drift = (k - share) * int256(open) - k * int256(open - x);
        if (lots < 0) drift = -drift;
        _check(drift <= 0 && drift > -int256(open), "ADL-2");
    }

    /// @dev DESIGN §3: a close changes margin − side·cost by exactly side·notional.
    function testFuzz_ClosesAreExact(int48 lots, uint96 cost, int96 margin, uint256 part, uint96 notional) public pure {
        vm.assume(lots != 0);
        Position memory p;
        (p.lots, p.cost, p.margin) = (lots, cost, margin);
        int256 k = p.bankruptcyCost();
        p.close(_bound(part, 1, p.size()), notional);
        int256 rest = lots > 0 ? int256(p.cost) - p.margin : int256(p.cost) + p.margin;
        _check(rest == k - int256(uint256(notional)), "SOLV-2");
    }

    function _live(uint256 seed, uint256 steps) private view returns (Venue memory v) {
        v = _open(seed);
        for (uint256 i; i < steps; ++i) {
            _act(v, uint256(keccak256(abi.encode(seed, i))));
            _requireCorridor(v);
        }
        for (uint256 i; i < 200; ++i) {
            uint256 before = v.forced;
            _resolve(v, uint256(keccak256(abi.encode(seed, i, i))) | 1, 1);
            if (v.forced == before) return v;
            _requireCorridor(v);
        }
        _check(false, "SOLV-7: a bankruptcy is left");
    }
}
