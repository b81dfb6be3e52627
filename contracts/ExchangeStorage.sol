// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Book} from "./book/Book.sol";
import {RankIndex} from "./risk/RankIndex.sol";
import {MarketConfig, RiskConfig} from "./types/MarketConfig.sol";
import {Level, MarketStatus} from "./types/MarketContext.sol";
import {OrderMargin} from "./types/OrderMargin.sol";
import {PackedPosition} from "./types/Position.sol";
import {PackedTiers} from "./types/Tiers.sol";
import {Trigger} from "./types/Trigger.sol";

/**
 * All state of the exchange. Libraries work on `ExchangeState storage`; the contract itself only routes.
 */

/// One word: an account's owner and its free collateral in quote atoms. Never zero once opened, because the owner is not.
struct Account {
    address owner;
    uint96 free;
}

/// What the market has seen of its price, and what of its growth allowance is used. One word.
struct Monitor {
    uint64 price; // last observed, X16
    uint32 observedAt; // timestamp of that price
    uint64 variance; // EWMA of squared returns per second, × 1e18
    uint24 openRate; // initial rate of new exposure that follows from it, pips
    uint40 growthUsed; // lots of the growth allowance in use at growthAt
    uint32 growthAt; // seconds
}

/// An account's wish to have its position topped up from its free collateral by anyone. One word.
struct TopUp {
    uint24 triggerRate; // equity / notional below which it may be topped up, pips; 0 for never
    uint96 remaining; // quote atoms that may still be moved
}

struct Market {
    MarketConfig config;
    RiskConfig risk;
    // one word
    int96 fundingIndex; // F, X16: at most half of a price
    uint32 taken; // bankrupt account being resolved; stays until it is closed or solvent
    uint16 longBound; // no long has a v below this (see Grid); MAX + 1 when there is none
    uint16 shortBound;
    uint8 base; // grid base exponent
    uint32 insolventSince; // when a call first saw the market insolvent, seconds; 0 when the last one saw it solvent, or resolved an account
    Level level; // that the circuit breaker stepped to by itself
    Level guardianLevel; // that a guardian stepped to
    MarketStatus status;
    // one word
    uint96 pot; // quote atoms: all margins and unsettled results of this market
    uint64 openInterest; // lots a side
    int96 longValue; // Σ lots·b over the longs, X16; exact. Equity of all longs = openInterest·P' − longValue
    Monitor monitor; // one word
    // one word
    uint96 coverDrawn; // quote atoms drawn from the insurance fund on coverDay
    uint24 coverDay; // day number of coverDrawn
    uint32 calmAt; // before this the circuit breaker's level does not fall
    uint40 preventiveLots; // lots closed by preventive deleveraging in the window that began at preventiveAt
    uint32 preventiveAt;
    uint32 unpricedSince; // when a redemption from the insurance fund first found no price, seconds (see HoldBack)
    // one word
    int96 finalPrice; // P' at which a retired market pays out, X16
    PackedTiers tiers;
    Book.State book;
    RankIndex.State longs;
    RankIndex.State shorts;
    mapping(uint256 account => PackedPosition) positions;
    mapping(uint256 account => OrderMargin) orderMargins;
    mapping(uint256 account => TopUp) topUps;
    /// @dev See Triggers.
    mapping(uint256 account => Trigger[8]) triggers;
    /// @dev The step that a large position's liquidation is in: | lots closed of it 128 | second it began 128 |.
    mapping(uint256 account => uint256) steps;
}

struct ExchangeState {
    IERC20 collateral;
    // one word
    address insuranceFund;
    uint32 accountCount;
    uint32 marketCount;
    // one word: what every fee changes
    uint96 insurance; // quote atoms: the insurance fund's claim
    uint80 keeperReserve; // quote atoms
    uint80 treasury; // quote atoms
    mapping(address owner => uint256 account) accountOf;
    mapping(uint256 account => Account) accounts;
    mapping(uint256 market => Market) markets;
    /// @dev Who may trade for an account, and never withdraw.
    mapping(uint256 account => mapping(address delegate => bool)) delegates;
}
