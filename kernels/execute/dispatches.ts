// The passes of a manifest, unrolled for one task.
import { type Expression, parseExpression, toCount, type Words } from "../expression.ts";
import { roundNames, stepNames, taskNames } from "../expressionNames.ts";
import type { Pass, WgslManifest } from "../kernel.ts";

export interface PlannedPass {
  pass: Pass;
  workgroups: [Expression, Expression, Expression];
  repeat: Expression | undefined;
}

export interface Plan {
  passes: PlannedPass[];
  loops: { rounds: Expression | undefined; passes: number[] }[];
}

export interface Dispatch {
  /** Index in `Plan.passes`. */
  pass: number;
  workgroups: [number, number, number];
}

/** The most dispatches of a task: at 24 µs each, a day. */
const MAX_REPEAT = 2 ** 32;

/** Parses the manifest's counts once. */
export function planPasses(manifest: WgslManifest): Plan {
  const task = taskNames(manifest);
  const inLoop = roundNames(manifest);
  const perStep = stepNames(manifest);
  const plan: Plan = { passes: [], loops: [] };
  for (const entry of manifest.wgsl.passes) {
    const passes = "passes" in entry ? entry.passes : [entry];
    const rounds = "passes" in entry ? parseExpression(entry.rounds, task, "rounds") : undefined;
    plan.loops.push({ rounds, passes: passes.map((_, i) => plan.passes.length + i) });
    for (const pass of passes) {
      const [x, y, z] = pass.workgroups.map((count) => parseExpression(count, perStep, "workgroups"));
      const repeat = pass.repeat === undefined ? undefined : parseExpression(pass.repeat, inLoop, "repeat");
      plan.passes.push({ pass, workgroups: [x!, y!, z!], repeat });
    }
  }
  return plan;
}

/**
 * Yields a task's dispatches in order, setting `step` and `round` in `values` while each is out. Throws `bad-job` if a
 * count is no whole number or above `maxWorkgroups`.
 */
export function* unroll(
  plan: Plan,
  values: Record<string, number>,
  words: Words,
  maxWorkgroups: number,
): Generator<Dispatch> {
  for (const { rounds, passes } of plan.loops) {
    const roundCount = rounds ? toCount(rounds.evaluate(values, words), MAX_REPEAT, "rounds") : 1;
    for (let round = 0; round < roundCount; round++)
      for (const index of passes) {
        const { pass, workgroups, repeat } = plan.passes[index]!;
        values.round = round;
        const steps = repeat ? toCount(repeat.evaluate(values, words), MAX_REPEAT, `repeat of ${pass.entryPoint}`) : 1;
        for (let step = 0; step < steps; step++) {
          values.step = step;
          const [x, y, z] = workgroups.map((count) =>
            toCount(count.evaluate(values, words), maxWorkgroups, `workgroups of ${pass.entryPoint}`),
          );
          if (x! * y! * z! > 0) yield { pass: index, workgroups: [x!, y!, z!] };
        }
      }
  }
}
