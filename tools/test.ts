// `npm test`: everything a clean checkout must pass. Prints each tool's own output, and last `N passed, N failed`.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findBrowser } from "./browser.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const module = (path: string) => join(root, "node_modules", path);
let passed = 0;
let failed = 0;

interface Run {
  status: number | null;
  output: string;
}

/** `keep`: its output is needed afterwards, besides being shown. */
function run(args: readonly string[], keep = false): Run {
  const { status, stdout } = spawnSync(process.execPath, args, {
    cwd: root,
    stdio: ["ignore", keep ? "pipe" : "inherit", "inherit"],
    maxBuffer: 64 * 1024 * 1024,
  });
  const output = stdout?.toString() ?? "";
  process.stdout.write(output);
  return { status, output };
}

/** A tool that only says yes or no counts as one. */
function check(name: string, ...args: string[]): void {
  process.stdout.write(`\n── ${name}\n`);
  if (run(args).status === 0) passed++;
  else {
    failed++;
    process.stdout.write(`${name} failed\n`);
  }
}

function vitest(): void {
  process.stdout.write("\n── tests\n");
  const folder = mkdtempSync(join(tmpdir(), "superedge-tests-"));
  const file = join(folder, "results.json");
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${file}`];
  const { status } = run([module("vitest/vitest.mjs"), "run", ...reporters]);
  try {
    const results = JSON.parse(readFileSync(file, "utf8")) as { numPassedTests: number; numFailedTests: number };
    passed += results.numPassedTests;
    failed += results.numFailedTests;
    // A file that does not load, an unhandled error: no test of its own failed.
    if (status !== 0 && results.numFailedTests === 0) failed++;
  } catch {
    failed++;
  }
  rmSync(folder, { recursive: true, force: true });
}

function solidity(): void {
  process.stdout.write("\n── Solidity tests\n");
  const { status, output } = run([module("hardhat/dist/src/cli.js"), "test", "solidity"], true);
  const count = (word: string) => Number(new RegExp(`(\\d+) ${word}`).exec(output)?.[1] ?? 0);
  passed += count("passing");
  failed += count("failing") || (status === 0 && count("passing") > 0 ? 0 : 1);
}

findBrowser();
check("types", module("typescript/lib/tsc.js"), "-p", ".");
check("format and lint", module("@biomejs/biome/bin/biome"), "ci", ".");
check("Solidity lint", module("solhint/solhint.js"), "contracts/**/*.sol", "--max-warnings", "0");
check("unused code and packages", module("knip/bin/knip.js"));
solidity();
vitest();
process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
