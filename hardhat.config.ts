import { fileURLToPath } from "node:url";
import hardhatToolboxMochaEthers from "@nomicfoundation/hardhat-toolbox-mocha-ethers";
import dotenv from "dotenv";
import { configVariable, defineConfig } from "hardhat/config";

dotenv.config({ quiet: true });

// The compiler comes from npm, because a build must not depend on a download. Hardhat wants the path absolute.
const solcPath = fileURLToPath(import.meta.resolve("solc/soljson.js"));

const compiler = (runs: number) => ({
  version: "0.8.37",
  path: solcPath,
  settings: {
    evmVersion: "osaka",
    viaIR: true,
    optimizer: { enabled: true, runs },
    metadata: { bytecodeHash: "none" as const },
  },
});

/** `npm run test:deep`: an order more histories. */
const deep = process.env.PLIMSOLL_DEEP === "1";

/** Accounts of the demo and of the tests: more than the demo's traders, makers, keeper and administrator together. */
const accounts = { count: 480, accountsBalance: 10_000n * 10n ** 18n };

export default defineConfig({
  plugins: [hardhatToolboxMochaEthers],
  solidity: {
    profiles: {
      default: { compilers: [compiler(200)] },
      production: { compilers: [compiler(200)] },
    },
  },
  networks: {
    default: { type: "edr-simulated", chainType: "l1", chainId: 31337, hardfork: "osaka", accounts },
    node: { type: "edr-simulated", chainType: "l1", chainId: 31337, hardfork: "osaka", accounts },
    localhost: { type: "http", chainType: "l1", url: "http://127.0.0.1:8545" },
    rpc: {
      type: "http",
      chainType: "l1",
      url: configVariable("RPC_URL"),
      accounts: [configVariable("DEPLOYER_PRIVATE_KEY")],
    },
  },
  paths: { tests: { mocha: "./test", solidity: "./test" } },
  test: {
    mocha: { timeout: 600_000 },
    solidity: deep
      ? { fuzz: { runs: 5_000 }, invariant: { runs: 1_024, depth: 320, failOnRevert: false } }
      : { fuzz: { runs: 256 }, invariant: { runs: 256, depth: 128, failOnRevert: false } },
  },
});
