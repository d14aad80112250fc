// What a job has taken of the reference machine's time, against the category it named. Workers' figures are their own
// word, so that none of them may cost a job much: of a task's agreeing contributions the lower middle counts, no longer
// than the relay has seen, and no more than a few times what the job's tasks take as a rule, which is known from the
// fifth on.
import { type Category, limitsOf, machineFactor } from "../../protocol/categories.ts";

/**
 * How far a job may go beyond its category before it is stopped. Two machines equally fast at the reference kernels
 * differ by as much at another kernel, and what a requester measured on one is no lie on the other.
 */
const ALLOWANCE = 2;
/** Latest tasks that say what a task takes as a rule. */
const LATEST = 63;
/** From so many on; until then nothing is counted, or the first worker could stop a job by one large figure. */
const ENOUGH = 5;
/** What one task may count, in medians of the latest: tasks of one job differ, lies differ more. */
const MOST_MEDIANS = 4;

export interface Spending {
  category: Category;
  /** Reference seconds of all certified tasks, each counted once. */
  seconds: number;
  /** Of the latest tasks, as they were told. */
  latest: number[];
}

/** `seconds` were spent before a restart. */
export const newSpending = (category: Category, seconds: number): Spending => ({ category, seconds, latest: [] });

/**
 * Reference seconds of a task that a worker says took it `workMs`, `wallMs` after it was leased. A worker that has told
 * no speed counts as the reference machine.
 */
export function referenceSeconds(
  engine: "wgsl" | "wasm",
  attributes: Readonly<Record<string, unknown>>,
  workMs: number,
  wallMs: number,
): number {
  const { GflopsF32: f32, GflopsI32: i32, GflopsWasm: wasm } = attributes;
  const speeds = { f32: numberOf(f32), i32: numberOf(i32), wasm: numberOf(wasm) };
  return (Math.max(0, Math.min(workMs, wallMs)) / 1000) * (machineFactor(engine, speeds) ?? 1);
}

const numberOf = (value: unknown) => (typeof value === "number" ? value : undefined);

/** Counts a certified task, of which each agreeing worker has told what it took; nothing if none has. */
export function charge(spending: Spending, told: readonly number[]): void {
  if (told.length === 0) return;
  const { latest } = spending;
  latest.push(lowerMiddle(told));
  if (latest.length > LATEST) latest.shift();
  if (latest.length < ENOUGH) return;
  const most = MOST_MEDIANS * lowerMiddle(latest);
  const fresh = latest.length === ENOUGH ? latest : latest.slice(-1);
  for (const seconds of fresh) spending.seconds += Math.min(seconds, most);
}

function lowerMiddle(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[(sorted.length - 1) >> 1]!;
}

/** Why the job is to be stopped; undefined if it is within its category. */
export function overrun({ category, seconds }: Spending, engine: "wgsl" | "wasm"): string | undefined {
  const most = limitsOf(category, engine).seconds;
  if (seconds <= ALLOWANCE * most) return undefined;
  return `expected at most ${most} reference seconds, as category ${category} has, found ${Math.ceil(seconds)} in the tasks certified so far`;
}
