import type { TaskState } from "../../../protocol/api.ts";
import type { TaskField } from "./taskField.ts";

/** Draws each square in its state's colour and, where it is large enough, in its state's shape. */
export function drawTaskField(
  canvas: HTMLCanvasElement,
  field: TaskField,
  stateOf: (square: number) => TaskState,
  selected: number | undefined,
): void {
  const { columns, rows, pitchPx, squares } = field;
  const scale = devicePixelRatio;
  canvas.style.width = `${columns * pitchPx}px`;
  canvas.style.height = `${rows * pitchPx}px`;
  canvas.width = Math.round(columns * pitchPx * scale);
  canvas.height = Math.round(rows * pitchPx * scale);
  const context = canvas.getContext("2d")!;
  context.setTransform(scale, 0, 0, scale, 0, 0);
  const style = getComputedStyle(canvas);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const colours: Record<TaskState, string> = {
    waiting: colour("--line-strong"),
    leased: colour("--spark"),
    committed: colour("--commit"),
    disputed: colour("--wrong"),
    certified: colour("--good"),
  };
  const gap = pitchPx > 10 ? 3 : 1;
  const side = pitchPx - gap;
  for (let square = 0; square < squares; square++) {
    const x = (square % columns) * pitchPx + gap / 2;
    const y = Math.floor(square / columns) * pitchPx + gap / 2;
    const state = stateOf(square);
    context.fillStyle = context.strokeStyle = colours[state];
    drawShape(context, state, x, y, side);
    if (square === selected) {
      context.strokeStyle = colour("--ink");
      context.lineWidth = 2.5;
      context.strokeRect(x - 0.5, y - 0.5, side + 1, side + 1);
    }
  }
}

function drawShape(context: CanvasRenderingContext2D, state: TaskState, x: number, y: number, side: number): void {
  const line = side > 8 ? 1.5 : 1;
  context.lineWidth = line;
  const outline = () => context.strokeRect(x + line / 2, y + line / 2, side - line, side - line);
  switch (state) {
    case "waiting":
      outline();
      break;
    case "leased":
      outline();
      context.fillRect(x, y + side / 2, side, side / 2);
      break;
    case "committed":
      outline();
      triangle(context, x, y, side);
      break;
    case "disputed":
      outline();
      context.beginPath();
      context.moveTo(x, y);
      context.lineTo(x + side, y + side);
      context.moveTo(x + side, y);
      context.lineTo(x, y + side);
      context.lineWidth = line * 1.5;
      context.stroke();
      break;
    case "certified":
      context.fillRect(x, y, side, side);
      break;
  }
}

function triangle(context: CanvasRenderingContext2D, x: number, y: number, side: number): void {
  context.beginPath();
  context.moveTo(x, y);
  context.lineTo(x + side, y);
  context.lineTo(x, y + side);
  context.fill();
}
