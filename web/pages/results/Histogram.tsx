import { useRef } from "preact/hooks";
import type { Histogram as Counts } from "../../../kernels/builtin.ts";
import { formatCount } from "../format/count.ts";
import { significant } from "../format/significant.ts";
import { ticksOf } from "./ticks.ts";
import { useWidth } from "./useWidth.ts";

const HEIGHT = 240;
/** A tick's number and the room around it, CSS pixels. */
const TICK_PX = 80;
/** Room below the axis, for numbers and the label. */
const BASE = 48;
const TOP = 8;

/** Counts as bars. */
export function Histogram({ histogram: { label, edges, counts } }: { histogram: Counts }) {
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box);
  const low = edges[0];
  const high = edges[edges.length - 1];
  if (low === undefined || high === undefined || !(high > low)) return null;
  const most = Math.max(1, ...counts);
  const x = (value: number) => ((value - low) / (high - low)) * width;
  const top = (count: number) => HEIGHT - BASE - (count / most) * (HEIGHT - BASE - TOP);
  return (
    <div ref={box}>
      <svg
        class="histogram"
        viewBox={`0 0 ${width} ${HEIGHT}`}
        role="img"
        aria-label={`Histogram: ${label}. The table below says the same.`}
      >
        {counts.map((count, at) => {
          const [from, to] = [edges[at]!, edges[at + 1]!];
          return (
            <rect
              key={from}
              x={x(from)}
              y={top(count)}
              width={Math.max(0.5, x(to) - x(from) - 1)}
              height={HEIGHT - BASE - top(count)}
            >
              <title>{`${significant(from, 5)} to ${significant(to, 5)}: ${formatCount(count)}`}</title>
            </rect>
          );
        })}
        <line class="axis" x1={0} x2={width} y1={HEIGHT - BASE} y2={HEIGHT - BASE} />
        {ticksOf(low, high, Math.max(2, width / TICK_PX)).map((tick) => (
          <text key={tick} x={x(tick)} y={HEIGHT - BASE + 18} text-anchor={anchorAt(x(tick), width)}>
            {significant(tick, 6)}
          </text>
        ))}
        <text class="axis-label" x={width / 2} y={HEIGHT - 6} text-anchor="middle">
          {label}
        </text>
      </svg>
    </div>
  );
}

const anchorAt = (x: number, width: number) => (x < 30 ? "start" : x > width - 30 ? "end" : "middle");
