// Submitting, step by step, so that the page can say what it is doing and what went wrong where.
import { signal } from "@preact/signals";
import type { Job, JobRequest, SubmitStep } from "../../../client/index.ts";
import { type Cid, toAddress } from "../../../protocol/ids.ts";
import { formatBytes } from "../format/bytes.ts";
import { counted } from "../format/count.ts";
import { formatEct } from "../format/ect.ts";
import { wordsOf } from "../format/wordsOf.ts";
import { type Connected, pool, refresh } from "./connection.ts";

export interface Step {
  words: string;
  state: "running" | "done" | "failed";
}

export type Submission =
  | { state: "none" }
  | { state: "running"; steps: Step[] }
  | { state: "failed"; steps: Step[]; why: string };

export const submission = signal<Submission>({ state: "none" });

/** All but the inputs' names, which are known once they are uploaded. */
export type Prepared = Omit<JobRequest, "inputs"> & { inputs: Uint8Array[]; tasks: number };

/** Uploads, funds, deposits, opens the deal and submits. Undefined if it failed: then `submission` says where. */
export async function submitJob(connected: Connected, prepared: Prepared): Promise<Job | undefined> {
  const steps: Step[] = [];
  const show = () => {
    submission.value = { state: "running", steps: [...steps] };
  };
  const begin = (words: string) => {
    for (const step of steps) step.state = "done";
    steps.push({ words, state: "running" });
    show();
  };
  try {
    const { grid, key, store } = connected;
    const inputs: Cid[] = [];
    for (const [at, bytes] of prepared.inputs.entries()) {
      // One blob may serve twice: queries compared with themselves.
      const same = prepared.inputs.indexOf(bytes);
      if (same === at) begin(`Uploading ${formatBytes(bytes.length)} of input`);
      inputs.push(inputs[same] ?? (await grid.upload(bytes)));
    }
    await fundIfPoor(connected, prepared.priceWei * BigInt(prepared.tasks), begin);
    const onStep = async (step: SubmitStep) => {
      begin(stepWords(step, prepared.tasks));
      // Written down before the relay is told: a page closed now still finds what it paid for.
      if (step.step === "announce") await store.remember(step.submit);
    };
    const { tasks: _, ...request } = prepared;
    const job = await grid.submit({ ...request, inputs }, key, onStep);
    await store.forget(job.id);
    await refresh(connected).catch(() => undefined); // the job runs; the lists catch up by themselves
    submission.value = { state: "none" };
    return job;
  } catch (error) {
    const last = steps[steps.length - 1];
    if (last) last.state = "failed";
    submission.value = { state: "failed", steps: [...steps], why: wordsOf(error) };
    return undefined;
  }
}

/** On the embedded chain the pool gives a new requester something to begin with. */
async function fundIfPoor(
  { grid, address }: Connected,
  depositWei: bigint,
  begin: (words: string) => void,
): Promise<void> {
  const { walletWei, freeWei, gasWei } = await grid.balances(address);
  if (walletWei + freeWei >= depositWei && gasWei > 0n) return;
  if (!pool.value?.faucet) return; // submitting will say what is missing
  begin("Asking the pool’s faucet for a starting balance");
  await grid.fund(toAddress(address));
}

function stepWords(step: SubmitStep, tasks: number): string {
  switch (step.step) {
    case "deposit":
      return `Depositing ${formatEct(step.wei)} ECT at the Hub`;
    case "openDeal":
      return `Opening a deal: ${formatEct(step.wei)} ECT for ${counted(tasks, "task")}`;
    case "announce":
      return "Handing the job to the pool";
  }
}
