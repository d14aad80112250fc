// What a volunteer shows of an output when the relay asks: leaves of its digest tree, or inner nodes.
import type { DigestTree } from "../../protocol/digestProof.ts";
import { SuperEdgeError } from "../../protocol/errors.ts";
import { joinHashes } from "../../protocol/hashList.ts";
import type { RelayMessage, VolunteerMessage } from "../../protocol/messages.ts";

type Show = Extract<RelayMessage, { type: "show" }>;
type Shown = Extract<VolunteerMessage, { type: "shown" }>;

/** Undefined if the tree has no such nodes: then nothing is answered. */
export function shownOf(tree: DigestTree, { key, level, indices }: Show): Shown | undefined {
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
