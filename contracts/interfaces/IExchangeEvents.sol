// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MarketConfig, RiskConfig, Tier} from "../types/MarketConfig.sol";
import {Level} from "../types/MarketContext.sol";
import {SelfTrade} from "../types/OrderTerms.sol";
import {TriggerKind} from "../types/Trigger.sol";

/**
 * Every event of the exchange. Amounts are in quote atoms; prices "X16" are quote atoms per lot × 2^16.
 *
 * Every balance can be rebuilt from the events alone. Free collateral: `FreeCollateralChanged` gives the amount after the change;
 * only the payouts of AutoDeleveraged, PrincipalClosed and PreventivelyDeleveraged are to be added to it. Positions: `PositionChanged`
 * gives the whole position after the change; only a counterparty of which AutoDeleveraged or PrincipalClosed says that nothing is
 * `left` is closed without one. A market's pot and open interest: `MarketTotals`. Insurance fund, keeper reserve and treasury:
 * `ReservesChanged`.
 *
 * `sequence` numbers a market's events without gaps, from 1: a reader that misses one knows it.
 */
interface IExchangeEvents {
    /// @notice Why an order left the book other than by filling in full.
    enum RemovalReason {
        Cancelled, // by its owner
        Expired,
        SelfTrade, // it met its owner's own taking order
        OutsideBand, // its price is outside the band around the mark
        ReduceOnlyExhausted, // there is no position left that it would reduce
        MarginShort, // the margin for what it opens is not there
        Liquidation, // its owner is being liquidated
        Retired, // its market was retired
        Amended, // its owner changed it
        Uncovered // it would reduce at a price, fee included, worse than its owner's own bankruptcy price
    }

    /// @notice Why a trigger went without closing anything.
    enum TriggerRemoval {
        Cancelled, // by its owner
        PositionGone // the position that it would close is closed, or was flipped
    }

    /// @notice Free collateral of an account after a change.
    event FreeCollateralChanged(uint256 indexed account, uint256 free);
    /// @notice The insurance fund's claim, the keeper reserve and the treasury after a change.
    event ReservesChanged(uint256 insurance, uint256 keeperReserve, uint256 treasury);
    /// @notice A market's totals after a change. `openInterest` in lots a side.
    event MarketTotals(uint256 indexed market, uint256 pot, uint256 openInterest, uint256 sequence);
    /// @notice The market's funding index, X16, at the mark `price`, X16. Longs pay when it grows.
    event FundingAccrued(uint256 indexed market, int256 fundingIndex, uint256 price, uint256 sequence);
    /// @notice The circuit breaker stepped by itself: at this system margin ratio, or for this jump of the price (both pips).
    event LevelChanged(uint256 indexed market, Level level, uint256 ratio, uint256 jump, uint256 sequence);
    /// @notice A guardian, or the administrator, set the floor under the circuit breaker's level.
    event GuardianLevelSet(uint256 indexed market, address indexed by, Level level, uint256 sequence);

    event MarketListed(uint256 indexed market, address source, uint256 base, uint256 sequence);
    /// @notice All parameters of a market, after it was listed or changed.
    event MarketConfigured(
        uint256 indexed market,
        MarketConfig config,
        RiskConfig risk,
        Tier[] tiers,
        uint256 sequence
    );
    /// @notice The market ended. `finalPrice` is the P' that its positions are paid out at, `price` the mark, both X16.
    event MarketEnded(uint256 indexed market, int256 finalPrice, uint256 price, uint256 sequence);
    /// @notice A position of a retired market was paid out into free collateral.
    event RetiredPositionSettled(uint256 indexed market, uint256 indexed account, uint256 payout, uint256 sequence);
    event DelegateSet(uint256 indexed account, address indexed delegate, bool allowed);
    event TreasuryWithdrawn(address indexed to, uint256 amount);
    event AccountOpened(uint256 indexed account, address indexed owner);
    event Deposited(uint256 indexed account, uint256 amount);
    event Withdrawn(uint256 indexed account, address indexed to, uint256 amount);
    event InsuranceDeposited(uint256 amount);
    event InsuranceWithdrawn(address indexed to, uint256 amount);

    event OrderPlaced(
        uint256 indexed market,
        uint256 indexed account,
        uint256 orderId,
        bool isBid,
        uint256 tick,
        uint256 lots,
        bool reduceOnly,
        uint256 leverage,
        uint256 expiry,
        uint256 clientId,
        uint256 sequence
    );
    /// @notice `lots` is what was still open.
    event OrderRemoved(
        uint256 indexed market,
        uint256 indexed account,
        uint256 orderId,
        uint256 lots,
        RemovalReason reason,
        uint256 sequence
    );
    /// @notice `lots` were taken off a resting order, other than by a fill; it keeps its id and its place.
    event OrderReduced(
        uint256 indexed market,
        uint256 indexed account,
        uint256 orderId,
        uint256 lots,
        RemovalReason reason,
        uint256 sequence
    );
    /// @notice An order was queued anew. `newOrderId` is 0 when nothing of it rests: what filled, and what rests, have events of their own.
    event OrderAmended(
        uint256 indexed market,
        uint256 indexed account,
        uint256 orderId,
        uint256 newOrderId,
        uint256 sequence
    );
    /// @notice A taking order met its owner's resting order `orderId` and lost `lots` of its own, by its choice of `mode`. What that did to
    /// the resting order has an event of its own.
    event SelfTradePrevented(
        uint256 indexed market,
        uint256 indexed account,
        uint256 orderId,
        SelfTrade mode,
        uint256 lots,
        uint256 sequence
    );
    event Trade(
        uint256 indexed market,
        uint256 indexed maker,
        uint256 indexed taker,
        uint256 orderId,
        bool takerBuys,
        uint256 tick,
        uint256 lots,
        uint256 sequence
    );

