// What happens to the scheduler, and what it wants done about it.

import type { Attributes } from "../../protocol/ads.ts";
import type { ErrorCode } from "../../protocol/errors.ts";
import type { Address, Bytes32, JobId } from "../../protocol/ids.ts";
import type { Reason } from "./laws.ts";
import type { Contribution, Job, Task, Worker } from "./state.ts";

export type Event =
  | { type: "jobAdded"; job: Job }
  | {
      type: "jobRestored";
      job: Job;
      certified: ReadonlySet<number>;
      contributions: { index: number; contribution: Contribution }[];
    }
  /** Spot checks somebody committed to before a restart. */
  | { type: "checksRestored"; checks: Task[] }
  | { type: "jobStopped"; job: JobId; code: ErrorCode; message: string }
  | { type: "workerJoined"; worker: Worker }
  | { type: "workerLeft"; worker: Address }
  /** What it can run has changed. */
  | {
      type: "adChanged";
      worker: Address;
      engines: ReadonlySet<string>;
      numericClass: string;
      attributes: Attributes;
    }
  | { type: "workRequested"; worker: Address; tasks: number }
  /** Already checked: signature, sequence, root. Keys the worker holds no lease for have been refused. */
  | {
      type: "committed";
      worker: Address;
      tasks: { task: Task; commitment: Bytes32 }[];
      busyMs: number;
      workMs?: number | undefined;
    }
  /** Already checked: digest and salt open the commitment, an inline output has that digest. */
  | {
      type: "revealed";
      worker: Address;
      task: Task;
      digest: Bytes32;
      output: Uint8Array | undefined;
      /** Already checked: they have that digest. */
      sample?: Uint8Array | undefined;
    }
  /** The canonical bytes of a large output have arrived and have the digest. */
  | { type: "uploaded"; worker: Address; task: Task }
  | { type: "handedBack"; worker: Address; tasks: Task[] }
  | { type: "failed"; worker: Address; task: Task; code: ErrorCode; message: string }
  /** The referee has run a task: its digest; or why it is not to be trusted; or neither, if it could not. */
  | { type: "refereed"; task: Task; digest?: Bytes32; unstable?: string }
  /** An epoch tells everybody that these tasks are certified. */
  | { type: "published"; job: JobId; indices: ReadonlySet<number> }
  | { type: "ticked" };

export type Effect =
  | { type: "lease"; worker: Worker; job: Job; tasks: Task[]; deadlineMs: number }
  | { type: "idle"; worker: Worker; reason: string }
  | { type: "askReveal"; worker: Address; tasks: Task[] }
  | { type: "askUpload"; worker: Address; task: Task }
  | { type: "revoke"; worker: Address; tasks: Task[] }
  /** The contribution is dropped: not revealed in time, or the job stopped. */
  | { type: "lapsed"; task: Task; contribution: Contribution }
  /** Revealed, undisputed, and waiting until its workers have passed more checks. */
  | { type: "held"; task: Task }
  | {
      type: "certified";
      task: Task;
      canonical: Contribution;
      agreeing: Contribution[];
      rejected: Contribution[];
      reason: Reason;
    }
  | { type: "mismatch"; task: Task; contributions: Contribution[] }
  /** A spot check has been answered. */
  | { type: "checked"; task: Task; contribution: Contribution; passed: boolean }
  /** The pool runs this task itself, twice, and answers with `refereed`. */
  | { type: "askReferee"; task: Task }
  /** Nobody was wrong in this job after all: its kernel is not deterministic. */
  | { type: "acquitted"; job: Job }
  | { type: "workerChanged"; worker: Worker }
  | { type: "banned"; worker: Worker }
  | { type: "jobDone"; job: Job }
  | { type: "jobStopped"; job: Job; code: ErrorCode; message: string };
