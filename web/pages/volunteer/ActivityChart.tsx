import { useEffect, useRef } from "preact/hooks";
import { activityWords, type Samples } from "./activity.ts";
import type { Chart } from "./chart.ts";

export function ActivityChart({ samples }: { samples: Samples }) {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<Chart | null>(null);
  const latest = useRef(samples);
  latest.current = samples;
  useEffect(() => {
    let gone = false;
    import("./chart.ts").then(({ drawChart }) => {
      if (gone || !box.current) return;
      chart.current = drawChart(box.current);
      chart.current.show(latest.current);
    });
    return () => {
      gone = true;
      chart.current?.remove();
    };
  }, []);
  useEffect(() => chart.current?.show(samples), [samples]);
  const words = activityWords(samples);
  return (
    <section class="panel activity" aria-labelledby="activity-title">
      <h2 id="activity-title">Activity</h2>
      <div class="chart" ref={box} role="img" aria-label={words} />
      <p class="chart-key small">
        <span class="key-tasks">Tasks finished per second</span>
        <span class="key-busy">Busy share of the time</span>
      </p>
      <p class="soft small">{words}</p>
    </section>
  );
}
