// Who there is: for each machine its speed, way to the relay, hands it is in, and whether it is bad. Typed arrays: a
// million machines take some tens of bytes each here. Nothing depends on the policy that is tried.
import { churnModels, type Distribution, sampleMs } from "./churn.ts";
import { Draws } from "./random.ts";
import type { Scenario } from "./scenario.ts";

/** Streams of draws; each question has its own, so that one more draw in one place changes nothing elsewhere. */
const STREAM = { machine: 1, group: 2, session: 3, state: 4, hour: 5 };

/** Sessions drawn to know in which phase a volunteer is when the simulation begins. */
const WARM_UP_SESSIONS = 24;
/** Attempts to come on at an hour at which few do. */
const MAX_ATTEMPTS = 100;
const HOUR_MS = 3_600_000;

const alwaysOn: Distribution = { dist: "constant", value: 1e9, unit: "hours" };

export class Population {
  readonly size: number;
  /** Milliseconds a median task takes, before its own length. */
  readonly taskMs: Float64Array;
  readonly roundTripMs: Float32Array;
  /** Numbers of the groups a machine is in; of cohorts and classes the first is 0. */
  readonly owner: Int32Array;
  readonly subnet: Int32Array;
  readonly cohort: Int32Array;
  readonly numericClass: Uint8Array;
  readonly isBad: Uint8Array;

  readonly #scenario: Scenario;
  readonly #on: Distribution;
  readonly #off: Distribution | undefined;
  readonly #sessions: Draws;
  readonly #hours: Draws;
  readonly #states: Draws;

  constructor(scenario: Scenario, seed: number) {
    const { volunteers, job, adversary } = scenario;
    const n = volunteers.count;
    this.#scenario = scenario;
    this.size = n;
    this.taskMs = new Float64Array(n);
    this.roundTripMs = new Float32Array(n);
    this.owner = new Int32Array(n);
    this.subnet = new Int32Array(n);
    this.cohort = new Int32Array(n);
    this.numericClass = new Uint8Array(n);
    this.isBad = new Uint8Array(n);
    this.#on = volunteers.on ?? alwaysOn;
    this.#off = volunteers.on ? (volunteers.off ?? churnModels.get("boom-unavailability")) : undefined;
    this.#sessions = new Draws(seed, STREAM.session);
    this.#hours = new Draws(seed, STREAM.hour);
    this.#states = new Draws(seed, STREAM.state);

    const machine = new Draws(seed, STREAM.machine);
    const groups = new Draws(seed, STREAM.group);
    const owners = Math.max(1, Math.round(n / volunteers.perOwner));
    const subnets = Math.max(1, Math.round(n / volunteers.perSubnet));
    const classLimits = cumulative(volunteers.classes);
    for (let i = 0; i < n; i++) {
      machine.of(i, 0);
      this.taskMs[i] = 1000 * job.taskSeconds * Math.exp(-volunteers.speedSigma * machine.normal());
      this.roundTripMs[i] = volunteers.roundTripMs * Math.exp(volunteers.roundTripSigma * machine.normal());
      groups.of(i, 0);
      this.owner[i] = volunteers.perOwner === 1 ? i : below(groups.next(), owners);
      this.subnet[i] = volunteers.perSubnet === 1 ? i : below(groups.next(), subnets);
      this.cohort[i] = volunteers.cohorts === 0 ? -1 : below(groups.next(), volunteers.cohorts);
      const u = groups.next();
      this.numericClass[i] = classLimits.findIndex((limit) => u < limit);
      this.isBad[i] = adversary && this.#isChosen(adversary.of, adversary.share, i, groups.next()) ? 1 : 0;
    }
  }

  /** Of workers a share at random; of groups the first one, whole. */
  #isChosen(of: NonNullable<Scenario["adversary"]>["of"], share: number, i: number, u: number): boolean {
    switch (of) {
      case "workers":
        return u < share;
      case "one owner":
        return this.owner[i] === 0;
      case "one subnet":
        return this.subnet[i] === 0;
      case "one class":
        return this.numericClass[i] === 0;
      case "one cohort":
        return this.cohort[i] === 0;
    }
  }

  get comesAndGoes(): boolean {
    return this.#off !== undefined;
  }

  /** Length of the `n`th session, milliseconds. */
  sessionMs(i: number, n: number): number {
    return sampleMs(this.#on, this.#sessions.of(i, 2 * n));
  }

  /** Time until the next session, from the end of the `n`th at `nowMs`: longer at hours at which few come. */
  pauseMs(i: number, n: number, nowMs: number): number {
    const { diurnal } = this.#scenario.volunteers;
    let ms = sampleMs(this.#off!, this.#sessions.of(i, 2 * n + 1));
    if (diurnal === 0) return ms;
    const hours = this.#hours.of(i, n);
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const rate = 1 + diurnal * Math.sin((2 * Math.PI * (nowMs + ms)) / (24 * HOUR_MS));
      if (hours.next() * (1 + diurnal) < rate) break;
      ms += -HOUR_MS * Math.log(hours.next());
    }
    return ms;
  }

  /**
   * Where a volunteer is at the start: on, or off, and for how much longer. A renewal process that has run for long is
   * more likely to be met within a long session, so it is run, from sessions before the first.
   */
  phase(i: number): { isOn: boolean; leftMs: number } {
    if (!this.#off) return { isOn: true, leftMs: sampleMs(this.#on, this.#sessions.of(i, 0)) };
    const spans: number[] = [];
    let total = 0;
    for (let n = 1; n <= WARM_UP_SESSIONS; n++) {
      spans.push(
        sampleMs(this.#on, this.#sessions.of(i, -2 * n)),
        sampleMs(this.#off, this.#sessions.of(i, -2 * n - 1)),
      );
      total += spans.at(-2)! + spans.at(-1)!;
    }
    let at = total * this.#sessions.of(i, -1).next();
    for (let k = 0; k < spans.length; k++) {
      if (at < spans[k]!) return { isOn: k % 2 === 0, leftMs: spans[k]! - at };
      at -= spans[k]!;
    }
    return { isOn: false, leftMs: spans.at(-1)! };
  }

  /** The `n`th state a tab is in while it is open, and for how long. */
  tabState(i: number, n: number): { state: "shown" | "hidden" | "on battery"; ms: number } {
    const { hidden, battery, stateMinutes } = this.#scenario.volunteers;
    const draws = this.#states.of(i, n);
    const u = draws.next();
    const ms = -60_000 * stateMinutes * Math.log(draws.next());
    if (u < battery) return { state: "on battery", ms };
    return { state: u < battery + (hidden?.share ?? 0) ? "hidden" : "shown", ms };
  }

  get tabsChange(): boolean {
    const { hidden, battery } = this.#scenario.volunteers;
    return battery > 0 || (hidden?.share ?? 0) > 0;
  }
}

const below = (u: number, bound: number): number => Math.min(bound - 1, Math.floor(u * bound));

function cumulative(weights: readonly number[]): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const limits: number[] = [];
  let sum = 0;
  for (const weight of weights) {
    sum += weight / total;
    limits.push(sum);
  }
  // Above every draw, whatever was rounded.
  limits[limits.length - 1] = 2;
  return limits;
}
