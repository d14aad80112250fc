// What the kernels of this project add to their apps in the page: reading files, showing results, sample data.
import type { PublishedApp } from "../../../client/index.ts";
import type { Builtin, FileAsk } from "../../../kernels/builtin.ts";
import { builtins } from "../../../kernels/registry.ts";
import { canonicalJson } from "../../../protocol/canonicalJson.ts";

/** Addresses of the sample files as built, by path; the files themselves are fetched when somebody wants them. */
const SAMPLES = import.meta.glob<string>("../../../kernels/*/data/*.{fasta,csv,json}", {
  query: "?url",
  import: "default",
  eager: true,
});

/** The built-in behind an app; undefined for all others, even one that calls itself by a built-in's name. */
export function builtinOf({ manifest }: PublishedApp): Builtin | undefined {
  const text = canonicalJson(manifest);
  return builtins.find((builtin) => canonicalJson(builtin.manifest) === text);
}

export const sampleName = ({ sample }: FileAsk): string | undefined => sample?.slice(sample.lastIndexOf("/") + 1);

export async function fetchSample({ manifest }: Builtin, { sample }: FileAsk): Promise<Uint8Array<ArrayBuffer>> {
  const address = SAMPLES[`../../../kernels/${manifest.name}/${sample}`];
  if (!address) throw new Error(`expected sample ${sample} in the page's build, found none`);
  const response = await fetch(address);
  if (!response.ok) throw new Error(`expected sample ${sample}, found status ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}
