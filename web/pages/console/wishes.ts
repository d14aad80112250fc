// What a requester wishes of its volunteers beyond the law, as typed, and what becomes of it.
import type { Wishes } from "../../../client/index.ts";
import { namesIn, parseJobExpression } from "../../../protocol/adExpressions.ts";
import { MAX_DEADLINE_SECONDS, MAX_EXPRESSION_BYTES } from "../../../protocol/limits.ts";
import { presetSchema } from "../../../protocol/preference.ts";
import { wordsOf } from "../format/wordsOf.ts";
import type { Outcome } from "./draft.ts";

export const PRESETS = presetSchema.options;

export interface WishTexts {
  preference: (typeof PRESETS)[number];
  requirements: string;
  /** Minutes. */
  deadline: string;
  /** Per cent. */
  completion: string;
}

export const FIRST_WISHES: WishTexts = { preference: "balanced", requirements: "", deadline: "", completion: "90" };

/** What is left as it was is not wished for, and no part of the job's hash. */
export function readWishes({ preference, requirements, deadline, completion }: WishTexts): Outcome<Wishes> {
  const wishes: Wishes = {};
  if (preference !== FIRST_WISHES.preference) wishes.preference = preference;
  const wrong = requirementsProblem(requirements);
  if (wrong) return { ok: false, why: `Requirements: ${wrong}` };
  if (requirements.trim() !== "") wishes.requirements = requirements;
  if (deadline.trim() !== "") {
    const seconds = Math.round(Number(deadline) * 60);
    const share = Number(completion) / 100;
    if (!(seconds >= 1 && seconds <= MAX_DEADLINE_SECONDS))
      return { ok: false, why: `Deadline: minutes are needed, at most ${MAX_DEADLINE_SECONDS / 60}.` };
    if (!(share > 0 && share <= 1)) return { ok: false, why: "Kept with: a percentage from 1 to 100 is needed." };
    wishes.deadlineSeconds = seconds;
    wishes.completion = share;
  }
  return { ok: true, value: wishes };
}

/** Why this text cannot be a job's requirements, with line and column; empty if it can. */
export function requirementsProblem(text: string): string {
  if (text.trim() === "") return "";
  const bytes = new TextEncoder().encode(text).length;
  if (bytes > MAX_EXPRESSION_BYTES) return `at most ${MAX_EXPRESSION_BYTES} bytes, found ${bytes}.`;
  try {
    parseJobExpression("requirements", text);
    return "";
  } catch (error) {
    return `${wordsOf(error).replace(/^requirements: /, "")}.`;
  }
}

/** Names in the text that no machine has an attribute of: such requirements are most likely never met. */
export function unknownNames(text: string): string[] {
  if (text.trim() === "" || requirementsProblem(text)) return [];
  return namesIn(parseJobExpression("requirements", text)).unknown;
}
