import { fileURLToPath } from "node:url";
import { defineConfig } from "hardhat/config";

export default defineConfig({
  paths: { sources: "contracts", tests: { solidity: "test/contracts/solidity" }, artifacts: "artifacts", cache: "cache" },
  solidity: {
    version: "0.8.37",
    // The compiler's WebAssembly build, from its package: no download, the same bytes on every platform.
    path: fileURLToPath(import.meta.resolve("solc/soljson.js")),
    settings: { optimizer: { enabled: true, runs: 1000 }, evmVersion: "cancun", viaIR: false },
  },
  test: {
    solidity: {
      fuzz: { runs: 256, seed: "0x5e" },
      invariant: { runs: 32, depth: 48, failOnRevert: true },
    },
  },
});
