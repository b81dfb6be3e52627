// Where the gas of one transaction went, from the node's own opcode trace.
import type { NetworkConnection } from "hardhat/types/network";

/** One storage word that the transaction touched. */
export interface Touch {
  slot: bigint;
  /** Of another contract than the exchange: the price source, its feed, the collateral. */
  foreign: boolean;
  /** Gas of each access in order, as charged: 2,100 a cold read, 100 a warm one. */
  accesses: { kind: "read" | "write"; gas: number }[];
}

export interface Trace {
  /** Before refunds. */
  gas: number;
  intrinsic: number;
  refund: number;
  touches: Touch[];
  preimages: ReadonlyMap<bigint, readonly [bigint, bigint]>;
  logs: { topics: number; bytes: number; gas: number }[];
  /** Overhead of calls: account access, value; what runs inside is counted where it belongs. */
  calls: { kind: string; to: string; gas: number }[];
  hashing: number;
  /** Everything else: arithmetic, jumps, memory and its growth, calldata handling. */
  rest: number;
}

interface Step {
  op: string;
  depth: number;
  gas: number;
  gasCost: number;
  stack: string[];
  memory?: string[];
}

const CALLS = ["CALL", "STATICCALL", "DELEGATECALL"];
const COLD_ACCOUNT = 2_600;
const WARM_ACCOUNT = 100;

export async function traceTransaction(connection: NetworkConnection, hash: string): Promise<Trace> {
  const { provider } = connection;
  const receipt = (await provider.request({ method: "eth_getTransactionReceipt", params: [hash] })) as {
    gasUsed: string;
  };
  const tx = (await provider.request({ method: "eth_getTransactionByHash", params: [hash] })) as { input: string };
  const { structLogs: steps } = (await provider.request({
    method: "debug_traceTransaction",
    params: [hash, { disableStorage: true, enableMemory: true }],
  })) as { structLogs: Step[] };

  const touches = new Map<string, Touch>();
  const preimages = new Map<bigint, readonly [bigint, bigint]>();
  const logs: Trace["logs"] = [];
  const calls: Trace["calls"] = [];
  const warm = new Set<string>();
  /** Whose storage each depth works on: 0 for the exchange. */
  const owner: string[] = ["", "exchange"];
  let [hashing, storage, executed] = [0, 0, 0];
  steps.forEach((step, i) => {
    const top = (n: number) => BigInt(`0x${step.stack[step.stack.length - 1 - n]?.replace(/^0x/, "") ?? "0"}`);
    const next = steps[i + 1];
    const isCall = CALLS.includes(step.op) && next !== undefined && next.depth > step.depth;
    if (step.op === "EXTCODESIZE") {
      // what the compiler asks before a call that returns nothing; the call then finds the account warm
      warm.add(addressOf(top(0)));
      calls.push({ kind: step.op, to: addressOf(top(0)), gas: step.gasCost });
      executed += step.gasCost;
      return;
    }
    if (CALLS.includes(step.op)) {
      const to = addressOf(top(1));
      const gas = warm.has(to) || BigInt(`0x${to}`) < 256n ? WARM_ACCOUNT : COLD_ACCOUNT;
      warm.add(to);
      calls.push({ kind: step.op, to, gas });
      executed += isCall ? gas : step.gasCost;
      if (isCall) owner[step.depth + 1] = step.op === "DELEGATECALL" ? (owner[step.depth] ?? "") : to;
      return;
    }
    executed += step.gasCost;
    if (step.op === "SLOAD" || step.op === "SSTORE") {
      const slot = top(0);
      const who = owner[step.depth] ?? "";
      const touch = touches.get(`${who}:${slot}`) ?? { slot, foreign: who !== "exchange", accesses: [] };
      touch.accesses.push({ kind: step.op === "SLOAD" ? "read" : "write", gas: step.gasCost });
      touches.set(`${who}:${slot}`, touch);
      storage += step.gasCost;
    } else if (step.op === "KECCAK256") {
      hashing += step.gasCost;
      const [offset, size] = [Number(top(0)), Number(top(1))];
      if (size === 64 && step.memory && next) {
        const memory = step.memory.map((word) => word.replace(/^0x/, "")).join("");
        const word = (at: number) => BigInt(`0x${memory.slice(2 * at, 2 * at + 64).padEnd(64, "0")}`);
        const result = BigInt(`0x${next.stack[next.stack.length - 1]?.replace(/^0x/, "") ?? "0"}`);
        preimages.set(result, [word(offset), word(offset + 32)]);
      }
    } else if (step.op.startsWith("LOG")) {
      logs.push({ topics: Number(step.op.slice(3)), bytes: Number(top(1)), gas: step.gasCost });
    }
  });
  const data = Buffer.from(tx.input.slice(2), "hex");
  const intrinsic = 21_000 + [...data].reduce((sum, byte) => sum + (byte === 0 ? 4 : 16), 0);
  const gas = intrinsic + executed;
  const sum = (items: readonly { gas: number }[]) => items.reduce((total, item) => total + item.gas, 0);
  return {
    gas,
    intrinsic,
    refund: gas - Number(receipt.gasUsed),
    touches: [...touches.values()],
    preimages,
    logs,
    calls,
    hashing,
    rest: executed - storage - hashing - sum(logs) - sum(calls),
  };
}

function addressOf(word: bigint): string {
  return word.toString(16).padStart(40, "0").slice(-40);
}
