// The live chart. Loaded after consent only: with it comes the plotting library.
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { chartColumns, type Samples, shownSeconds } from "./activity.ts";

export interface Chart {
  show(samples: Samples): void;
  remove(): void;
}

const HEIGHT_PX = 180;

export function drawChart(box: HTMLElement): Chart {
  let samples: Samples = [];
  let plot = make(box);
  const resize = new ResizeObserver(() => plot.setSize({ width: box.clientWidth, height: HEIGHT_PX }));
  resize.observe(box);
  // Colours are read once a plot is made: a change of theme makes a new one.
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const remake = () => {
    plot.destroy();
    plot = make(box);
    plot.setData(chartColumns(samples));
  };
  dark.addEventListener("change", remake);
  return {
    show(next) {
      samples = next;
      plot.setData(chartColumns(samples));
    },
    remove() {
      dark.removeEventListener("change", remake);
      resize.disconnect();
      plot.destroy();
    },
  };
}

function make(box: HTMLElement): uPlot {
  const style = getComputedStyle(box);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const axis = {
    stroke: colour("--ink-soft"),
    grid: { stroke: colour("--line"), width: 1 },
    ticks: { show: false },
    font: `12px ${style.fontFamily}`,
  };
  return new uPlot(
    {
      width: box.clientWidth,
      height: HEIGHT_PX,
      legend: { show: false },
      cursor: { show: false },
      padding: [10, 0, 0, 0],
      scales: {
        x: { time: false, range: (_, first) => [-shownSeconds(first), 0] },
        tasks: { range: (_, __, most) => [0, Math.max(2, Math.ceil(most * 1.1))] },
        busy: { range: [0, 100] },
      },
      axes: [
        {
          ...axis,
          size: 28,
          values: (_, all) => all.map((s) => (s === 0 ? "now" : s % 60 ? `−${-s} s` : `−${-s / 60} min`)),
          incrs: [15, 30, 60],
        },
        { ...axis, scale: "tasks", size: 36, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500] },
        {
          ...axis,
          scale: "busy",
          side: 1,
          size: 48,
          grid: { show: false },
          values: (_, all) => all.map((p) => `${p} %`),
        },
      ],
      series: [
        {},
        {
          scale: "tasks",
          stroke: colour("--accent"),
          fill: colour("--accent-wash"),
          width: 2,
          points: { show: false },
          paths: uPlot.paths.stepped!({ align: -1 }),
        },
        { scale: "busy", stroke: colour("--spark"), width: 1.5, dash: [5, 3], points: { show: false } },
      ],
    },
    [[], [], []],
    box,
  );
}
