// Certified tasks in great numbers, signed as volunteers sign them: every worker's contributions in batches of 64, each
// with its commitment, its place and its proof. Nothing is computed: a digest is the hash of a number.
import { commitBatchHash, commitmentOf, type Domain, taskKeyOf } from "../../../protocol/commit.ts";
import type { SettledContribution, SettledTask } from "../../../protocol/epoch.ts";
import { type Address, type Bytes32, hex32, toHex } from "../../../protocol/ids.ts";
import { KeccakTree } from "../../../protocol/keccakTree.ts";
import { MAX_BATCH_TASKS } from "../../../protocol/limits.ts";
import { keccak } from "../../../relay/hashes.ts";
import { addressOfKey, signHash } from "../../../relay/signature.ts";

/** So many tasks of a deal, from this one on. */
export interface TaskRange {
  dealId: Bytes32;
  from: number;
  count: number;
}

interface Worker {
  key: Uint8Array;
  address: Address;
  batches: number;
}

interface Own {
  contribution: SettledContribution;
  commitment: Uint8Array;
}

/** 32 bytes that depend on these numbers alone. */
function drawn(...numbers: number[]): Uint8Array {
  const bytes = new Uint8Array(8 * numbers.length);
  const view = new DataView(bytes.buffer);
  numbers.forEach((number, i) => {
    view.setFloat64(8 * i, number);
  });
  return keccak(bytes);
}

export class Volunteers {
  readonly #domain: Domain;
  readonly #pool: Address;
  readonly #workers: Worker[];
  #task = 0;

  constructor(domain: Domain, pool: Address, count: number) {
    this.#domain = domain;
    this.#pool = pool;
    this.#workers = Array.from({ length: count }, (_, i) => {
      const key = drawn(0, i);
      return { key, address: addressOfKey(key), batches: 0 };
    });
  }

  /** Two workers a task; every worker on about as many. All agree. */
  certify(ranges: readonly TaskRange[]): SettledTask[] {
    const own: Own[][] = this.#workers.map(() => []);
    const tasks = ranges.flatMap(({ dealId, from, count }) =>
      Array.from({ length: count }, (_, i) => this.#certifyOne(dealId, from + i, own)),
    );
    for (const [i, worker] of this.#workers.entries()) this.#sign(worker, own[i]!);
    return tasks;
  }

  #certifyOne(dealId: Bytes32, index: number, own: Own[][]): SettledTask {
    const task = this.#task++;
    const nonce = drawn(1, task);
    const digest = drawn(2, task);
    const key = taskKeyOf(dealId, index, nonce, keccak);
    const count = this.#workers.length;
    const places = [task % count, (task + 1 + (task % Math.min(7, count - 1))) % count];
    const contributions = places.map((place): SettledContribution => {
      const { address: worker } = this.#workers[place]!;
      const salt = drawn(3, task, place);
      const contribution = {
        ...{ worker, agrees: true, digest: hex32(digest), salt: hex32(salt), score: 0 },
        ...{ batch: UNSIGNED, position: 0, path: [] },
      };
      own[place]!.push({ contribution, commitment: commitmentOf(key, worker, digest, salt, keccak) });
      return contribution;
    });
    return { dealId, index, nonce: hex32(nonce), digest: hex32(digest), contributions };
  }

  #sign(worker: Worker, own: Own[]): void {
    for (let from = 0; from < own.length; from += MAX_BATCH_TASKS) {
      const chunk = own.slice(from, from + MAX_BATCH_TASKS);
      const tree = new KeccakTree(
        chunk.map(({ commitment }) => commitment),
        keccak,
      );
      const { root, count } = tree;
      const message = { pool: this.#pool, worker: worker.address, sequence: worker.batches++, root, count };
      const signature = toHex(signHash(commitBatchHash(this.#domain, message), worker.key));
      const batch = { sequence: message.sequence, root: hex32(root), count, signature };
      for (const [position, { contribution }] of chunk.entries())
        Object.assign(contribution, { batch, position, path: tree.path(position).map(hex32) });
    }
  }
}

const UNSIGNED = { sequence: 0, root: hex32(new Uint8Array(32)), count: 0, signature: toHex(new Uint8Array(65)) };
