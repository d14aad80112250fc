import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { TaskState } from "../../../protocol/api.ts";
import { counted, formatCount } from "../format/count.ts";
import { useColourScheme } from "../results/useColourScheme.ts";
import { useWidth } from "../results/useWidth.ts";
import { drawTaskField } from "./drawTaskField.ts";
import { fieldOf, moved, STATE_WORDS, squareAt, squareState } from "./taskField.ts";

interface Props {
  tasks: number;
  stateOf: (task: number) => TaskState;
  /** Redraws when it changes. */
  version: number;
  selected: number | undefined;
  onSelect: (task: number) => void;
}

/**
 * Every task as a square, on one canvas for any number of them. To the keyboard and to screen readers it is a slider
 * over the tasks, whose value reads "task 17: certified".
 */
export function TaskSquares({ tasks, stateOf, version, selected, onSelect }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const width = useWidth(box);
  const field = useMemo(() => fieldOf(tasks, width), [tasks, width]);
  const [hovered, setHovered] = useState<number>();
  const scheme = useColourScheme();
  const chosen = Math.floor((selected ?? 0) / field.tasksPerSquare);
  useLayoutEffect(() => {
    if (canvas.current)
      drawTaskField(
        canvas.current,
        field,
        (square) => squareState(stateOf, field, square, tasks),
        selected === undefined ? undefined : chosen,
      );
  }, [version, field, chosen, selected, scheme, tasks, stateOf]);

  const select = (square: number | undefined) => square !== undefined && onSelect(square * field.tasksPerSquare);
  const words = (square: number) => {
    const first = square * field.tasksPerSquare;
    const last = Math.min(first + field.tasksPerSquare, tasks) - 1;
    const name = last > first ? `tasks ${formatCount(first)} to ${formatCount(last)}` : `task ${formatCount(first)}`;
    return `${name}: ${STATE_WORDS[squareState(stateOf, field, square, tasks)]}`;
  };
  return (
    <div class="task-squares" ref={box}>
      <canvas
        ref={canvas}
        role="slider"
        tabIndex={0}
        aria-label="Tasks"
        aria-valuemin={0}
        aria-valuemax={Math.max(0, field.squares - 1)}
        aria-valuenow={chosen}
        aria-valuetext={words(chosen)}
        onKeyDown={(event) => {
          const next = moved(field, chosen, event.key);
          if (next !== undefined) event.preventDefault();
          if (event.key === "Enter" || event.key === " ") {
            event.preventDefault();
            select(chosen);
          } else select(next);
        }}
        onClick={(event) => select(squareAt(field, event.offsetX, event.offsetY))}
        onPointerMove={(event) => setHovered(squareAt(field, event.offsetX, event.offsetY))}
        onPointerLeave={() => setHovered(undefined)}
      />
      <p class="small soft hover-line" aria-hidden="true">
        {hovered !== undefined && hovered < field.squares
          ? words(hovered)
          : field.tasksPerSquare > 1
            ? `One square stands for ${counted(field.tasksPerSquare, "task")}.`
            : "Choose a task to see who computed it."}
      </p>
    </div>
  );
}
