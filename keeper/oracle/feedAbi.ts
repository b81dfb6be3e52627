/**
 * What the keeper listens to, and reads, of the contracts behind a market's price: Chainlink's proxies and aggregators, and the price
 * sources of contracts/oracle.
 */
import { parseAbi } from "viem";

export const feedAbi = parseAbi([
  "event AnswerUpdated(int256 indexed current, uint256 indexed roundId, uint256 updatedAt)",
  "event AggregatorConfirmed(address indexed previous, address indexed latest)",
  "event PriceTaken(uint256 indexed publishTime, int64 price, uint64 confidence, int32 exponent)",
]);

/** Of price sources, proxies and feeds: which of these a contract answers says what it is. */
export const sourceAbi = parseAbi([
  "function aggregator() view returns (address)",
  "function decimals() view returns (uint8)",
  "function latestRoundData() view returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound)",
  "function heartbeat() view returns (uint256)",
  "function sequencerFeed() view returns (address)",
  "function sequencerGrace() view returns (uint256)",
  "function pyth() view returns (address)",
  "function window() view returns (uint256)",
  "function maxConfidenceRate() view returns (uint256)",
  "function primary() view returns (address)",
  "function referenceSource() view returns (address)",
  "function band() view returns (uint256)",
  "function maxReferenceAge() view returns (uint256)",
]);
