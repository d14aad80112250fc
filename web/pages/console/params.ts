import { type Manifest, type Param, parseParams } from "../../../kernels/kernel.ts";
import { significant } from "../format/significant.ts";
import { wordsOf } from "../format/wordsOf.ts";

export type Read = { ok: true; value: number } | { ok: false; why: string };

/** The value typed for a parameter, or why it is none. */
export function readParam(param: Param, text: string): Read {
  const value = Number(text.trim().replace(",", "."));
  if (text.trim() === "" || Number.isNaN(value)) return { ok: false, why: "A number is needed here." };
  if ((param.type === "u32" || param.type === "i32") && !Number.isInteger(value))
    return { ok: false, why: "A whole number is needed here." };
  if (value < param.min || value > param.max)
    return { ok: false, why: `It must be from ${significant(param.min, 15)} to ${significant(param.max, 15)}.` };
  return { ok: true, value };
}

/** All values the user sets, or the first reason why not. What a kernel's `prepare` derives is left to it. */
export function readParams(
  manifest: Manifest,
  texts: ReadonlyMap<string, string>,
  skipDerived: boolean,
): { ok: true; values: Record<string, number> } | { ok: false; why: string } {
  const values: Record<string, number> = {};
  for (const param of manifest.params) {
    if (param.derived && skipDerived) continue;
    const read = readParam(param, texts.get(param.name) ?? String(param.default));
    if (!read.ok) return { ok: false, why: `${param.title}: ${read.why}` };
    values[param.name] = read.value;
  }
  try {
    parseParams(manifest, values);
  } catch (error) {
    return { ok: false, why: wordsOf(error) };
  }
  return { ok: true, values };
}
