/**
 * The transactions that the demo's people send, encoded, each with a gas limit that it cannot need.
 */
import { type Address, encodeFunctionData, type Hex } from "viem";
import { exchangeAbi, feedAbi, fundAbi, multicallAbi, tokenAbi } from "../chain/abi.ts";
import type { Call } from "../chain/connectChain.ts";
import { type DemoMarket, feedAnswer } from "../market/market.ts";
import type { Addresses } from "../market/readMarkets.ts";

export type Order = {
  readonly market: DemoMarket;
  readonly isBid: boolean;
  readonly tick: number;
  readonly lots: bigint;
  readonly leverage: number;
  readonly reduceOnly?: boolean;
  /** Rests what does not fill. */
  readonly rests: boolean;
  /** Unix seconds, 0 for never. */
  readonly expiry?: number;
};

const GAS = { small: 300_000, order: 6_000_000, many: 15_000_000 };

export function createCalls({ exchange, insuranceFund, collateral }: Addresses) {
  const onExchange = (from: Address, data: Hex, gas: number): Call => ({ from, to: exchange, data, gas });

  return {
    mint: (from: Address, to: Address, amount: bigint): Call => ({
      from,
      to: collateral,
      data: encodeFunctionData({ abi: tokenAbi, functionName: "mint", args: [to, amount] }),
      gas: GAS.small,
    }),
    approve: (from: Address, spender: Address, amount: bigint): Call => ({
      from,
      to: collateral,
      data: encodeFunctionData({ abi: tokenAbi, functionName: "approve", args: [spender, amount] }),
      gas: GAS.small,
    }),
    deposit: (from: Address, amount: bigint): Call =>
      onExchange(from, encodeFunctionData({ abi: exchangeAbi, functionName: "deposit", args: [amount] }), GAS.small),
    withdraw: (from: Address, amount: bigint): Call =>
      onExchange(
        from,
        encodeFunctionData({ abi: exchangeAbi, functionName: "withdraw", args: [amount, from] }),
        GAS.small,
      ),
    withdrawTreasury: (from: Address, amount: bigint): Call =>
      onExchange(
        from,
        encodeFunctionData({ abi: exchangeAbi, functionName: "withdrawTreasury", args: [amount, from] }),
        GAS.small,
      ),
    /** @param triggerRate Equity / notional below which anybody may top the position up, pips. */
    setTopUp: (from: Address, market: DemoMarket, triggerRate: number, most: bigint): Call =>
      onExchange(
        from,
        encodeFunctionData({
          abi: exchangeAbi,
          functionName: "setTopUp",
          args: [BigInt(market.id), BigInt(triggerRate), most],
        }),
        GAS.small,
      ),
    stake: (from: Address, amount: bigint): Call => ({
      from,
      to: insuranceFund,
      data: encodeFunctionData({ abi: fundAbi, functionName: "deposit", args: [amount, from] }),
      gas: GAS.small,
    }),
    requestRedeem: (from: Address, shares: bigint): Call => ({
      from,
      to: insuranceFund,
      data: encodeFunctionData({ abi: fundAbi, functionName: "requestRedeem", args: [shares] }),
      gas: GAS.small,
    }),
    redeem: (from: Address, shares: bigint): Call => ({
      from,
      to: insuranceFund,
      data: encodeFunctionData({ abi: fundAbi, functionName: "redeem", args: [shares, from, from] }),
      gas: GAS.order,
    }),
    setPrice: (from: Address, market: DemoMarket, price: number): Call => ({
      from,
      to: market.feed,
      data: encodeFunctionData({ abi: feedAbi, functionName: "setAnswer", args: [feedAnswer(price)] }),
      gas: GAS.small,
    }),
    cancelAll: (from: Address, market: DemoMarket): Call =>
      onExchange(
        from,
        encodeFunctionData({ abi: exchangeAbi, functionName: "cancelAll", args: [BigInt(market.id)] }),
        GAS.order,
      ),
    place: (from: Address, order: Order): Call => onExchange(from, encodeOrder(order), GAS.order),
    placeMany: (from: Address, orders: readonly Order[]): Call =>
      onExchange(
        from,
        encodeFunctionData({ abi: multicallAbi, functionName: "multicall", args: [orders.map(encodeOrder)] }),
        GAS.many,
      ),
  };
}

export type Calls = ReturnType<typeof createCalls>;

function encodeOrder({ market, isBid, tick, lots, leverage, rests, reduceOnly = false, expiry = 0 }: Order): Hex {
  const request = {
    market: market.id,
    isBid,
    tick,
    lots: Number(lots),
    timeInForce: rests ? 0 : 1,
    selfTrade: 0,
    reduceOnly,
    leverage,
    expiry,
    maxSteps: market.maxSteps,
    clientId: 0n,
  };
  return encodeFunctionData({ abi: exchangeAbi, functionName: "placeOrder", args: [request] });
}
