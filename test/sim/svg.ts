// Line plots as SVG text: drawn in colours that can be read on white and on black, since pages show them on both.

export interface Series {
  name: string;
  points: readonly { x: number; y: number }[];
}

export interface Plot {
  title: string;
  x: { label: string; log?: boolean };
  y: { label: string; log?: boolean };
  series: readonly Series[];
}

const WIDTH = 790;
const HEIGHT = 420;
const LEFT = 74;
const RIGHT = 260;
const TOP = 44;
const BOTTOM = 56;
/** Okabe and Ito's palette, its two darkest lightened: told apart by the colour-blind, on white and on black. */
const COLOURS = ["#0091d5", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9", "#8a8a8a", "#b0a000"];
const MARKS = ["", "6 4", "2 3", "10 4 2 4", "1 5", "12 3"];

interface Scale {
  at(value: number): number;
  ticks: { value: number; text: string }[];
}

const escapeXml = (text: string): string =>
  text.replace(/[<>&"]/g, (c) => ({ "<": "&lt;", ">": "&gt;", "&": "&amp;", '"': "&quot;" })[c]!);

/** 1, 2 or 5 times a power of ten: about five of them in the range. */
function linearTicks(low: number, high: number): number[] {
  const rough = (high - low) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const stepSize = [1, 2, 5, 10].map((k) => k * power).find((size) => size >= rough)!;
  const ticks: number[] = [];
  for (let k = Math.ceil(low / stepSize); k * stepSize <= high * (1 + 1e-9); k++) ticks.push(k * stepSize);
  return ticks;
}

function scale(values: number[], isLog: boolean, from: number, to: number): Scale {
  const usable = values.filter((value) => Number.isFinite(value) && (!isLog || value > 0));
  let low = usable.length > 0 ? Math.min(...usable) : isLog ? 1 : 0;
  let high = usable.length > 0 ? Math.max(...usable) : 1;
  if (isLog) {
    const first = Math.floor(Math.log10(low) + 1e-9);
    const last = Math.max(first + 1, Math.ceil(Math.log10(high) - 1e-9));
    const every = Math.ceil((last - first) / 8);
    const ticks = [];
    for (let e = first; e <= last; e += every)
      ticks.push({ value: 10 ** e, text: e >= 0 && e < 5 ? `${10 ** e}` : `1e${e}` });
    // What is 0 has no place on a logarithmic axis and is drawn on its lower end.
    const at = (value: number) =>
      from + ((to - from) * (Math.log10(Math.max(value, 10 ** first)) - first)) / (last - first);
    return { at, ticks };
  }
  low = Math.min(low, 0);
  if (high === low) high = low + 1;
  const at = (value: number) => from + ((to - from) * (value - low)) / (high - low);
  return { at, ticks: linearTicks(low, high).map((value) => ({ value, text: `${Number(value.toPrecision(6))}` })) };
}

const n = (value: number): string => value.toFixed(1);

export function drawPlot({ title, x, y, series }: Plot): string {
  const points = series.flatMap((s) => s.points);
  const right = WIDTH - RIGHT;
  const bottom = HEIGHT - BOTTOM;
  const xs = scale(
    points.map((p) => p.x),
    x.log ?? false,
    LEFT,
    right,
  );
  const ys = scale(
    points.map((p) => p.y),
    y.log ?? false,
    bottom,
    TOP,
  );
  const parts: string[] = [];
  for (const { value, text } of xs.ticks) {
    const at = n(xs.at(value));
    parts.push(`<path class="grid" d="M${at} ${TOP}V${bottom}"/>`);
    parts.push(`<text x="${at}" y="${bottom + 18}" text-anchor="middle">${text}</text>`);
  }
  for (const { value, text } of ys.ticks) {
    const at = n(ys.at(value));
    parts.push(`<path class="grid" d="M${LEFT} ${at}H${right}"/>`);
    parts.push(`<text x="${LEFT - 8}" y="${at}" dy="4" text-anchor="end">${text}</text>`);
  }
  parts.push(`<path class="axis" d="M${LEFT} ${TOP}V${bottom}H${right}"/>`);
  series.forEach(({ name, points: own }, i) => {
    const colour = COLOURS[i % COLOURS.length]!;
    const dashes = MARKS[i % MARKS.length]!;
    const d = own.map((p, k) => `${k === 0 ? "M" : "L"}${n(xs.at(p.x))} ${n(ys.at(p.y))}`).join("");
    const stroke = `stroke="${colour}"${dashes ? ` stroke-dasharray="${dashes}"` : ""}`;
    parts.push(`<path class="line" ${stroke} d="${d}"/>`);
    if (own.length <= 24)
      for (const p of own) parts.push(`<circle cx="${n(xs.at(p.x))}" cy="${n(ys.at(p.y))}" r="3" fill="${colour}"/>`);
    const at = TOP + 12 + 20 * i;
    parts.push(`<path class="line" ${stroke} d="M${right + 14} ${at}h26"/>`);
    parts.push(`<text x="${right + 46}" y="${at + 4}">${escapeXml(name)}</text>`);
  });
  const middle = n((LEFT + right) / 2);
  parts.push(`<text class="title" x="${LEFT}" y="24">${escapeXml(title)}</text>`);
  parts.push(`<text x="${middle}" y="${HEIGHT - 14}" text-anchor="middle">${escapeXml(x.label)}</text>`);
  const up = n((TOP + bottom) / 2);
  parts.push(`<text transform="translate(18 ${up}) rotate(-90)" text-anchor="middle">${escapeXml(y.label)}</text>`);
  const style = [
    "text{font:13px system-ui,sans-serif;fill:#444}.title{font-weight:600;font-size:15px}",
    ".grid{stroke:#8886;stroke-width:.6}.axis{stroke:#888;fill:none}.line{fill:none;stroke-width:2}",
    "@media(prefers-color-scheme:dark){text{fill:#ccc}}",
  ].join("");
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeXml(title)}"><style>${style}</style>\n${parts.join("\n")}\n</svg>\n`;
}
