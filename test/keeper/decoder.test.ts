import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type AbiEvent,
  type AbiParameter,
  encodeAbiParameters,
  encodeEventTopics,
  type Hex,
  numberToHex,
  parseEventLogs,
  type RpcLog,
} from "viem";
import { exchangeAbi } from "../../keeper/chain/abi.ts";
import { createLogDecoder } from "../../keeper/chain/createLogDecoder.ts";
import { feedAbi } from "../../keeper/oracle/feedAbi.ts";
import { createRandom, type Random } from "./helpers/random.ts";

const abi = [...exchangeAbi, ...feedAbi] as const;
const events = abi.filter((item) => item.type === "event") as readonly AbiEvent[];

function value(parameter: AbiParameter, random: Random): unknown {
  const { type } = parameter;
  if (type.endsWith("[]")) return [1, 2].map(() => value({ ...parameter, type: type.slice(0, -2) }, random));
  if (type === "tuple" && "components" in parameter) {
    return Object.fromEntries(parameter.components.map((part) => [part.name, value(part, random)]));
  }
  if (type === "address") return numberToHex(random.bits(160), { size: 20 });
  if (type === "bool") return random.below(2) === 0;
  const [, unsigned, bits] = /^(u?)int(\d+)$/.exec(type) ?? [];
  const size = Number(bits) - (unsigned ? 0 : 1);
  const magnitude = random.bits(size) & ((1n << BigInt(size)) - 1n);
  const signed = unsigned || random.below(2) === 0 ? magnitude : -magnitude - 1n;
  return Number(bits) <= 48 ? Number(signed) : signed;
}

function logOf(event: AbiEvent, random: Random): RpcLog {
  const args = Object.fromEntries(event.inputs.map((input) => [input.name, value(input, random)]));
  const plain = event.inputs.filter(({ indexed }) => !indexed);
  return {
    address: numberToHex(random.bits(160), { size: 20 }),
    blockHash: numberToHex(random.bits(256), { size: 32 }),
    blockNumber: numberToHex(random.below(1e9)),
    data: encodeAbiParameters(
      plain,
      plain.map(({ name }) => args[name ?? ""]),
    ),
    logIndex: numberToHex(random.below(1e4)),
    removed: false,
    topics: encodeEventTopics({ abi: [event], args } as never) as [Hex, ...Hex[]],
    transactionHash: numberToHex(random.bits(256), { size: 32 }),
    transactionIndex: numberToHex(random.below(1e3)),
  } as RpcLog;
}

test("default: decodes every event as viem does, for random arguments", () => {
  const decode = createLogDecoder(abi);
  const random = createRandom(5);
  assert.ok(events.length > 30);
  for (const event of events) {
    for (let i = 0; i < 40; i++) {
      const log = logOf(event, random);
      const formatted = { ...log, blockNumber: BigInt(log.blockNumber ?? 0), logIndex: 0, transactionIndex: 0 };
      const [expected] = parseEventLogs({ abi, logs: [formatted as never], strict: true }) as {
        eventName: string;
        args: object;
      }[];
      assert.ok(expected !== undefined, event.name);
      const found = decode(log) as unknown as {
        eventName: string;
        args: object;
        blockNumber: bigint;
        logIndex: number;
      };
      assert.equal(found.eventName, expected.eventName);
      assert.deepEqual(found.args, expected.args, event.name);
      assert.deepEqual(Object.keys(found.args), Object.keys(expected.args), event.name);
      assert.deepEqual([found.blockNumber, found.logIndex], [BigInt(log.blockNumber ?? 0), Number(log.logIndex)]);
    }
  }
});

test("behavior: what has another form, or is of no known event, is not decoded", () => {
  const decode = createLogDecoder(abi);
  const random = createRandom(6);
  const event = events.find(({ name }) => name === "PositionChanged") as AbiEvent;
  const log = logOf(event, random);
  assert.notEqual(decode(log), undefined);
  assert.equal(decode({ ...log, data: log.data.slice(0, -64) as Hex }), undefined);
  assert.equal(decode({ ...log, topics: log.topics.slice(0, 2) as [Hex, Hex] }), undefined);
  assert.equal(decode({ ...log, topics: [`0x${"12".repeat(32)}`] }), undefined);
  assert.equal(decode({ ...log, topics: [] }), undefined);
});
