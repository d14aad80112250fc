// The data an epoch publishes: tasks with their contributions, and commit batches. With the deals' terms and the ledger
// before it, which are on chain and in earlier epochs, all its trees follow. MessagePack; hashes as bytes.
import { Unpackr } from "msgpackr";
import * as v from "valibot";
import type { SettledContribution, SettledTask, SignedBatch } from "./epoch.ts";
import { type Address, hex32, toHex } from "./ids.ts";
import { MAX_BATCH_TASKS } from "./limits.ts";
import { PackWriter } from "./packWriter.ts";
import { MAX_CONTRIBUTIONS } from "./poco.ts";

const VERSION = 1;
/** Tasks of one epoch: it is built in one piece on the relay's own thread, which takes seconds at this size. */
export const MAX_EPOCH_TASKS = 20_000;

const bytes = (length: number) =>
  v.pipe(
    v.instance(Uint8Array),
    v.check((b) => b.length === length, `expected ${length} bytes`),
  );
const uint = (max: number) => v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(max));
const hash = v.pipe(
  bytes(32),
  v.transform((b) => hex32(b)),
);
const address = v.pipe(
  bytes(20),
  v.transform((b) => toHex(b) as Address),
);
const signature = v.pipe(
  bytes(65),
  v.transform((b) => toHex(b)),
);

const dataSchema = v.strictTuple([
  v.literal(VERSION),
  v.array(v.strictTuple([address, uint(Number.MAX_SAFE_INTEGER), hash, uint(2 ** 32 - 1), signature])),
  v.pipe(
    v.array(
      v.strictTuple([
        hash,
        uint(2 ** 32 - 1),
        hash,
        hash,
        v.pipe(
          v.array(
            v.strictTuple([
              /** Which of the batches. */
              uint(2 ** 32 - 1),
              v.boolean(),
              hash,
              hash,
              uint(2 ** 32 - 1),
              uint(MAX_BATCH_TASKS - 1),
              v.pipe(v.array(hash), v.maxLength(32)),
            ]),
          ),
          v.maxLength(MAX_CONTRIBUTIONS),
        ),
      ]),
    ),
    v.maxLength(MAX_EPOCH_TASKS),
  ),
]);

export interface EpochData {
  /** Sorted by deal and index. */
  tasks: SettledTask[];
  /** Sorted by worker and sequence; every batch the contributions refer to is there. */
  batches: SignedBatch[];
}

const unpackr = new Unpackr({ useRecords: false });

export function encodeEpochData({ tasks, batches }: EpochData): Uint8Array {
  const placeOf = batchPlaces(batches);
  const out = new PackWriter();
  out.array(3);
  out.uint(VERSION);
  out.array(batches.length);
  for (const { worker, sequence, root, count, signature } of batches) {
    out.array(5);
    out.hex(worker);
    out.uint(sequence);
    out.hex(root);
    out.uint(count);
    out.hex(signature);
  }
  out.array(tasks.length);
  for (const { dealId, index, nonce, digest, contributions } of tasks) {
    out.array(5);
    out.hex(dealId);
    out.uint(index);
    out.hex(nonce);
    out.hex(digest);
    out.array(contributions.length);
    for (const contribution of contributions) writeContribution(out, contribution, placeOf(contribution));
  }
  return out.end();
}

function writeContribution(out: PackWriter, contribution: SettledContribution, batch: number): void {
  out.array(7);
  out.uint(batch);
  out.boolean(contribution.agrees);
  out.hex(contribution.digest);
  out.hex(contribution.salt);
  out.uint(contribution.score);
  out.uint(contribution.position);
  out.array(contribution.path.length);
  for (const hash of contribution.path) out.hex(hash);
}

/** Finds the place of a contribution's batch among these. */
export function batchPlaces(batches: readonly SignedBatch[]): (contribution: SettledContribution) => number {
  const places = new Map<Address, Map<number, number>>();
  for (const [place, { worker, sequence }] of batches.entries()) {
    const own = places.get(worker);
    if (own) own.set(sequence, place);
    else places.set(worker, new Map([[sequence, place]]));
  }
  return ({ worker, batch }) => places.get(worker)!.get(batch.sequence)!;
}

/** Parses what a pool published. Throws if it is malformed; whether it is true is for the trees to say. */
export function decodeEpochData(data: Uint8Array): EpochData {
  // msgpackr leaves a property on what it unpacks: it gets a view of its own.
  const [, batchTuples, taskTuples] = v.parse(dataSchema, unpackr.unpack(data.subarray()));
  const batches = batchTuples.map(
    ([worker, sequence, root, count, signature]): SignedBatch => ({ worker, sequence, root, count, signature }),
  );
  const tasks = taskTuples.map(([dealId, index, nonce, digest, contributions]): SettledTask => {
    return {
      dealId,
      index,
      nonce,
      digest,
      contributions: contributions.map(([place, agrees, digest, salt, score, position, path]) => {
        const batch = batches[place];
        if (!batch) throw new Error(`expected one of ${batches.length} batches, found number ${place}`);
        const { worker, sequence, root, count, signature } = batch;
        return { worker, agrees, digest, salt, score, position, path, batch: { sequence, root, count, signature } };
      }),
    };
  });
  return { tasks, batches };
}
