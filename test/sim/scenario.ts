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
  /** The pool can do a task itself, to settle what workers dispute. */
  referee: v.optional(v.boolean(), true),
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
  lieRate: v.optional(share, 0.1),
  /** Contributions made honestly before the first lie. */
  honestFirst: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(1e9)), 0),
  /** Lies told under one name at most: who lies once in its life is hardest to find. */
  mostLies: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(1e9)), 1e9),
  /** Probability of telling a spot check from a task; it is then answered honestly. */
  recognise: v.optional(share, 0),
  /**
   * What it can tell of a task before it answers; it lies only on what it takes for fresh. `order`: content beyond all that
   * colluders have had is fresh, as it was while tasks were leased in order. `all`: it is told who else has the task, as
   * everybody was while states were public; nobody can know more, so this bounds every liar of its kind.
   */
  knows: v.optional(v.picklist(["nothing", "order", "all"]), "nothing"),
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
      meetings: v.optional(v.literal(0)),
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

/** One of the runs a scenario stands for, and what distinguishes it from the others. */
export interface Variant {
  scenario: Scenario;
  varied: Readonly<Record<string, unknown>>;
}

const MAX_VARIANTS = 1000;
/** Where a value goes that is varied, as "adversary.lieRate", and all it takes, one after the other. */
const varySchema = v.optional(
  v.record(
    v.pipe(v.string(), v.regex(/^[a-zA-Z]{1,40}(\.[a-zA-Z]{1,40}){0,3}$/, "expected names joined by dots")),
    v.pipe(v.array(v.unknown()), v.minLength(1), v.maxLength(MAX_VARIANTS)),
  ),
  {},
);

/** Throws `bad-message` with the place of every mistake. */
export const parseScenario = (input: unknown): Scenario => parse(scenarioSchema, input);

/** A scenario, or with `vary` several: all combinations of the values given there. Throws `bad-message`. */
export function parseScenarioText(text: string): Variant[] {
  let input: unknown;
  try {
    input = JSON.parse(text);
  } catch (cause) {
    throw new SuperEdgeError("bad-message", `expected JSON, found ${(cause as Error).message}`, { cause });
  }
  if (typeof input !== "object" || input === null || !("vary" in input))
    return [{ scenario: parseScenario(input), varied: {} }];
  const { vary, ...base } = input;
  let inputs: { input: unknown; varied: Record<string, unknown> }[] = [{ input: base, varied: {} }];
  for (const [path, values] of Object.entries(parse(varySchema, vary))) {
    if (inputs.length * values.length > MAX_VARIANTS)
      throw new SuperEdgeError("bad-message", `expected at most ${MAX_VARIANTS} combinations in vary, found more`);
    inputs = inputs.flatMap(({ input: one, varied }) =>
      values.map((value) => ({ input: withValue(one, path.split("."), value), varied: { ...varied, [path]: value } })),
    );
  }
  return inputs.map(({ input: one, varied }) => ({ scenario: parseScenario(one), varied }));
}

function withValue(input: unknown, [name, ...path]: readonly string[], value: unknown): unknown {
  if (name === undefined) return value;
  const object = typeof input === "object" && input !== null && !Array.isArray(input) ? input : {};
  return { ...object, [name]: withValue((object as Record<string, unknown>)[name], path, value) };
}

function parse<S extends v.GenericSchema>(schema: S, input: unknown): v.InferOutput<S> {
  const parsed = v.safeParse(schema, input);
  if (parsed.success) return parsed.output;
  const mistakes = parsed.issues.slice(0, 10).map((issue) => `${v.getDotPath(issue) ?? "all of it"}: ${issue.message}`);
  throw new SuperEdgeError("bad-message", `expected a scenario, found mistakes in it: ${mistakes.join("; ")}`);
}
