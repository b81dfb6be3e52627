/**
 * Finds every deleveraging call in a transaction, as the events lie, and judges each by the positions just before it. Applies the events
 * to the world on the way.
 *
 * How a call looks in the log: the fills of the sweep and one BankruptcySwept a pass; then, for each counterparty, the event that says
 * why it was closed, after its PositionChanged where that event says that lots are left of it (closesIn.ts; a preventive close always has
 * one); DeleverageCall; PositionChanged of the bankrupt account, the only one of it, which ends the call. A call that the book ended has no
 * DeleverageCall; one that only removed orders which could not fill has nothing but the last event.
 */
import { positionChangeOf } from "../chain/positionChangeOf.ts";
import { abs } from "../core/integers.ts";
import { isBankrupt, settle } from "../core/position.ts";
import type { AccountId, Entry, Position, Prices } from "../core/types.ts";
import { AuditError } from "./AuditError.ts";
import { applyAuditLog, knownMarket } from "./applyAuditLog.ts";
import { choiceFindings, fundFor, noteCall, parametersOf, type SweptInBook, sweepOf } from "./callInputs.ts";
import { checkBookExhausted } from "./checkBookExhausted.ts";
import { type CloseLog, closesIn, factOf, isClose, landedOf, type Moved } from "./closesIn.ts";
import type { Line } from "./expectation.ts";
import { type ClosedFact, isSame, judgeCall } from "./judgeCall.ts";
import { judgePreventive } from "./judgePreventive.ts";
import { lineUp, queueByBruteForce } from "./queue.ts";
import { toVerdict } from "./toVerdict.ts";
import type { AuditLog, AuditLogOf, AuditMarket, AuditTransaction, AuditWorld, CallVerdict } from "./types.ts";
import type { SweepStep } from "./walkSweep.ts";

/** A call whose closes have begun, or which is complete but for the position that it leaves. */
type Running = {
  readonly account: AccountId;
  readonly prices: Prices;
  readonly entry: Entry;
  readonly line: Line;
  readonly swept: SweptInBook;
  readonly budget: bigint;
  readonly findings: string[];
  readonly closes: ClosedFact[];
  readonly moved: Map<CloseLog, Moved>;
  call?: AuditLogOf<"DeleverageCall">["args"];
};
const NOBODY: Line = { policy: "pnlLeverage", ranked: [], principal: [] };
type Pending = { readonly fills: Map<AccountId, SweepStep[]>; running: Running | undefined };

