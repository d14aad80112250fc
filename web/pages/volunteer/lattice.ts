// The field of squares that stands for the tasks this tab has computed.
import type { VolunteerState } from "../../volunteer/state.ts";

export type Cell = "certified" | "pending" | "rejected" | "lapsed" | "empty";

export interface Lattice {
  cells: Cell[];
  /** Tasks that one square stands for. */
  tasksPerCell: number;
}

/**
 * Spreads the tasks over `size` squares. Once there are more tasks than squares, a square stands for 2, 4, 8 … of them,
 * and a kind with any task keeps at least one square: a rejected task must not vanish by rounding.
 */
export function latticeOf(tasks: Omit<VolunteerState["tasks"], "computed">, size: number): Lattice {
  const kinds = ["certified", "pending", "rejected", "lapsed"] as const;
  for (let tasksPerCell = 1; ; tasksPerCell *= 2) {
    const cells: Cell[] = [];
    for (const kind of kinds) {
      const squares = Math.ceil(tasks[kind] / tasksPerCell);
      if (cells.length + squares > size) break;
      for (let square = 0; square < squares; square++) cells.push(kind);
    }
    const wanted = kinds.reduce((sum, kind) => sum + Math.ceil(tasks[kind] / tasksPerCell), 0);
    if (wanted > size) continue;
    while (cells.length < size) cells.push("empty");
    return { cells, tasksPerCell };
  }
}
