// What a scenario may say: parsed and bounded here, so that a wrong one is refused with the place of the mistake.
import * as v from "valibot";
import { SuperEdgeError } from "../../protocol/errors.ts";
import { MAX_REPLICAS, MAX_TRUST } from "../../protocol/limits.ts";
import { defaultRules, type Rules } from "../../relay/scheduler/credibility.ts";
import { churnModels, distributionSchema } from "./churn.ts";

/** Bounds of one process of 8 GiB: a volunteer costs about a kilobyte, an open task a few hundred bytes. */
const MAX_VOLUNTEERS = 2_000_000;
const MAX_TASKS = 100_000_000;

const share = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
const count = (most: number) => v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(most));
const seconds = v.pipe(v.number(), v.minValue(0), v.maxValue(1e8));

const distribution = v.union([
  v.pipe(
    v.string(),
    v.check((id) => churnModels.has(id), `expected one of ${[...churnModels.keys()].join(", ")}`),
    v.transform((id) => churnModels.get(id)!),
  ),
  distributionSchema,
]);

export const POLICIES = ["pool", "poco", "majority", "boinc", "iterative"] as const;
export type Policy = (typeof POLICIES)[number];

const ruleSchema = v.pipe(v.number(), v.minValue(0), v.maxValue(1e9));
const isNumeric = (name: string): name is Exclude<keyof Rules, "collusion"> => name !== "collusion";
const rulesSchema = v.partial(
  v.strictObject({
    ...(Object.fromEntries(
      Object.keys(defaultRules)
        .filter(isNumeric)
        .map((name) => [name, ruleSchema]),
    ) as Record<Exclude<keyof Rules, "collusion">, typeof ruleSchema>),
    collusion: v.picklist(["answers", "tasks"]),
  }),
);

const jobSchema = v.strictObject({
  tasks: count(MAX_TASKS),
  trust: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_TRUST)), 100),
  replicas: v.optional(count(MAX_REPLICAS), 1),
  /** Of one task on the median machine. */
  taskSeconds: v.optional(v.pipe(v.number(), v.minValue(0.001), v.maxValue(1e6)), 10),
  /** Sigma of the logarithm of a task's length: tasks are not alike. */
  taskSigma: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(3)), 0.1),
  /** Results differ between numeric classes, as floats do. */
  float: v.optional(v.boolean(), false),
});

const volunteersSchema = v.strictObject({
  count: count(MAX_VOLUNTEERS),
  /** Volunteers an owner, and a subnet, has on average; 1: each its own. */
  perOwner: v.optional(v.pipe(v.number(), v.minValue(1), v.maxValue(1e6)), 1),
  perSubnet: v.optional(v.pipe(v.number(), v.minValue(1), v.maxValue(1e6)), 1),
  /** Known groups of machines under one hand, as classrooms are; 0: none known. */
  cohorts: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(1e6)), 0),
  /** Shares of the numeric classes. */
  classes: v.optional(v.pipe(v.array(v.pipe(v.number(), v.gtValue(0))), v.minLength(1), v.maxLength(200)), [1]),
  /** Sigma of the logarithm of speed; the median is 1. */
  speedSigma: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(3)), 0.986),
  /** Sessions and pauses between them; absent: always on. */
  on: v.optional(distribution),
  off: v.optional(distribution),
  /** Of the number that come on an hour, around its mean over the day: 0 none, 1 from nothing to double. */
  diurnal: v.optional(share, 0),
  /** Share of the time in which a tab is hidden and slower, and in which the machine is on battery and pauses. */
  hidden: v.optional(v.strictObject({ share, slowdown: v.pipe(v.number(), v.minValue(1), v.maxValue(1000)) })),
  battery: v.optional(share, 0),
  /** Mean time in one of these states. */
  stateMinutes: v.optional(v.pipe(v.number(), v.minValue(0.1), v.maxValue(1e5)), 10),
  /** Median of the way there and back, and the sigma of its logarithm between volunteers. */
  roundTripMs: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(60_000)), 80),
  roundTripSigma: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(3)), 0.6),
  /** Share of departures that the relay notices only `silentSeconds` later. */
  silentShare: v.optional(share, 0.1),
  silentSeconds: v.optional(seconds, 45),
  /** At these times (seconds) this share of those present leaves at once, as when a network fails. */
  departures: v.optional(v.pipe(v.array(v.strictObject({ atSeconds: seconds, share })), v.maxLength(1000)), []),
  /** From this share of certified tasks on nobody leaves any more: the run without a tail of churn. */
  churnUntil: v.optional(share, 1),
  /** Results an honest machine gets wrong, each in a way of its own. */
  honestError: v.optional(share, 0),
  /** Contributions after which a volunteer goes and another comes in its place; 0: never. */
  tasksPerIdentity: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(1e9)), 0),
  /** Scores on chain that volunteers start with. */
  score: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(1e9)), 0),
});

