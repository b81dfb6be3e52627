import assert from "node:assert/strict";
import { test } from "node:test";
import { addStep, isQuiet, noAgreement } from "../../scripts/demo/prediction/agreement.ts";
import type { ForecastResult } from "../../scripts/demo/prediction/createForecaster.ts";
import { happenedRecord, predictedRecord } from "../../scripts/demo/prediction/recordOf.ts";
import { predictionText } from "../../scripts/demo/prediction/report.ts";
import { emptyRecord, type StepRecord } from "../../scripts/demo/prediction/stepRecord.ts";
import type { Log, Transaction } from "../../scripts/demo/replay/readLogs.ts";

function recordOf(lots: { [K in keyof StepRecord]?: Record<number, bigint> }): StepRecord {
  const record = emptyRecord();
  for (const [kind, accounts] of Object.entries(lots)) {
    for (const [account, n] of Object.entries(accounts)) record[kind as keyof StepRecord].set(Number(account), n);
  }
  return record;
}

test("behavior: agreement counts who was hit by both, and the lots they have in common", () => {
  const predicted = recordOf({ liquidated: { 1: 10n, 2: 5n, 3: 1n }, bankrupt: { 9: 4n } });
  const happened = recordOf({ liquidated: { 1: 7n, 2: 8n, 4: 2n }, deleveraged: { 5: 6n } });
  const once = addStep(noAgreement(), predicted, happened);
  assert.deepEqual(once.liquidated, {
    predicted: 3,
    happened: 3,
    both: 2,
    predictedLots: 16n,
    happenedLots: 17n,
    commonLots: 12n,
  });
  assert.deepEqual([once.bankrupt.predicted, once.bankrupt.both, once.deleveraged.happened], [1, 0, 1]);
  const twice = addStep(once, predicted, predicted);
  assert.deepEqual([twice.liquidated.both, twice.liquidated.commonLots, twice.bankrupt.commonLots], [5, 28n, 4n]);
  assert.ok(isQuiet(emptyRecord()) && !isQuiet(predicted));
});

test("behavior: a prediction as a record: swept and closed lots of the bankrupt, both stages of counterparties", () => {
  const closed = { score: 0n, pnl: 0n, payout: 0n };
  const record = predictedRecord({
    move: 0n,
    price: 1n,
    deleverages: [
      {
        account: 1,
        isLong: true,
        lots: 30n,
        sweptLots: 3n,
        price: 1n,
        cover: 0n,
        counterparties: [{ account: 2, rank: 1, lots: 20n, ...closed }],
        principal: [{ account: 3, rank: 1, lots: 7n, ...closed }],
      },
    ],
    liquidations: [
      { account: 4, isLong: true, lots: 9n, closeLots: 5n, filledLots: 2n },
      { account: 5, isLong: true, lots: 9n, closeLots: 5n, filledLots: 0n },
    ],
  });
  assert.deepEqual(record, recordOf({ bankrupt: { 1: 30n }, deleveraged: { 2: 20n, 3: 7n }, liquidated: { 4: 2n } }));
});

test("behavior: what happened in one market, summed over its transactions", () => {
  const log = (eventName: string, args: Record<string, bigint>) => ({ eventName, args }) as unknown as Log;
  const transaction = (...logs: Log[]): Transaction => ({ hash: "0x", block: 1n, timestamp: 1n, logs });
  const transactions = [
    transaction(log("Liquidated", { market: 1n, account: 4n, lots: 2n })),
    transaction(log("Liquidated", { market: 1n, account: 4n, lots: 3n })),
    transaction(log("Liquidated", { market: 1n, account: 6n, lots: 0n })),
    transaction(log("Liquidated", { market: 2n, account: 7n, lots: 9n })),
    transaction(
      log("BankruptcySwept", { market: 1n, account: 1n, lots: 3n }),
      log("AutoDeleveraged", { market: 1n, bankrupt: 1n, counterparty: 2n, lots: 20n }),
      log("PrincipalClosed", { market: 1n, bankrupt: 1n, counterparty: 3n, lots: 7n }),
    ),
  ];
  const expected = { bankrupt: { 1: 30n }, deleveraged: { 2: 20n, 3: 7n }, liquidated: { 4: 5n } };
  assert.deepEqual(happenedRecord(transactions, 1), recordOf(expected));
  assert.deepEqual(happenedRecord(transactions, 2), recordOf({ liquidated: { 7: 9n } }));
});

test("behavior: the report's table, and none for a path on which nothing happened", () => {
  const predicted = recordOf({ bankrupt: { 1: 10n, 2: 5n } });
  const happened = recordOf({ bankrupt: { 1: 10n, 3: 1n } });
  const agreements = addStep(noAgreement(), predicted, happened);
  const step = { market: 1, time: 0, price: 1n, before: predicted, answered: predicted, happened };
  const result: ForecastResult = { steps: 12, eventful: [step], before: agreements, answered: agreements };
  const text = predictionText(result);
  assert.match(text, /12 steps forecast, something in 1\n/);
  assert.match(text, /bankrupt accounts closed +before the step +2 +2 +1 +1 +1 +15 +11 +10\n/);
  assert.equal(predictionText({ ...result, eventful: [] }), "");
});
