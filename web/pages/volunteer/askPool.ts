// What the pool is doing, asked once for visitors who have not decided yet. Small on purpose: the parsers of the client
// library would be most of the page's weight, and nothing here is acted upon, only shown.

export interface PoolNow {
  name: string;
  volunteers: number;
  jobs: { title: string; share: number }[];
}

const MAX_SHOWN_JOBS = 3;
const MAX_TITLE = 80;

export async function askPool(signal: AbortSignal): Promise<PoolNow> {
  const [pool, jobs] = await Promise.all([ask("/api/pool", signal), ask("/api/jobs", signal)]);
  return readPool(pool, jobs);
}

async function ask(path: string, signal: AbortSignal): Promise<unknown> {
  const response = await fetch(path, { signal });
  if (!response.ok) throw new Error(`expected an answer from the pool, found ${response.status}`);
  return response.json();
}

/** Takes what it can show and passes over the rest. */
export function readPool(pool: unknown, jobs: unknown): PoolNow {
  return {
    name: text(member(pool, "name")) ?? "this pool",
    volunteers: whole(member(member(pool, "workers"), "connected")) ?? 0,
    jobs: (Array.isArray(jobs) ? jobs : [])
      .filter((job) => member(job, "state") === "running")
      .slice(0, MAX_SHOWN_JOBS)
      .map((job) => ({
        title: text(member(job, "title")) || "Untitled job",
        share: Math.min(1, (whole(member(job, "certified")) ?? 0) / Math.max(1, whole(member(job, "tasks")) ?? 1)),
      })),
  };
}

const member = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
const text = (value: unknown) => (typeof value === "string" ? value.slice(0, MAX_TITLE) : undefined);
const whole = (value: unknown) => (Number.isSafeInteger(value) && Number(value) >= 0 ? Number(value) : undefined);
