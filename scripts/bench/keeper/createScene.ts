/**
 * A local chain with the exchange on it, whose blocks come by the clock and not by transactions, and traders at every leverage whom a falling price
 * takes out one after the other.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Address, Hex } from "viem";
import { type Call, connectChain } from "../../demo/chain/connectChain.ts";
import { keyOf, ROLES } from "../../demo/chain/keys.ts";
import { startChain } from "../../demo/chain/startChain.ts";
import { atoms, type DemoMarket, lotsOf, tickOf } from "../../demo/market/market.ts";
import { readMarkets } from "../../demo/market/readMarkets.ts";
import { createCalls } from "../../demo/traders/calls.ts";

export type SceneOptions = {
  /** Pairs of a leveraged long and a careful short. */
  readonly pairs: number;
  readonly keepers: number;
};

export type Scene = Awaited<ReturnType<typeof createScene>>;

const START = { btc: 100_000, eth: 4_000 };
const NOTIONAL = 4_000;
const HOUR = 3_600;

export async function createScene({ pairs, keepers }: SceneOptions) {
  const folder = mkdtempSync(join(tmpdir(), "plimsoll-bench-keeper-"));
  const deployment = join(folder, "31337.json");
  const accounts = ROLES.firstTrader + 1 + keepers + 2 * pairs;
  // prices stay fresh for hours: the bench is about keepers, not about feeds
  const url = await startChain({ ...START, accounts, start: 1_760_000_000, interval: HOUR, deployment });
  const chain = await connectChain(url);
  const { addresses, markets } = await readMarkets(chain.client, deployment);
  const market = markets[0] as DemoMarket;
  const calls = createCalls(addresses);
  const account = (index: number) => chain.accounts[index] as Address;
  const administrator = account(ROLES.administrator);
  const staker = account(ROLES.staker);
  const maker = account(ROLES.firstTrader);
  const keeperIndexes = Array.from({ length: keepers }, (_, i) => ROLES.firstTrader + 1 + i);
  const first = ROLES.firstTrader + 1 + keepers;

  const deposit = (address: Address, dollars: number): Call[] => [
    calls.mint(address, address, atoms(dollars)),
    calls.approve(address, addresses.exchange, atoms(dollars)),
    calls.deposit(address, atoms(dollars)),
  ];
  await mustMine([
    calls.mint(staker, staker, atoms(2_000)),
    calls.approve(staker, addresses.insuranceFund, atoms(2_000)),
    calls.stake(staker, atoms(2_000)),
    ...deposit(maker, 10_000_000),
    ...keeperIndexes.flatMap((index) => deposit(account(index), 10)),
    ...Array.from({ length: 2 * pairs }, (_, i) => deposit(account(first + i), 2 * NOTIONAL)).flat(),
  ]);
  for (let pair = 0; pair < pairs; pair++) {
    const lots = lotsOf(market, NOTIONAL, START.btc);
    const tick = tickOf(market, START.btc);
    // evenly spread maintenance prices: margin from 5 % to 20 % of the notional
    const margin = 0.05 + (0.15 * pair) / pairs;
    const leverage = Math.max(2, Math.floor(1 / margin));
    await mustMine([
      calls.setPrice(administrator, market, START.btc),
      calls.place(account(first + 2 * pair), { market, isBid: false, tick, lots, leverage: 2, rests: true }),
      calls.place(account(first + 2 * pair + 1), { market, isBid: true, tick, lots, leverage, rests: false }),
    ]);
  }

  async function mustMine(batch: readonly Call[]): Promise<void> {
    for (let from = 0; from < batch.length; from += 100) {
      const { mined } = await chain.mine(batch.slice(from, from + 100));
      const failed = mined.filter(({ ok }) => !ok);
      if (failed.length > 0) throw new Error(`${failed.length} of the scene's transactions failed`);
    }
  }

  /** Into the mempool: they are mined with the next block, before the keepers' by their tip. */
  async function submit(batch: readonly Call[]): Promise<void> {
    for (const [i, { from, to, data, gas }] of batch.entries()) {
      const fees = { maxFeePerGas: hex(10n ** 12n), maxPriorityFeePerGas: hex(10n ** 10n - BigInt(i)) };
      await chain.rpc.request("eth_sendTransaction", [{ from, to, data, gas: hex(gas), ...fees }]);
    }
  }

  function bidsBelow(price: number): Call {
    const bids = [0.0005, 0.001, 0.0015, 0.002].map((distance) => ({
      market,
      isBid: true,
      tick: tickOf(market, price * (1 - distance)),
      lots: lotsOf(market, 50_000, price),
      leverage: 2,
      rests: true,
    }));
    return calls.placeMany(maker, bids);
  }

  /** The price moves, and the maker's bids with it; without `withBids` there is nobody to sell to. */
  function move(price: number, withBids: boolean): Promise<void> {
    return submit([
      calls.cancelAll(maker, market),
      calls.setPrice(administrator, market, price),
      ...(withBids ? [bidsBelow(price)] : []),
    ]);
  }

  /** The maker waits for a price that is not there yet. In a block of their own. */
  function awaitPrice(price: number): Promise<void> {
    return mustMine([bidsBelow(price)]);
  }

  return {
    url,
    chain,
    calls,
    addresses,
    folder,
    deployment,
    market,
    start: START.btc,
    keys: keeperIndexes.map((index): Hex => keyOf(index)),
    keeperAddresses: keeperIndexes.map(account),
    administrator,
    maker,
    /** Whose margin is thinnest comes first. */
    longs: Array.from({ length: pairs }, (_, i) => account(first + 2 * i + 1)),
    shorts: Array.from({ length: pairs }, (_, i) => account(first + 2 * i)),
    submit,
    move,
    awaitPrice,
    byClock: () => chain.rpc.request("evm_setAutomine", [false]),
    mine: () => chain.rpc.request("evm_mine"),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function hex(value: bigint | number): Hex {
  return `0x${value.toString(16)}`;
}
