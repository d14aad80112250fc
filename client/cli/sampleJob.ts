// A job from the command line: a built-in app by name, or somebody's own by its manifest, with sample input from files.
import { readFile, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { type Manifest, parseManifest, parseParams } from "../../kernels/kernel.ts";
import { loadCode, loadSamples } from "../../kernels/load.ts";
import { builtinOf, builtins } from "../../kernels/registry.ts";
import { SuperEdgeError } from "../../protocol/errors.ts";
import { MAX_BLOB_BYTES, MAX_CODE_BYTES, MAX_JOB_ITEMS, MAX_MANIFEST_BYTES } from "../../protocol/limits.ts";
import { UsageError } from "./command.ts";

export interface SampleJob {
  manifest: Manifest;
  code: Uint8Array;
  /** Complete. */
  params: Record<string, number>;
  /** In the manifest's order. */
  inputs: Uint8Array[];
  /** Of the whole job. */
  items: number;
  /** Of those, what the sample input is enough for. */
  sampleItems: number;
  /** Undefined if nothing says how many are good. */
  itemsPerTask: number | undefined;
}

export interface SampleAsk {
  /** A built-in's name, a manifest's file, or a folder with a manifest.json. */
  app: string;
  /** Files, in order or as NAME=FILE. */
  inputs: readonly string[];
  params: Record<string, number>;
  items: number | undefined;
  itemsPerTask: number | undefined;
  /** The kernel's file, if it does not lie beside its manifest. */
  code: string | undefined;
}

/** Throws `bad-app`, `bad-job`, or a UsageError that names the argument. */
export async function sampleJob(ask: SampleAsk): Promise<SampleJob> {
  const builtin = builtinOf(ask.app);
  const job = builtin ? await ofBuiltin(builtin, ask) : await ofManifest(ask);
  if (job.items > MAX_JOB_ITEMS)
    throw new SuperEdgeError("bad-job", `--items: expected at most ${MAX_JOB_ITEMS}, found ${job.items}`);
  return job;
}

async function ofBuiltin(builtin: (typeof builtins)[number], ask: SampleAsk): Promise<SampleJob> {
  const { manifest, files } = builtin;
  const given = await readInputs(
    ask.inputs,
    files.map(({ name }) => name),
  );
  const prepared = builtin.prepare(
    { ...(given.size > 0 ? {} : await loadSamples(builtin)), ...Object.fromEntries(given) },
    ask.params,
  );
  return {
    manifest,
    code: await loadCode(builtin),
    params: prepared.params,
    inputs: prepared.inputs,
    items: ask.items ?? prepared.items,
    // A larger job of the same kind: its other items are in input that is not here.
    sampleItems: Math.min(prepared.items, ask.items ?? prepared.items),
    itemsPerTask: ask.itemsPerTask ?? prepared.itemsPerTask,
  };
}

async function ofManifest(ask: SampleAsk): Promise<SampleJob> {
  const file = await manifestFile(ask.app);
  const text = new TextDecoder().decode(await readBounded(file, MAX_MANIFEST_BYTES));
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new SuperEdgeError("bad-app", `${file}: expected JSON (${(cause as Error).message})`, { cause });
  }
  const manifest = parseManifest(json);
  const code = await readCode(manifest, file, ask.code);
  const given = await readInputs(
    ask.inputs,
    manifest.inputs.map(({ name }) => name),
  );
  const inputs = manifest.inputs.map(({ name }) => {
    const bytes = given.get(name);
    if (!bytes) throw new UsageError(`expected --input ${name}=FILE: the app reads ${name}`);
    return bytes;
  });
  if (ask.items === undefined) throw new UsageError("expected --items N: how many items the whole job has");
  return {
    manifest,
    code,
    params: parseParams(manifest, ask.params),
    inputs,
    items: ask.items,
    sampleItems: ask.items,
    itemsPerTask: ask.itemsPerTask,
  };
}

async function manifestFile(app: string): Promise<string> {
  const found = await stat(app).catch(() => undefined);
  if (!found) {
    const names = builtins.map(({ manifest }) => manifest.name).join(", ");
    throw new UsageError(`expected a manifest, an app's folder, or one of ${names}; found no ${app}`);
  }
  if (!found.isDirectory()) return app;
  const inside = join(app, "manifest.json");
  if (await stat(inside).catch(() => undefined)) return inside;
  const name = basename(resolve(app));
  const hint = builtinOf(name) ? `; the built-in app is called by its name, ${name}` : "";
  throw new UsageError(`expected ${inside}, found none${hint}`);
}

async function readCode(manifest: Manifest, file: string, code: string | undefined): Promise<Uint8Array> {
  const names = manifest.engine === "wgsl" ? ["kernel.wgsl"] : ["kernel.wasm", "build/kernel.wasm"];
  const places = code === undefined ? names.map((name) => join(dirname(file), name)) : [code];
  for (const place of places) if (await stat(place).catch(() => undefined)) return readBounded(place, MAX_CODE_BYTES);
  throw new UsageError(
    `expected the kernel's code in ${places.join(" or ")}, found none; --code FILE says where it is`,
  );
}

/** `NAME=FILE`, or in the order of `names`. */
async function readInputs(given: readonly string[], names: readonly string[]): Promise<Map<string, Uint8Array>> {
  const inputs = new Map<string, Uint8Array>();
  for (const [i, text] of given.entries()) {
    const named = names.find((name) => text.startsWith(`${name}=`));
    const name = named ?? names[i];
    if (name === undefined)
      throw new UsageError(`--input: the app reads ${names.join(", ") || "nothing"}, found one more: ${text}`);
    if (inputs.has(name)) throw new UsageError(`--input: ${name} is given twice`);
    inputs.set(name, await readBounded(named ? text.slice(named.length + 1) : text, MAX_BLOB_BYTES));
  }
  return inputs;
}

async function readBounded(file: string, most: number): Promise<Uint8Array> {
  const found = await stat(file).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`${file}: expected a file (${error.code ?? error.message})`);
  });
  if (!found.isFile()) throw new UsageError(`${file}: expected a file, found something else`);
  if (found.size > most)
    throw new SuperEdgeError("too-large", `${file}: expected at most ${most} bytes, found ${found.size}`);
  return new Uint8Array(await readFile(file));
}
