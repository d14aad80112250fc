// All that a relay keeps, and finds again at its next start.
import { join } from "node:path";
import type { Logger } from "pino";
import { Blobs, Room } from "./blobs/blobs.ts";
import type { CertifiedRow } from "./store/certified.ts";
import { Store } from "./store/store.ts";

export interface Stores {
  store: Store;
  /** Served to anybody by name: inputs, apps, code. */
  blobs: Blobs;
  /**
   * Outputs above 64 KiB, served as results only. By name, a volunteer that has just computed one could ask whether its
   * task is certified already, and so whether it is being checked.
   */
  outputs: Blobs;
}

/** The stores in `data`, before the relay answers anybody: settlement shares them. `maxBlobBytes`: for both kinds of blobs. */
export function openStores(data: string, log: Logger, maxBlobBytes?: number): Stores {
  const store = new Store(join(data, "relay.db"), (error) => {
    // Nothing may be acknowledged that is not on the disk. What is there resumes at the next start.
    log.fatal({ err: error }, "the store cannot be written; stopping");
    process.exit(1);
  });
  const room = new Room(maxBlobBytes);
  return { store, blobs: new Blobs(join(data, "blobs"), room), outputs: new Blobs(join(data, "outputs"), room) };
}

/** The bytes of a certified output. In stores of earlier versions large ones are among the blobs. */
export async function outputOf({ blobs, outputs }: Stores, { output, outputCid }: CertifiedRow): Promise<Uint8Array> {
  if (output) return output;
  return (await outputs.has(outputCid!)) ? outputs.get(outputCid!) : blobs.get(outputCid!);
}
