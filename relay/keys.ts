// The relay's keys, made on first start, readable by its user alone, never logged.
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";

const hexKey = v.pipe(v.string(), v.regex(/^0x[0-9a-f]{64}$/, "expected a private key in hexadecimal"));
const schema = v.object({
  /** Signs acks, posts epochs, holds the bond. */
  pool: hexKey,
  /** Of the embedded chain: deploys the contracts, holds the first supply, feeds the faucet. */
  treasury: hexKey,
});
export type Keys = v.InferOutput<typeof schema>;

export function openKeys(folder: string): Keys {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, "keys.json");
  if (!existsSync(file)) {
    const make = () => `0x${randomBytes(32).toString("hex")}`;
    writeFileSync(`${file}.new`, JSON.stringify({ pool: make(), treasury: make() }), { mode: 0o600, flush: true });
    renameSync(`${file}.new`, file);
  }
  const parsed = v.safeParse(schema, JSON.parse(readFileSync(file, "utf8")));
  if (!parsed.success) throw new Error(`${file} does not hold the relay's two keys; restore it from a backup`);
  return parsed.output;
}
