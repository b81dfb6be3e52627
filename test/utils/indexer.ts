/**
 * An indexer as an outsider would write it: every balance of the exchange from its events alone, without a single call. It knows the
 * rules of IExchangeEvents and the one rule of order margin (OrderMargin), and nothing else.
 */
import type { ParsedEvent } from "./venue.ts";

const SEED = 1_000_000n; // what a listing puts into its pot

export interface IndexedPosition {
  lots: bigint;
  cost: bigint;
  margin: bigint;
  fundingIndex: bigint;
}

export interface IndexedOrder {
  account: bigint;
  isBid: boolean;
  tick: bigint;
  lots: bigint;
  reduceOnly: boolean;
  leverage: bigint;
  expiry: bigint;
}

export interface IndexedMarket {
  sequence: bigint;
  pot: bigint;
  openInterest: bigint;
  fundingIndex: bigint;
  tickValue: bigint;
  ended: boolean;
  positions: Map<bigint, IndexedPosition>;
  orders: Map<bigint, IndexedOrder>;
  reserves: Map<bigint, { bid: bigint; ask: bigint }>;
  leverages: Map<bigint, bigint>;
  topUps: Map<bigint, { triggerRate: bigint; remaining: bigint }>;
  /** By account and id. */
  triggers: Map<string, IndexedTrigger>;
}

export interface IndexedTrigger {
  kind: bigint;
  closesLong: boolean;
  triggerTick: bigint;
  limitTick: bigint;
  lots: bigint;
  tip: bigint;
}

export interface Indexed {
  tokens: bigint;
  insurance: bigint;
  keeperReserve: bigint;
  treasury: bigint;
  owners: Map<bigint, string>;
  free: Map<bigint, bigint>;
  markets: Map<bigint, IndexedMarket>;
  /** Events that break a market's numbering. */
  gaps: string[];
}