    /// @notice The position after a change, whole: an indexer needs no arithmetic. All zero when it was closed. Not emitted for a
    /// counterparty that AutoDeleveraged or PrincipalClosed reports closed: `left` is zero.
    event PositionChanged(
        uint256 indexed market,
        uint256 indexed account,
        int256 lots,
        uint256 cost,
        int256 margin,
        int256 fundingIndex,
        uint256 sequence
    );
    event MarginAdded(uint256 indexed market, uint256 indexed account, uint256 amount, uint256 sequence);
    event MarginRemoved(uint256 indexed market, uint256 indexed account, uint256 amount, uint256 sequence);

    /// @notice Leverage of the account's orders that name none.
    event LeverageSet(uint256 indexed market, uint256 indexed account, uint256 leverage, uint256 sequence);
    /// @notice The account lets anyone top its position up below this rate of equity to notional, by at most `maximum` in all.
    event TopUpSet(
        uint256 indexed market,
        uint256 indexed account,
        uint256 triggerRate,
        uint256 maximum,
        uint256 sequence
    );
    /// @notice Free collateral went into the position; `tip` of it to the caller.
    event ToppedUp(
        uint256 indexed market,
        uint256 indexed account,
        address indexed caller,
        uint256 amount,
        uint256 tip,
        uint256 sequence
    );

    /// @notice Anyone may close up to `lots` of the account's position once the mark has reached `triggerTick`, at `limitTick` or better.
    event TriggerPlaced(
        uint256 indexed market,
        uint256 indexed account,
        uint256 triggerId,
        TriggerKind kind,
        bool closesLong,
        uint256 triggerTick,
        uint256 limitTick,
        uint256 lots,
        uint256 tip,
        uint256 sequence
    );
    event TriggerRemoved(
        uint256 indexed market,
        uint256 indexed account,
        uint256 triggerId,
        TriggerRemoval reason,
        uint256 sequence
    );
    /// @notice A trigger closed `lots` at the mark `price`, X16. `tip` went to the caller. It goes on with `lotsLeft` and `tipLeft`, and is gone
    /// when no lots are left.
    event TriggerExecuted(
        uint256 indexed market,
        uint256 indexed account,
        address indexed caller,
        uint256 triggerId,
        uint256 lots,
        uint256 tip,
        uint256 lotsLeft,
        uint256 tipLeft,
        uint256 price,
        uint256 sequence
    );

    /// @notice Stage 1: a solvent position below maintenance was reduced in the book. `price` is the mark, X16.
    event Liquidated(
        uint256 indexed market,
        uint256 indexed account,
        address indexed caller,
        uint256 lots,
        uint256 notional,
        uint256 fee,
        uint256 limitTick,
        uint256 price,
        uint256 sequence
    );
    /// @notice Stage 2: a bankrupt position was reduced in the book; `cover` came from the insurance fund.
    event BankruptcySwept(
        uint256 indexed market,
        uint256 indexed account,
        address indexed caller,
        uint256 lots,
        uint256 notional,
        uint256 cover,
        uint256 limitTick,
        uint256 price,
        uint256 sequence
    );
    /// @notice Stage 3: a counterparty was closed against a bankrupt position, in full when `left` is zero: then no PositionChanged
    /// goes with it. Otherwise PositionChanged, emitted before, has what stays open.
    /// @param rank Place among those that the call takes, after its own sweep of the book; 1 is first.
    /// @param score PnlLeverage score of its index cell × 2^64.
    /// @param price Bankruptcy price X of the bankrupt position, X16.
    /// @param lots Lots closed.
    /// @param pnl Realised result at X, cover included, without margin.
    /// @param payout What was credited to its free collateral.
    /// @param left Lots that stay open.
    event AutoDeleveraged(
        uint256 indexed market,
        uint256 indexed bankrupt,
        uint256 indexed counterparty,
        uint256 rank,
        uint256 score,
        int256 price,
        uint256 lots,
        int256 pnl,
        uint256 payout,
        uint256 left,
        uint256 sequence
    );
    /// @notice Stage 4: no eligible counterparty was left; the opposing position nearest to its own bankruptcy price was closed. `left`,
    /// and whether PositionChanged goes with it, as in AutoDeleveraged.
    event PrincipalClosed(
        uint256 indexed market,
        uint256 indexed bankrupt,
        uint256 indexed counterparty,
        int256 price,
        uint256 lots,
        int256 pnl,
        uint256 payout,
        uint256 left,
        uint256 sequence
    );
    /// @notice A position below maintenance that the book cannot absorb was reduced against a counterparty at the mark, X16.
    /// @param rank Place among those that the call takes, after its own sweep of the book; 1 is first.
    /// @param payout What was credited to the counterparty's free collateral.
    event PreventivelyDeleveraged(
        uint256 indexed market,
        uint256 indexed account,
        uint256 indexed counterparty,
        uint256 rank,
        uint256 price,
        uint256 lots,
        uint256 payout,
        uint256 sequence
    );
    /// @notice A bankrupt account that the waterfall had begun to resolve was found solvent, and is in line like any other again. Without
    /// it, nobody could tell from events alone whether the next call had to go on with that account.
    event ResolutionEnded(uint256 indexed market, uint256 indexed account, uint256 sequence);
    /// @notice One call of stages 3 and 4, summed. `price` is X, `mark` is P, both X16.
    event DeleverageCall(
        uint256 indexed market,
        uint256 indexed bankrupt,
        address indexed caller,
        uint256 lots,
        int256 price,
        uint256 mark,
        uint256 cover,
        uint256 reward,
        uint256 sequence
    );
}
