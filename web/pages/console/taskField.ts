// Where the squares of a job's tasks lie, and which state one shows.
import type { TaskState } from "../../../protocol/api.ts";

/** In the order in which a square that stands for several tasks chooses: the one that wants attention most. */
export const TASK_STATES = ["disputed", "leased", "committed", "waiting", "certified"] as const satisfies TaskState[];

export interface TaskField {
  columns: number;
  rows: number;
  /** Side of a square with its gap, CSS pixels. */
  pitchPx: number;
  tasksPerSquare: number;
  squares: number;
}

/** A square large enough for a finger. */
const LARGEST_PX = 28;
/** Below this a square cannot show a state. */
const SMALLEST_PX = 6;
/** The field grows down to this height before squares shrink, and never beyond it, CSS pixels. */
const TALLEST_PX = 320;

/** The largest squares that show every task in the given width; several tasks a square if they would be too small. */
export function fieldOf(tasks: number, widthPx: number): TaskField {
  for (let tasksPerSquare = 1; ; tasksPerSquare *= 2) {
    const squares = Math.max(1, Math.ceil(tasks / tasksPerSquare));
    for (let pitchPx = LARGEST_PX; pitchPx >= SMALLEST_PX; pitchPx--) {
      const columns = Math.max(1, Math.floor(widthPx / pitchPx));
      const rows = Math.ceil(squares / columns);
      if (rows * pitchPx <= TALLEST_PX) return { columns, rows, pitchPx, tasksPerSquare, squares };
    }
  }
}

/** The state a square shows of the tasks it stands for. */
export function squareState(
  stateOf: (task: number) => TaskState,
  field: TaskField,
  square: number,
  tasks: number,
): TaskState {
  const first = square * field.tasksPerSquare;
  const end = Math.min(first + field.tasksPerSquare, tasks);
  let best: number = TASK_STATES.length - 1;
  for (let task = first; task < end && best > 0; task++) best = Math.min(best, TASK_STATES.indexOf(stateOf(task)));
  return TASK_STATES[best]!;
}

/** The square under a point of the field, CSS pixels; undefined beside it. */
export function squareAt(field: TaskField, x: number, y: number): number | undefined {
  const column = Math.floor(x / field.pitchPx);
  const row = Math.floor(y / field.pitchPx);
  const square = row * field.columns + column;
  return column >= 0 && column < field.columns && row >= 0 && square < field.squares ? square : undefined;
}

/** Where a key moves from a square. Undefined for keys that do not move. */
export function moved(field: TaskField, square: number, key: string): number | undefined {
  const steps: Record<string, number> = {
    ArrowLeft: -1,
    ArrowRight: 1,
    ArrowUp: -field.columns,
    ArrowDown: field.columns,
    PageUp: -10 * field.columns,
    PageDown: 10 * field.columns,
    Home: -field.squares,
    End: field.squares,
  };
  const step = steps[key];
  if (step === undefined) return undefined;
  const next = square + step;
  // Up and down stay in their column at the edges; the others stop at the ends.
  if (key === "ArrowUp" || key === "ArrowDown") return next >= 0 && next < field.squares ? next : square;
  return Math.max(0, Math.min(field.squares - 1, next));
}

export const STATE_WORDS: Record<TaskState, string> = {
  waiting: "waiting",
  leased: "being computed",
  committed: "committed, being compared",
  disputed: "results differ",
  certified: "certified",
};
