/**
 * Finds every deleveraging call in a transaction, as the events lie, and judges each by the positions just before it. Applies the events
 * to the world on the way.
 *
 * How a call looks in the log: the fills of the sweep and one BankruptcySwept a pass; then, for each counterparty, the event that says
 * why it was closed, after its PositionChanged where that event says that lots are left of it (a preventive close always has one);
 * DeleverageCall; PositionChanged of the bankrupt account, the only one of it, which ends the call. A call that the book ended has no
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
import { type ClosedFact, isSame, type Judgement, judgeCall, type Line, lineUp } from "./judgeCall.ts";
import { judgePreventive } from "./judgePreventive.ts";
import { queueByBruteForce } from "./queue.ts";
import type { AuditLog, AuditLogOf, AuditMarket, AuditTransaction, AuditWorld, CallVerdict } from "./types.ts";
import type { SweepStep } from "./walkSweep.ts";

type CloseLog = AuditLogOf<"AutoDeleveraged"> | AuditLogOf<"PrincipalClosed"> | AuditLogOf<"PreventivelyDeleveraged">;
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
  call?: AuditLogOf<"DeleverageCall">["args"];
};
type Pending = { readonly fills: Map<AccountId, SweepStep[]>; running: Running | undefined };

export function auditTransaction(world: AuditWorld, transaction: AuditTransaction): CallVerdict[] {
  const { logs, timestamp } = transaction;
  const verdicts: CallVerdict[] = [];
  const pendings = new Map<number, Pending>();

  for (const [i, log] of logs.entries()) {
    if (!("market" in log.args) || log.eventName === "MarketListed") {
      applyAuditLog(world, log, timestamp);
      continue;
    }
    const market = knownMarket(world, log.args.market);
    const pending: Pending = pendings.get(market.id) ?? { fills: new Map(), running: undefined };
    pendings.set(market.id, pending);
    if (log.eventName === "PositionChanged") {
      positionChanged(market, pending, log, i);
    } else {
      const after = positionChangeOf(log);
      if (after !== undefined && isClose(log)) closed(market, pending, log, after, i);
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
    const reason = closeOf(logs[i + 1], log);
    const { running } = pending;
    if (reason !== undefined) {
      closed(market, pending, reason, after, i);
      applyAuditLog(world, log, timestamp);
      return;
    }
    const steps = pending.fills.get(account) ?? [];
    pending.fills.delete(account);
    if (running?.account === account) finish(market, running, after);
    else if (steps.some((one) => "pass" in one)) finishSweep(market, steps, before, after);
    applyAuditLog(world, log, timestamp);
    if (running?.account === account) pending.running = undefined;
    else if (steps.length === 0 && before !== undefined && isUnexplained(before, after, i)) market.taken = account;
  }

  /** A counterparty was closed, and `after` is what is left of it; its position before is still in the state. */
  function closed(market: AuditMarket, pending: Pending, reason: CloseLog, after: Position, i: number): void {
    const before = market.state.positions.get(after.account);
    const call = pending.running ?? beginAt(market, pending, reason, i);
    pending.running = call;
    if ("left" in reason.args && reason.args.left !== abs(after.lots))
      call.findings.push(
        `${reason.args.left} lots of account ${after.account} are called left, it has ${abs(after.lots)}`,
      );
    call.closes.push(factOf(reason, before && settle(before, call.prices.funding), after));
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
      ? { ranked: queueByBruteForce(market.state, entry.isLong, mark, prices), principal: [] }
      : lineUp(market.state, swept.bankrupt, prices);
    return { account, prices, entry, line, swept, budget: available - swept.cover, findings, closes: [] };
  }

  function finish(market: AuditMarket, running: Running, after: Position): void {
    const { account, prices, swept, closes, line, call, findings } = running;
    if (call === undefined) {
      const judged = judgePreventive({ closes, reduced: swept.bankrupt, ranked: line.ranked, prices });
      conclude("preventive", market, running, judged, prices.price, market.sequence);
      return;
    }
    if (closes.length > 0) {
      const { tickValue } = parametersOf(market);
      const { bankrupt: taker, limit, funds } = swept;
      const left = checkBookExhausted({ orders: market.orders.values(), tickValue, taker, limit, funds });
      if (left !== undefined) findings.push(`Counterparties were closed while the book could absorb: ${left}`);
    }
    const facts = { account, lots: call.lots, price: call.price, cover: call.cover, closes };
    const judged = judgeCall({ call: facts, bankrupt: swept.bankrupt, line, prices, budget: running.budget });
    if (!isSame(after, judged.rest)) findings.push(`What is left of account ${account} is not what it should be`);
    conclude("deleverage", market, running, judged, call.price, call.sequence);
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
    const nobody = { findings: [], wronged: [], spared: [], expected: [], eligible: 0, rest: after };
    const empty = { ranked: [], principal: [] };
    const running = { account: before.account, prices, entry: before, line: empty, swept: walked, budget: 0n };
    conclude("sweep", market, { ...running, findings, closes: [] }, nobody, prices.price, market.sequence);
    settleCall(market, prices, after, walked.cover);
  }

  function conclude(
    kind: CallVerdict["kind"],
    market: AuditMarket,
    { account, entry, swept, closes, findings: own, prices }: Running,
    judged: Judgement,
    price: bigint,
    sequence: bigint,
  ): void {
    const findings = [...own, ...judged.findings];
    const { wronged, spared, expected, eligible } = judged;
    verdicts.push({
      kind,
      transaction: transaction.hash,
      block: transaction.block,
      market: market.id,
      sequence,
      account,
      isLong: entry.isLong,
      lots: closes.reduce((sum, { lots }) => sum + lots, 0n),
      sweptLots: swept.lots,
      price,
      mark: prices.price,
      counterparties: closes.length,
      right: findings.length === 0,
      findings,
      wronged,
      spared,
      expected,
      eligible,
    });
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

/** Why a position changed, if that was a close that left something of it, or a preventive one. */
function closeOf(log: AuditLog | undefined, { args }: AuditLogOf<"PositionChanged">): CloseLog | undefined {
  if (log === undefined || !isClose(log) || positionChangeOf(log) !== undefined) return undefined;
  return log.args.market === args.market && log.args.counterparty === args.account ? log : undefined;
}

function isClose(log: AuditLog): log is CloseLog {
  const { eventName } = log;
  return eventName === "AutoDeleveraged" || eventName === "PrincipalClosed" || eventName === "PreventivelyDeleveraged";
}

function factOf(log: CloseLog, before: Position | undefined, after: Position): ClosedFact {
  const { counterparty, lots, price, payout } = log.args;
  const money = { ...("pnl" in log.args ? { pnl: log.args.pnl } : {}), payout, after, ...(before ? { before } : {}) };
  const common = { account: Number(counterparty), lots, price, ...money };
  if (log.eventName === "PrincipalClosed") return { ...common, stage: "principal", rank: 0, score: 0n };
  const score = log.eventName === "AutoDeleveraged" ? log.args.score : undefined;
  return { ...common, stage: "ranked", rank: Number(log.args.rank), score };
}
