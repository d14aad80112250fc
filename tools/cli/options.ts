// Options as several commands read them. What is wrong with one is told in a sentence.
import { UsageError } from "../../client/cli/command.ts";

export function parseUrl(name: string, text: string | undefined): string {
  if (text !== undefined && URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text;
  throw new UsageError(
    `${name}: expected an http or https URL, found ${text === undefined ? "none" : JSON.stringify(text)}`,
  );
}

/** `least`: the lowest that is taken. */
export function parseWhole(name: string, text: string, least = 1): number {
  const n = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(n) && n >= least) return n;
  throw new UsageError(`${name}: expected a whole number above ${least - 1}, found ${JSON.stringify(text)}`);
}
