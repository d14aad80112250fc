// What a job would meet in the pool as it is now. Asked for quotes, and once more when a job with a deadline is submitted.
import { setImmediate } from "node:timers/promises";
import type { Manifest } from "../../kernels/kernel.ts";
import { type QuoteRequest, type QuoteView, tasksOf } from "../../protocol/api.ts";
import { forecastOf } from "../scheduler/forecast.ts";
import { laws } from "../scheduler/laws.ts";
import { type Needs, needsOf } from "../scheduler/needs.ts";
import { isClassBound, mostOwners, ownersNeeded } from "../scheduler/numericClass.ts";
import { prospectsOf, redundancyOf, whatIsMissing } from "../scheduler/prospects.ts";
import { hasWork } from "../scheduler/work.ts";
import type { ApiContext } from "./context.ts";

/** Jobs of the same app whose prices are compared, newest first. */
const COMPARED_JOBS = 100;
/** Where a deadline is named and no probability. */
const USUAL_COMPLETION = 0.9;

type Asked = Omit<QuoteRequest, "inputBytes">;

/** Requirements are evaluated once for all machines that they cannot tell apart. */
function onceForAlike({ mentions, admits }: Needs): Needs["admits"] {
  const known = new Map<string, boolean>();
  return (machine) => {
    const key = JSON.stringify(mentions.map((name) => machine[name] ?? null));
    const answer = known.get(key) ?? admits(machine);
    known.set(key, answer);
    return answer;
  };
}

/** `asked`: terms that `checkTerms` has let pass. */
export async function foresee(
  { loop }: Pick<ApiContext, "loop">,
  { name, engine, requirements, compare }: Manifest,
  asked: Asked,
): Promise<QuoteView> {
  const { state } = loop;
  const priceWei = asked.priceWei === undefined ? undefined : BigInt(asked.priceWei);
  const needs = needsOf({ id: "", spec: asked, engine, name, requirements, priceWei });
  const admits = onceForAlike(needs);
  const search = prospectsOf(
    state.workers.values(),
    (worker) => worker.engines.has(engine) && admits(worker.attributes),
  );
  let step = search.next();
  for (; !step.done; step = search.next()) await setImmediate();
  const { connected, eligible, owners } = step.value;
  const tasks = tasksOf(asked);
  const redundancy = redundancyOf({ ...asked, tasks }, eligible, state.rules);
  const isBound = isClassBound({ compare });
  const replicas = Math.max(asked.replicas, laws[asked.law]!.first(asked));
  const missing = whatIsMissing(
    { engine, isPicky: needs.mentions.length > 0, isBound },
    isBound ? ownersNeeded(replicas) : replicas,
    { connected, owners: isBound ? mostOwners(eligible) : owners.size },
  );
  const price = usualPrice(asked);
  const { app, itemsPerTask: size } = asked;
  const load = { app, tasks, redundancy: redundancy.expected, size, rivals: rivals() };
  const forecast = missing ? undefined : forecastOf(load, eligible);
  const view: QuoteView = {
    tasks,
    connected,
    eligible: { workers: eligible.length, owners: owners.size },
    redundancy,
  };
  if (price) view.price = price;
  if (forecast) view.eta = { p50Ms: Math.ceil(forecast.p50Ms), p90Ms: Math.ceil(forecast.p90Ms) };
  if (missing) view.missing = missing;
  if (asked.deadlineSeconds !== undefined) {
    const probability = forecast?.within(asked.deadlineSeconds * 1000) ?? 0;
    view.promise = { granted: probability >= (asked.completion ?? USUAL_COMPLETION), probability };
  }
  return view;

  /** What the same app's items have cost in other jobs, for a task of this size. */
  function usualPrice({ app, itemsPerTask }: Asked): QuoteView["price"] {
    const perItem: number[] = [];
    for (const { row } of [...loop.jobs.values()].reverse()) {
      if (row.spec.app !== app || row.state === "stopped") continue;
      perItem.push(Number(row.priceWei) / row.spec.itemsPerTask);
      if (perItem.length === COMPARED_JOBS) break;
    }
    if (perItem.length === 0) return undefined;
    perItem.sort((a, b) => a - b);
    const at = (share: number) =>
      String(BigInt(Math.round(perItem[Math.floor(share * (perItem.length - 1))]! * itemsPerTask)));
    return { lowWei: at(0.1), highWei: at(0.9) };
  }

  /** Requesters whose jobs would share the machines. */
  function rivals(): number {
    const requesters = new Set<string>();
    for (const job of state.dispatch.running)
      if (job.state === "running" && job.engine === engine && hasWork(job)) requesters.add(job.requester);
    return requesters.size;
  }
}
