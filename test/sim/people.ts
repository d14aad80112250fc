// The scheduler's own records, as the relay makes them from its tables (relay/rows.ts).
import { restsOnOne } from "../../protocol/api.ts";
import type { Address, JobId, TaskKey } from "../../protocol/ids.ts";
import type { Law } from "../../relay/scheduler/laws.ts";
import { newJob, newWorker } from "../../relay/scheduler/new.ts";
import type { Order } from "../../relay/scheduler/order.ts";
import type { Job, Worker } from "../../relay/scheduler/state.ts";
import type { Population } from "./population.ts";
import type { Policy, Scenario } from "./scenario.ts";

/** A worker as the scheduler knows it, and the machine behind it. */
export interface Name extends Worker {
  machine: number;
  /** Committed under this name, and how many of them were lies. */
  contributions: number;
  lies: number;
  /** For BOINC's rule, which counts them. */
  validInARow: number;
}

const hex = (n: number, digits: number): string => `0x${n.toString(16).padStart(digits, "0")}`;
const ENGINES: ReadonlySet<string> = new Set(["wasm"]);
const MACHINE_BITS = 16;

/** A name nobody has had before. The first has the machine's owner; whoever comes back seems to be somebody else. */
export function makeName(people: Population, machine: number, name: number, isFirst: boolean, score: number): Name {
  const owner = hex(isFirst ? people.owner[machine]! : people.size + name, 40) as Address;
  const cohort = people.cohort[machine]!;
  const subnet = people.subnet[machine]!;
  const worker = newWorker({
    address: hex(name, 40) as Address,
    owner,
    beneficiary: owner,
    subnet: `10.${subnet >> MACHINE_BITS}.${subnet & (2 ** MACHINE_BITS - 1)}`,
    cohort: cohort < 0 ? "" : `cohort ${cohort}`,
    numericClass: `class ${people.numericClass[machine]}`,
    score,
    engines: ENGINES,
  });
  return Object.assign(worker, { machine, contributions: 0, lies: 0, validInARow: 0 });
}

/** `policy` is the law it is settled by; `order` is for the one that keeps it secret. */
export function makeJob({ job }: Scenario, policy: Policy, law: Law, order: Order): Job {
  const isOurs = policy === "pool" || policy === "poco";
  return newJob({
    id: hex(1, 64) as JobId,
    engine: "wasm",
    app: "simulated",
    // A baseline is no law a deal could name; the scheduler finds it in its table all the same.
    law: policy as Job["law"],
    trust: job.trust,
    replicas: job.replicas,
    firstReplicas: law.first(job),
    tasks: job.tasks,
    compare: job.float ? { kind: "exact", within: "class" } : { kind: "exact" },
    ...(policy === "pool" && restsOnOne({ law: policy, trust: job.trust }) && { order }),
    keyOf: (index) => `task ${index}` as TaskKey,
    // The rules of others know neither referee nor spot checks.
    referee: isOurs && job.referee,
    ...(isOurs && { audit: { keyOf: (number) => `check ${number}` as TaskKey, next: 0, most: job.tasks } }),
  });
}
