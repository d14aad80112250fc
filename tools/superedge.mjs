#!/usr/bin/env node
// The `superedge` command. It sets up what a fresh clone lacks, builds nothing, and starts tools/cli/main.ts: in this
// process where its Node.js runs TypeScript, else in a newer one.
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root, runProgram, setUp } from "./setup.mjs";

const main = join(root, "tools", "cli", "main.ts");
const node = await setUp();
if (node === process.execPath) await import(pathToFileURL(main).href);
else runProgram(node, [main, ...process.argv.slice(2)]);
