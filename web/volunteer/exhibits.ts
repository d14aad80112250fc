// What a volunteer shows of an output when the relay asks: leaves of its digest tree, or inner nodes.
import { DigestTree } from "../../protocol/digestProof.ts";
import { SuperEdgeError } from "../../protocol/errors.ts";
import { joinHashes } from "../../protocol/hashList.ts";
import type { RelayMessage, VolunteerMessage } from "../../protocol/messages.ts";

type Show = Extract<RelayMessage, { type: "show" }>;
type Shown = Extract<VolunteerMessage, { type: "shown" }>;

export class Exhibits {
  /** A dispute takes a few questions about one output, and hashing a large one takes a while. */
  readonly #trees = new WeakMap<Uint8Array, DigestTree>();

  /** Undefined if the output has no such nodes: then nothing is answered. */
  show({ output, itemBytes }: { output: Uint8Array; itemBytes: number }, question: Show): Shown | undefined {
    const { key, level, indices } = question;
    const tree = this.#trees.get(output) ?? new DigestTree(output, itemBytes);
    this.#trees.set(output, tree);
    try {
      const nodes = indices.map((index) => {
        const { bytes, path } = tree.node(level, index);
        return { index, bytes, path: joinHashes(path) };
      });
      return { type: "shown", key, level, nodes };
    } catch (error) {
      if (error instanceof SuperEdgeError) return undefined;
      throw error;
    }
  }
}
