import type { VolunteerState } from "../../volunteer/state.ts";
import { counted, formatCount } from "../format/count.ts";
import { type Cell, latticeOf } from "./lattice.ts";

const SQUARES = 96;

const KINDS: readonly { kind: Exclude<Cell, "empty">; name: string; meaning: string }[] = [
  { kind: "certified", name: "Certified", meaning: "others computed the same" },
  { kind: "pending", name: "Being checked", meaning: "waiting for others’ results" },
  { kind: "rejected", name: "Rejected", meaning: "others agreed on something else" },
  { kind: "lapsed", name: "Not needed", meaning: "decided without this result; no harm done" },
];

/** What came of the tasks this tab computed. */
export function Tally({ tasks }: { tasks: VolunteerState["tasks"] }) {
  const { cells, tasksPerCell } = latticeOf(tasks, SQUARES);
  return (
    <section class="panel tally" aria-labelledby="tally-title">
      <h2 id="tally-title">{counted(tasks.computed, "task")} computed</h2>
      <div class="lattice" aria-hidden="true">
        {cells.map((cell, at) => (
          <i key={at} class={cell} />
        ))}
      </div>
      {tasksPerCell > 1 && <p class="soft small">One square stands for up to {formatCount(tasksPerCell)} tasks.</p>}
      <dl class="tally-kinds">
        {KINDS.map(({ kind, name, meaning }) => (
          <div key={kind}>
            <dt>
              <i class={`swatch ${kind}`} aria-hidden="true" />
              {name} <span class="soft small">{meaning}</span>
            </dt>
            <dd class="number">{formatCount(tasks[kind])}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