export function auditTransaction(world: AuditWorld, transaction: AuditTransaction): CallVerdict[] {
  const { logs, timestamp } = transaction;
  const verdicts: CallVerdict[] = [];
  const pendings = new Map<number, Pending>();
  const reasons = closesIn(logs);

  for (const [i, log] of logs.entries()) {
    if (!("market" in log.args) || log.eventName === "MarketListed") {
      applyAuditLog(world, log, timestamp);
      continue;
    }
    const market = knownMarket(world, log.args.market);
    const pending: Pending = pendings.get(market.id) ?? { fills: new Map(), running: undefined };
    pendings.set(market.id, pending);
    if (log.eventName === "PositionChanged") positionChanged(market, pending, log, i);
    else {
      if (isClose(log)) closed(market, pending, log, i);
      applyAuditLog(world, log, timestamp);
    }
    if (log.eventName === "Trade") step(pending, Number(log.args.taker), { fill: log.args });
    else if (log.eventName === "BankruptcySwept") step(pending, Number(log.args.account), { pass: log.args });
    else if (log.eventName === "DeleverageCall") {
      pending.running ??= begin(market, pending, Number(log.args.bankrupt), log.args.mark);
      pending.running.call = log.args;
    }
  }
  return verdicts;

  function positionChanged(market: AuditMarket, pending: Pending, log: AuditLogOf<"PositionChanged">, i: number): void {
    const account = Number(log.args.account);
    const before = market.state.positions.get(account);
    const after: Position = { ...log.args, account };
    const reason = reasons.get(i);
    if (reason !== undefined) {
      pending.running ??= beginAt(market, pending, reason, i);
      const { moved, prices } = pending.running;
      moved.set(reason, { before: before && settle(before, prices.funding), after });
      applyAuditLog(world, log, timestamp);
      return;
    }
    const { running } = pending;
    const steps = pending.fills.get(account) ?? [];
    pending.fills.delete(account);
    if (running?.account === account) finish(market, running, after);
    else if (steps.some((one) => "pass" in one)) finishSweep(market, steps, before, after);
    applyAuditLog(world, log, timestamp);
    if (running?.account === account) pending.running = undefined;
    else if (steps.length === 0 && before !== undefined && isUnexplained(before, after, i)) market.taken = account;
  }

  /** What was done to a counterparty: its position was written before, or nothing is left of it and it is in the state still. */
  function closed(market: AuditMarket, pending: Pending, reason: CloseLog, i: number): void {
    pending.running ??= beginAt(market, pending, reason, i);
    const { moved, prices, closes, findings } = pending.running;
    const account = Number(reason.args.counterparty);
    const stored = market.state.positions.get(account);
    const nothing = { account, lots: 0n, cost: 0n, margin: 0n, fundingIndex: 0n };
    const { before, after } = moved.get(reason) ?? { before: stored && settle(stored, prices.funding), after: nothing };
    if ("left" in reason.args && reason.args.left !== abs(after.lots))
      findings.push(`${reason.args.left} lots of account ${account} are called left, it has ${abs(after.lots)}`);
    closes.push(factOf(reason, before, after));
  }

  function step({ fills }: Pending, account: AccountId, one: SweepStep): void {
    fills.set(account, [...(fills.get(account) ?? []), one]);
  }

  /** A call begins to close counterparties: everything that its ranking depends on is as it is now. */
  function beginAt(market: AuditMarket, pending: Pending, reason: CloseLog, i: number): Running {
    if (reason.eventName === "PreventivelyDeleveraged") {
      return begin(market, pending, Number(reason.args.account), reason.args.price, true);
    }
    const call = logs.find(
      (log, at): log is AuditLogOf<"DeleverageCall"> =>
        at > i && log.eventName === "DeleverageCall" && Number(log.args.market) === market.id,
    );
    if (call === undefined) throw new AuditError(`Transaction ${transaction.hash}: a close without its DeleverageCall`);
    return begin(market, pending, Number(reason.args.bankrupt), call.args.mark);
  }

  function begin(
    market: AuditMarket,
    { fills }: Pending,
    account: AccountId,
    mark: bigint,
    preventive = false,
  ): Running {
    const entry = market.state.positions.get(account);
    if (entry === undefined) throw new AuditError(`Market ${market.id}: account ${account} has no position to resolve`);
    const prices = { price: mark, funding: market.funding };
    const available = preventive ? 0n : fundFor(world, market, account, timestamp);
    const findings = preventive ? [] : choiceFindings(market, prices, entry);
    const swept = sweepOf(market, prices, entry, available, preventive ? [] : (fills.get(account) ?? []), findings);
    const line = preventive
      ? { ...NOBODY, ranked: queueByBruteForce(market.state, entry.isLong, mark, prices) }
      : lineUp(market.state, swept.bankrupt, prices, parametersOf(market).rankPolicy);
    const budget = available - swept.cover;
    return { account, prices, entry, line, swept, budget, findings, closes: [], moved: new Map() };
  }

  function finish(market: AuditMarket, running: Running, after: Position): void {
    const { account, prices, swept, closes, line, call, findings } = running;
    if (call === undefined) {
      const judged = judgePreventive({ closes, reduced: swept.bankrupt, ranked: line.ranked, prices });
      verdicts.push(toVerdict({ kind: "preventive", transaction, market, call: running, judged }));
      return;
    }
    const { tickValue } = parametersOf(market);
    if (closes.length > 0) {
      const { bankrupt: taker, limit, funds } = swept;
      const left = checkBookExhausted({ orders: market.orders.values(), tickValue, taker, limit, funds });
      if (left !== undefined) findings.push(`Counterparties were closed while the book could absorb: ${left}`);
    }
    const { bankrupt } = swept;
    const landed = landedOf(running.moved);
    const facts = { account, lots: call.lots, price: call.price, cover: call.cover, closes, landed };
    const terms = { bankrupt, prices, budget: running.budget, base: market.state.base, tickValue };
    const judged = judgeCall({ call: facts, line, ...terms, comparesMoney: true });
    if (!isSame(after, judged.rest)) findings.push(`What is left of account ${account} is not what it should be`);
    verdicts.push(toVerdict({ kind: "deleverage", transaction, market, call: running, judged, last: call }));
    settleCall(market, prices, after, swept.cover + call.cover);
  }

  function finishSweep(market: AuditMarket, steps: SweepStep[], before: Entry | undefined, after: Position): void {
    const last = steps.findLast((one) => "pass" in one);
    if (last === undefined || before === undefined) throw new AuditError("a sweep without its position");
    const prices = { price: last.pass.price, funding: market.funding };
    const findings = choiceFindings(market, prices, before);
    const walked = sweepOf(market, prices, before, fundFor(world, market, before.account, timestamp), steps, findings);
    if (!isSame(after, walked.bankrupt))
      findings.push(`What is left of account ${before.account} is not what it should be`);
    const judged = {
      findings: [],
      wronged: [],
      spared: [],
      expected: [],
      eligible: 0,
      rest: after,
      cover: walked.cover,
    };
    const call = { prices, entry: before, swept: walked, findings, closes: [] };
    verdicts.push(toVerdict({ kind: "sweep", transaction, market, call, judged }));
    settleCall(market, prices, after, walked.cover);
  }

  function settleCall(market: AuditMarket, prices: Prices, after: Position, cover: bigint): void {
    const resolving = after.lots !== 0n && isBankrupt(after, prices) ? after.account : 0;
    noteCall(market, resolving, cover, timestamp);
  }

  /** Neither a trade, nor margin, nor a close explains it: a deleveraging call removed orders and ran out of steps. */
  function isUnexplained(before: Entry, after: Position, i: number): boolean {
    if (before.lots !== after.lots || before.cost !== after.cost) return false;
    for (const log of logs.slice(i + 1)) {
      if (positionChangeOf(log)?.account === after.account) return true;
      if (movesMargin(log) && Number(log.args.account) === after.account) return false;
    }
    return true;
  }
}

function movesMargin(log: AuditLog) {
  return log.eventName === "MarginAdded" || log.eventName === "MarginRemoved" || log.eventName === "ToppedUp";
}
