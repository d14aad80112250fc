// Where the published data of epochs comes from: whoever has it. Whose word it is does not matter, since its hash is on chain.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { EpochHeader } from "../../protocol/epoch.ts";
import { SuperEdgeError } from "../../protocol/errors.ts";
import { hex32 } from "../../protocol/ids.ts";
import { keccak } from "../hashes.ts";

/** One that may have it: a relay. Throws if it has not. */
export type Source = (header: EpochHeader) => Promise<Uint8Array>;

export class Sources {
  readonly #sources: readonly Source[];
  readonly #folder: string | undefined;

  /** `folder`: what was found is kept there, so that a pool cannot take back what it has published. */
  constructor(sources: readonly Source[], folder?: string) {
    this.#sources = sources;
    this.#folder = folder;
    if (folder) mkdirSync(folder, { recursive: true });
  }

  /** The data whose hash the epoch names. Throws `not-found` with every source's reason. */
  async data({ roots, ...header }: EpochHeader): Promise<Uint8Array> {
    const isIt = (data: Uint8Array) => hex32(keccak(data)) === roots.dataHash;
    const file = this.#folder && join(this.#folder, `${roots.dataHash}.epoch`);
    if (file && existsSync(file)) {
      const kept = new Uint8Array(readFileSync(file));
      if (isIt(kept)) return kept;
    }
    const reasons: string[] = [];
    for (const source of this.#sources) {
      try {
        const data = await source({ ...header, roots });
        if (isIt(data)) {
          if (file) keep(file, data);
          return data;
        }
        reasons.push("other data");
      } catch (error) {
        reasons.push(error instanceof Error ? error.message : String(error));
      }
    }
    throw new SuperEdgeError(
      "not-found",
      `expected data with hash ${roots.dataHash}, found: ${reasons.join("; ") || "nobody to ask"}`,
    );
  }
}

function keep(file: string, data: Uint8Array): void {
  writeFileSync(`${file}.new`, data, { flush: true });
  renameSync(`${file}.new`, file);
}
