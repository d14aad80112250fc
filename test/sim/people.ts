// The scheduler's own records, as the relay makes them from its tables (relay/rows.ts).
import type { Address, JobId, TaskKey } from "../../protocol/ids.ts";
import { firstReplicas } from "../../relay/scheduler/belief.ts";
import type { Job, Worker } from "../../relay/scheduler/state.ts";
import type { Population } from "./population.ts";
import type { Policy, Scenario } from "./scenario.ts";

/** A worker as the scheduler knows it, and the machine behind it. */
export interface Name extends Worker {
  machine: number;
  hasLied: boolean;
  /** Committed under this name. */
  contributions: number;
}

const hex = (n: number, digits: number): string => `0x${n.toString(16).padStart(digits, "0")}`;
const ENGINES: ReadonlySet<string> = new Set(["wasm"]);

/** A name nobody has had before; its owner is the machine's, unless the machine has no other way to seem a stranger. */
export function makeName(
  population: Population,
  machine: number,
  name: number,
  isNewOwner: boolean,
  score: number,
): Name {
  const owner = hex(isNewOwner ? population.size + name : population.owner[machine]!, 40) as Address;
  return {
    machine,
    hasLied: false,
    contributions: 0,
    address: hex(name, 40) as Address,
    owner,
    beneficiary: owner,
    subnet: `10.${population.subnet[machine]}`,
    score,
    engines: ENGINES,
    connected: false,
    wants: 0,
    leased: new Set(),
    taskMs: new Map(),
    good: 0,
    bad: 0,
    lapsed: 0,
    suspicion: 0,
    banned: false,
    failed: new Set(),
  };
}

export function makeJob({ job }: Scenario, policy: Policy): Job {
  const law = policy as Job["law"];
  const terms = { law, trust: job.trust, replicas: job.replicas };
  return {
    id: hex(1, 64) as JobId,
    engine: "wasm",
    app: "simulated",
    ...terms,
    firstReplicas: firstReplicas(terms),
    tasks: job.tasks,
    compare: { kind: "exact" },
    fresh: 0,
    again: [],
    open: new Map(),
    certified: 0,
    state: "running",
    failures: new Map(),
    pass: 0,
    keyOf: (index) => `task ${index}` as TaskKey,
  };
}
