// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Book} from "./book/Book.sol";
import {RankIndex} from "./risk/RankIndex.sol";
import {MarketConfig} from "./types/MarketConfig.sol";
import {OrderMargin} from "./types/OrderMargin.sol";
import {PackedPosition} from "./types/Position.sol";

/**
 * All state of the exchange. Libraries work on `ExchangeState storage`; the contract itself only routes.
 */

/// One word: an account's owner and its free collateral in quote atoms. Never zero once opened, because the owner is not.
struct Account {
    address owner;
    uint96 free;
}

struct Market {
    MarketConfig config;
    // one word
    int128 fundingIndex; // F, X16
    uint32 taken; // bankrupt account being resolved; stays until it is closed or solvent
    uint16 longBound; // no long has a v below this (see Grid); MAX + 1 when there is none
    uint16 shortBound;
    uint8 base; // grid base exponent
    // one word
    uint128 pot; // quote atoms: all margins and unsettled results of this market
    uint64 openInterest; // lots a side
    uint32 coverDay; // day number of coverDrawn
    // one word
    uint96 coverDrawn; // quote atoms drawn from the insurance fund on coverDay
    Book.State book;
    RankIndex.State longs;
    RankIndex.State shorts;
    mapping(uint256 account => PackedPosition) positions;
    mapping(uint256 account => OrderMargin) orderMargins;
    /// @dev Order slots by account seat, eight to a word; a word's entries are stale where the seat is free.
    mapping(uint256 account => uint256[4]) seats;
}

struct ExchangeState {
    IERC20 collateral;
    address insuranceFund;
    // one word
    uint128 insurance; // quote atoms: the insurance fund's claim
    uint128 keeperReserve; // quote atoms
    // one word
    uint32 accountCount;
    uint32 marketCount;
    mapping(address owner => uint256 account) accountOf;
    mapping(uint256 account => Account) accounts;
    mapping(uint256 market => Market) markets;
}
