import { fileURLToPath } from "node:url";
import { defineConfig } from "hardhat/config";

/** Fuzz runs of a property. Before a release: FUZZ_RUNS=10000. */
const runs = Number(process.env.FUZZ_RUNS ?? 256);

export default defineConfig({
  paths: {
    sources: "contracts",
    tests: { solidity: "test/contracts/solidity" },
    artifacts: "artifacts",
    cache: "cache",
  },
  solidity: {
    version: "0.8.37",
    // The compiler's WebAssembly build, from its package: no download, the same bytes on every platform.
    path: fileURLToPath(import.meta.resolve("solc/soljson.js")),
    settings: { optimizer: { enabled: true, runs: 200 }, evmVersion: "cancun", viaIR: false },
  },
  test: {
    solidity: {
      fsPermissions: { readFile: ["test/vectors/poco.json", "test/vectors/orders.json"] },
      fuzz: { runs, seed: "0x5e" },
      invariant: { runs: Math.ceil(runs / 8), depth: 64, failOnRevert: true },
    },
  },
});
