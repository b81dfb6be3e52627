// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Grid} from "../risk/Grid.sol";
import {RankIndex} from "../risk/RankIndex.sol";
import {RankScore} from "../risk/RankScore.sol";
import {RankVerifier} from "../risk/RankVerifier.sol";
import {PackedPosition, Position} from "../types/Position.sol";

/// One side's rank index alone, filled cell by cell, and what its operations cost on cold storage. For benches.
contract RankHarness {
    using RankIndex for RankIndex.State;

    RankIndex.State private _index;
    mapping(uint256 account => PackedPosition) private _positions;
    uint256 private _count;

    /// @notice Puts a position of one lot into each cell.
    function fill(uint32[] calldata cells) external {
        for (uint256 i; i < cells.length; ++i) _put(cells[i]);
    }

    /// @notice Gas of proving that nothing eligible ranks better than `bound`; reverts with RankingIncomplete as the exchange does.
    function verify(
        RankScore.Params calldata p,
        RankVerifier.Bound calldata bound
    ) external view returns (uint256 gas) {
        RankScore.Params memory params = p;
        RankVerifier.Bound memory b = bound;
        gas = gasleft();
        RankVerifier.requireNothingBetter(_index, params, b);
        gas -= gasleft();
    }

    /// @notice Gas of finding the best eligible cell.
    function search(RankScore.Params calldata p) external view returns (uint256 gas, uint256 score, uint256 cell) {
        RankScore.Params memory params = p;
        gas = gasleft();
        (, RankVerifier.Bound memory place) = RankVerifier.best(_index, params);
        return (gas - gasleft(), place.score, place.cell);
    }

    /// @notice Gas of finding the first eligible cell by leverage.
    function lowest(uint256 uLimit, uint256 vMin) external view returns (uint256 gas, uint256 u, uint256 v) {
        gas = gasleft();
        (, u, v) = RankVerifier.lowest(_index, uLimit, vMin, 0, Grid.MAX + 1);
        gas -= gasleft();
    }

    /// @notice Gas that the index takes when a position joins a cell.
    function open(uint256 cell) external returns (uint256 gas) {
        gas = gasleft();
        _index.add(_positions, _count + 1, cell >> Grid.BITS, cell & Grid.MAX);
        gas -= gasleft();
    }

    /// @notice Gas that the index takes when a position leaves its cell for good.
    function close(uint256 id, uint256 cell) external returns (uint256 gas) {
        Position memory p = _positions[id].load();
        gas = gasleft();
        _index.remove(_positions, id, p, cell >> Grid.BITS, cell & Grid.MAX);
        gas -= gasleft();
    }

    /// @notice Gas that the index takes when a position moves to another cell.
    function rekey(uint256 id, uint256 from, uint256 to) external returns (uint256 gas) {
        Position memory p = _positions[id].load();
        gas = gasleft();
        _index.remove(_positions, id, p, from >> Grid.BITS, from & Grid.MAX);
        _index.add(_positions, id, to >> Grid.BITS, to & Grid.MAX);
        gas -= gasleft();
    }

    function _put(uint256 cell) private {
        uint256 id = ++_count;
        Position memory p;
        p.lots = 1;
        (p.prev, p.next) = _index.add(_positions, id, cell >> Grid.BITS, cell & Grid.MAX);
        _positions[id].store(p);
    }
}