export function createIndexer(): { state: Indexed; apply(event: ParsedEvent): void } {
  const state: Indexed = {
    tokens: 0n,
    insurance: 0n,
    keeperReserve: 0n,
    treasury: 0n,
    owners: new Map(),
    free: new Map(),
    markets: new Map(),
    gaps: [],
  };
  const marketOf = (id: bigint): IndexedMarket => {
    let market = state.markets.get(id);
    if (!market) {
      market = {
        sequence: 0n,
        pot: 0n,
        openInterest: 0n,
        fundingIndex: 0n,
        tickValue: 0n,
        ended: false,
        positions: new Map(),
        orders: new Map(),
        reserves: new Map(),
        leverages: new Map(),
        topUps: new Map(),
        triggers: new Map(),
      };
      state.markets.set(id, market);
    }
    return market;
  };
  const reserveOf = (m: IndexedMarket, o: IndexedOrder, lots: bigint) =>
    o.reduceOnly || lots === 0n ? 0n : (lots * o.tick * m.tickValue + o.leverage - 1n) / o.leverage;
  const reservesOf = (m: IndexedMarket, account: bigint) => {
    const found = m.reserves.get(account) ?? { bid: 0n, ask: 0n };
    m.reserves.set(account, found);
    return found;
  };
  const release = (m: IndexedMarket, account: bigint, isBid: boolean, amount: bigint) => {
    const r = reservesOf(m, account);
    const side = isBid ? "bid" : "ask";
    r[side] = amount < r[side] ? r[side] - amount : 0n;
  };
  /** Takes `lots` off an order. What a fill opens on one side, the account's other side can only close. */
  const shrink = (m: IndexedMarket, id: bigint, lots: bigint, opens: boolean) => {
    const o = m.orders.get(id);
    if (!o) return state.gaps.push(`order ${id} is unknown`);
    const part = reserveOf(m, o, o.lots) - reserveOf(m, o, o.lots - lots);
    release(m, o.account, o.isBid, part);
    if (opens) release(m, o.account, !o.isBid, part);
    o.lots -= lots;
    return o.lots === 0n ? m.orders.delete(id) : true;
  };

  const handlers: Record<string, (e: Record<string, unknown>, m: IndexedMarket) => void> = {
    AccountOpened: (e) => state.owners.set(big(e, "account"), String(e["owner"])),
    FreeCollateralChanged: (e) => state.free.set(big(e, "account"), big(e, "free")),
    ReservesChanged: (e) => {
      [state.insurance, state.keeperReserve, state.treasury] = [
        big(e, "insurance"),
        big(e, "keeperReserve"),
        big(e, "treasury"),
      ];
    },
    Deposited: (e) => (state.tokens += big(e, "amount")),
    Withdrawn: (e) => (state.tokens -= big(e, "amount")),
    InsuranceDeposited: (e) => (state.tokens += big(e, "amount")),
    InsuranceWithdrawn: (e) => (state.tokens -= big(e, "amount")),
    TreasuryWithdrawn: (e) => (state.tokens -= big(e, "amount")),
    MarketListed: () => (state.tokens += SEED),
    MarketConfigured: (e, m) => (m.tickValue = big(e["config"] as Record<string, unknown>, "tickValue")),
    MarketEnded: (_, m) => (m.ended = true),
    MarketTotals: (e, m) => ([m.pot, m.openInterest] = [big(e, "pot"), big(e, "openInterest")]),
    FundingAccrued: (e, m) => (m.fundingIndex = big(e, "fundingIndex")),
    LeverageSet: (e, m) => m.leverages.set(big(e, "account"), big(e, "leverage")),
    TopUpSet: (e, m) =>
      m.topUps.set(big(e, "account"), { triggerRate: big(e, "triggerRate"), remaining: big(e, "maximum") }),
    ToppedUp: (e, m) => {
      const order = m.topUps.get(big(e, "account"));
      if (order) order.remaining -= big(e, "amount") + big(e, "tip");
    },
    PositionChanged: (e, m) => {
      if (big(e, "lots") === 0n) m.positions.delete(big(e, "account"));
      else
        m.positions.set(big(e, "account"), {
          lots: big(e, "lots"),
          cost: big(e, "cost"),
          margin: big(e, "margin"),
          fundingIndex: big(e, "fundingIndex"),
        });
    },
    OrderPlaced: (e, m) => {
      const o: IndexedOrder = {
        account: big(e, "account"),
        isBid: e["isBid"] === true,
        tick: big(e, "tick"),
        lots: big(e, "lots"),
        reduceOnly: e["reduceOnly"] === true,
        leverage: big(e, "leverage"),
        expiry: big(e, "expiry"),
      };
      m.orders.set(big(e, "orderId"), o);
      reservesOf(m, o.account)[o.isBid ? "bid" : "ask"] += reserveOf(m, o, o.lots);
    },
    OrderRemoved: (e, m) => shrink(m, big(e, "orderId"), big(e, "lots"), false),
    OrderReduced: (e, m) => shrink(m, big(e, "orderId"), big(e, "lots"), false),
    TriggerPlaced: (e, m) =>
      m.triggers.set(triggerKey(e), {
        kind: big(e, "kind"),
        closesLong: e["closesLong"] === true,
        triggerTick: big(e, "triggerTick"),
        limitTick: big(e, "limitTick"),
        lots: big(e, "lots"),
        tip: big(e, "tip"),
      }),
    TriggerRemoved: (e, m) => m.triggers.delete(triggerKey(e)),
    TriggerExecuted: (e, m) => {
      const t = m.triggers.get(triggerKey(e));
      if (!t) return state.gaps.push(`trigger ${triggerKey(e)} is unknown`);
      [t.lots, t.tip] = [big(e, "lotsLeft"), big(e, "tipLeft")];
      return t.lots === 0n ? m.triggers.delete(triggerKey(e)) : true;
    },
    Trade: (e, m) => {
      const lots = m.positions.get(big(e, "maker"))?.lots ?? 0n;
      const makerBuys = e["takerBuys"] !== true;
      const opens = lots === 0n || lots > 0n === makerBuys;
      shrink(m, big(e, "orderId"), big(e, "lots"), opens);
    },
    AutoDeleveraged: closed,
    PrincipalClosed: closed,
    PreventivelyDeleveraged: payout,
  };
  /** The events of these closes say what is added to free collateral; no FreeCollateralChanged goes with them. */
  function payout(e: Record<string, unknown>) {
    const account = big(e, "counterparty");
    state.free.set(account, (state.free.get(account) ?? 0n) + big(e, "payout"));
  }
  /** Where nothing is left, no PositionChanged goes with them either; where something is, it came before and says the same. */
  function closed(e: Record<string, unknown>, m: IndexedMarket) {
    payout(e);
    const account = big(e, "counterparty");
    if (big(e, "left") === 0n) return m.positions.delete(account);
    const lots = m.positions.get(account)?.lots ?? 0n;
    if (big(e, "left") === (lots < 0n ? -lots : lots)) return true;
    return state.gaps.push(`account ${account} has ${lots} lots, its close says that ${e["left"]} are left`);
  }

  return {
    state,
    apply({ name, args }) {
      const e = args.toObject();
      const market = e["market"] === undefined ? undefined : marketOf(big(e, "market"));
      if (market && e["sequence"] !== undefined) {
        market.sequence += 1n;
        if (market.sequence !== e["sequence"]) {
          state.gaps.push(`${name} of market ${e["market"]} is number ${e["sequence"]}, not ${market.sequence}`);
          market.sequence = big(e, "sequence");
        }
      }
      handlers[name]?.(e, market ?? marketOf(0n));
      state.markets.delete(0n);
    },
  };
}

const triggerKey = (e: Record<string, unknown>) => `${big(e, "account")}/${big(e, "triggerId")}`;

function big(e: Record<string, unknown>, key: string): bigint {
  const value = e[key];
  if (typeof value !== "bigint") throw new Error(`the event has no number ${key}`);
  return value;
}
