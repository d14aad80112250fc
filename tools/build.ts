// Builds what a fresh clone lacks: contract artifacts, WASM kernels, web pages. A step runs only when what it reads has
// changed since it last succeeded.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, globSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

interface Step {
  name: string;
  /** What it reads. */
  reads: string[];
  /** Files it makes: without one of them the step runs. */
  makes: string[];
  program: string[];
}

const steps: Step[] = [
  {
    name: "contracts",
    reads: ["contracts/**/*.sol", "hardhat.config.ts"],
    makes: ["artifacts/contracts/Hub.sol/Hub.json"],
    program: ["node_modules/hardhat/dist/src/cli.js", "build", "--quiet"],
  },
  {
    name: "kernels",
    reads: ["kernels/*/assembly/**/*.ts", "tools/build-kernels.ts"],
    makes: ["kernels/option-pricing/build/kernel.wasm", "kernels/reference/build/kernel.wasm"],
    program: ["tools/build-kernels.ts"],
  },
  {
    name: "pages",
    reads: [
      "web/**/*",
      "protocol/**/*.ts",
      "kernels/**/*",
      "client/**/*.ts",
      "contracts/abi.ts",
      "vite.config.ts",
      "tools/build-pages.ts",
    ],
    makes: ["dist/web/index.html"],
    program: ["tools/build-pages.ts"],
  },
];

function fingerprint(step: Step): string {
  const hash = createHash("sha256").update(readFileSync(join(root, "package-lock.json")));
  for (const file of globSync([...step.reads, "tools/build.ts"], { cwd: root }).sort()) {
    if (!statSync(join(root, file)).isFile()) continue;
    hash.update(`\0${file}\0`).update(readFileSync(join(root, file)));
  }
  return hash.digest("hex");
}

/** Of what a compiler says, not what it finds in packages, which nobody here can mend. */
const withoutOthersWarnings = (text: string): string =>
  text.replace(/^Warning: .*\n\s+--> \.\/node_modules\/.*\n(?:.*\|.*\n)*\n?/gm, "").replace(/^\s+$/, "");

/** Those named on the command line, or all. */
const named = process.argv.slice(2);
for (const step of steps) {
  if (named.length > 0 && !named.includes(step.name)) continue;
  const stamp = join(root, "node_modules", ".superedge-built", step.name);
  const wanted = fingerprint(step);
  const isMade = step.makes.every((file) => existsSync(join(root, file)));
  if (isMade && existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) continue;
  process.stderr.write(`building ${step.name}\n`);
  const { status, stdout, stderr } = spawnSync(process.execPath, step.program, { cwd: root, encoding: "utf8" });
  process.stderr.write(status === 0 ? withoutOthersWarnings(stdout + stderr) : stdout + stderr);
  if (status !== 0) {
    process.stderr.write(`building ${step.name} failed\n`);
    process.exit(1);
  }
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, wanted);
}
