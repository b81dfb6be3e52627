/**
 * ABIs that the demo needs beside the exchange's own: the mock feed and token, the insurance fund, and views that only checks use.
 */
import { parseAbi } from "viem";

export { exchangeAbi, lensAbi } from "../../../keeper/chain/abi.ts";

export const feedAbi = parseAbi([
  "function setAnswer(int256 answer)",
  "event AnswerUpdated(int256 indexed current, uint256 indexed roundId, uint256 updatedAt)",
]);

export const tokenAbi = parseAbi([
  "function mint(address to, uint256 amount)",
  "function approve(address spender, uint256 amount) returns (bool)",
  "function balanceOf(address owner) view returns (uint256)",
]);

export const fundAbi = parseAbi([
  "function deposit(uint256 assets, address receiver) returns (uint256)",
  "function requestRedeem(uint256 shares)",
  "function redeem(uint256 shares, address receiver, address owner) returns (uint256)",
  "function balanceOf(address owner) view returns (uint256)",
  "function maxRedeem(address owner) view returns (uint256)",
  "function COOLDOWN() view returns (uint256)",
]);

export const indexAbi = parseAbi([
  "function indexWordAt(uint256 market, bool isLong, uint256 shift, uint256 u, uint256 v) view returns (uint256)",
  "function indexTailAt(uint256 market, bool isLong, uint256 u, uint256 v) view returns (uint256)",
]);

export const multicallAbi = parseAbi(["function multicall(bytes[] data) returns (bytes[])"]);