const adversarySchema = v.strictObject({
  /** Share of volunteers that are malicious. Of one whole group: the group is as large as the scenario makes it. */
  share: v.optional(share, 0.2),
  of: v.optional(v.picklist(["workers", "one owner", "one subnet", "one class", "one cohort"]), "workers"),
  /**
   * `lie`: computes, and lies at its rate. `constant`: one answer for everything, at once. `copy`: a task whose content
   * a colluder has answered is answered likewise at once. `refuse`: hands every lease back. `withhold`: commits and
   * never reveals. `slow`: takes `slowdown` times as long.
   */
  behaviour: v.optional(v.picklist(["lie", "constant", "copy", "refuse", "withhold", "slow"]), "lie"),
  /**
   * `none`: every lie is another. `values`: each decides alone, and those that lie on a task give the same wrong
   * answer. `tasks`: the content of a task decides whether all of them lie on it.
   */
  collusion: v.optional(v.picklist(["none", "values", "tasks"]), "tasks"),
  /** A list: the simulation is run for each, and the worst is reported. */
  lieRate: v.optional(v.union([share, v.pipe(v.array(share), v.minLength(1), v.maxLength(100))]), 0.1),
  /** Contributions made honestly before the first lie. */
  honestFirst: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(1e9)), 0),
  /** Probability of telling a spot check from a task; it is then answered honestly. */
  recognise: v.optional(share, 0),
  /** Lies only on content that no colluder has answered before, so that no repetition gives one away. */
  memory: v.optional(v.boolean(), false),
  slowdown: v.optional(v.pipe(v.number(), v.minValue(1), v.maxValue(1e6)), 10),
  /** Comes back under a new name once banned (`ban`) or once found wrong in anything (`doubt`). */
  reregister: v.optional(v.strictObject({ when: v.picklist(["ban", "doubt"]), afterSeconds: seconds })),
});

const scenarioSchema = v.strictObject({
  title: v.pipe(v.string(), v.maxLength(200)),
  /** What is expected, for the page: at most this share wrong, at most this redundancy … */
  targets: v.optional(
    v.strictObject({
      wrong: v.optional(share),
      redundancy: v.optional(v.pipe(v.number(), v.minValue(1))),
      tailSlowdown: v.optional(v.pipe(v.number(), v.minValue(1))),
      extraWork: v.optional(share),
      wrongfulBans: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0))),
    }),
  ),
  policies: v.optional(v.pipe(v.array(v.picklist(POLICIES)), v.minLength(1)), ["pool"]),
  job: jobSchema,
  volunteers: volunteersSchema,
  adversary: v.optional(adversarySchema),
  /** What the pool assumes and spends (see relay/scheduler). */
  rules: v.optional(rulesSchema, {}),
  /** Every how many milliseconds the relay looks at what has run out. */
  tickMs: v.optional(v.pipe(v.number(), v.minValue(10), v.maxValue(3_600_000)), 1000),
  /** The simulation ends then, whatever is left. */
  maxHours: v.optional(v.pipe(v.number(), v.gtValue(0), v.maxValue(1e6)), 10_000),
});

export type Scenario = v.InferOutput<typeof scenarioSchema>;
export type Adversary = v.InferOutput<typeof adversarySchema>;
export type ScenarioInput = v.InferInput<typeof scenarioSchema>;

/** Throws `bad-message` with the place of every mistake. */
export function parseScenario(input: unknown): Scenario {
  const parsed = v.safeParse(scenarioSchema, input);
  if (parsed.success) return parsed.output;
  const mistakes = parsed.issues.slice(0, 10).map((issue) => `${v.getDotPath(issue) ?? "scenario"}: ${issue.message}`);
  throw new SuperEdgeError("bad-message", `expected a scenario, found mistakes in it: ${mistakes.join("; ")}`);
}

export function parseScenarioText(text: string): Scenario {
  let input: unknown;
  try {
    input = JSON.parse(text);
  } catch (cause) {
    throw new SuperEdgeError("bad-message", `expected JSON, found ${(cause as Error).message}`, { cause });
  }
  return parseScenario(input);
}

/** The lie rates to try, in the order given. */
export function lieRates({ adversary }: Scenario): number[] {
  if (!adversary) return [0];
  return Array.isArray(adversary.lieRate) ? adversary.lieRate : [adversary.lieRate];
}

export function withLieRate(scenario: Scenario, lieRate: number): Scenario {
  return scenario.adversary ? { ...scenario, adversary: { ...scenario.adversary, lieRate } } : scenario;
}
