import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { toAddress } from "../../protocol/ids.ts";
import { Chain } from "../../relay/chain/chain.ts";
import { walletOf } from "../settlement/world.ts";

const KILLS = 10;
const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000);

/** Small and good enough to choose when to kill: mulberry32. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Runs the process until it has acknowledged so many, kills it with others in flight, and gives what it acknowledged. */
async function runAndKill(file: string, acknowledgements: number): Promise<string[]> {
  const script = fileURLToPath(new URL("chainProcess.ts", import.meta.url));
  const child = spawn(process.execPath, [script, file], { stdio: ["ignore", "pipe", "inherit"] });
  const acknowledged: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    acknowledged.push(line);
    if (acknowledged.length === acknowledgements) child.kill("SIGKILL");
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  expect(child.signalCode).toBe("SIGKILL");
  return acknowledged;
}

it(`the chain keeps every transaction it acknowledged, killed ${KILLS} times (seed ${SEED})`, async () => {
  const file = join(mkdtempSync(join(tmpdir(), "superedge-")), "chain.db");
  const next = random(SEED);
  const acknowledged = new Set<string>();
  for (let i = 0; i < KILLS; i++) {
    for (const hash of await runAndKill(file, 1 + Math.floor(next() * 60))) acknowledged.add(hash);
  }
  const sender = toAddress(walletOf("sender").address);
  const chain = await Chain.open({ file, chainId: 31337, accounts: [sender] });
  for (const hash of acknowledged) {
    const receipt = (await chain.request({ method: "eth_getTransactionReceipt", params: [hash] })) as {
      status: string;
    };
    expect(receipt.status).toBe("0x1");
  }
  // What was in flight may be there too, but nothing is there twice and nothing in between is missing.
  const count = Number(await chain.request({ method: "eth_getTransactionCount", params: [sender, "latest"] }));
  const received = await chain.request({ method: "eth_getBalance", params: [walletOf("receiver").address, "latest"] });
  expect(Number(received)).toBe(count);
  expect(count).toBeGreaterThanOrEqual(acknowledged.size);
  await chain.close();
}, 120_000);
