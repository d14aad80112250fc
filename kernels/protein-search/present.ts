import { SuperEdgeError } from "../../protocol/errors.ts";
import type { PreparedJob, Presentation } from "../builtin.ts";
import { unpackSequences } from "./sequences.ts";

/** Scores as a matrix in the order of the files, and as `query,target,score` lines. Throws `bad-job`. */
export function present(
  { inputs, items }: PreparedJob,
  output: Uint8Array,
  isKnown: (item: number) => boolean = () => true,
): Presentation {
  const queries = unpackSequences(inputs[0]!);
  const targets = unpackSequences(inputs[1]!);
  const width = targets.proteins.length;
  if (items !== queries.proteins.length * width || output.byteLength !== 4 * items)
    throw new SuperEdgeError("bad-job", `expected ${4 * items} bytes of scores, found ${output.byteLength}`);
  const scores = new DataView(output.buffer, output.byteOffset, output.byteLength);
  const values = new Int32Array(items);
  const known = new Uint8Array(items);
  for (let item = 0; item < items; item++) {
    if (!isKnown(item)) continue;
    const cell = queries.places[Math.floor(item / width)]! * width + targets.places[item % width]!;
    values[cell] = scores.getInt32(4 * item, true);
    known[cell] = 1;
  }
  const rows = inFileOrder(queries);
  const columns = inFileOrder(targets);
  const lines = ["query,target,score"];
  for (let cell = 0; cell < items; cell++)
    if (known[cell])
      lines.push(`${quoted(rows[Math.floor(cell / width)]!)},${quoted(columns[cell % width]!)},${values[cell]}`);
  return { kind: "matrix", rows, columns, values, known, csv: `${lines.join("\n")}\n` };
}

function inFileOrder({ proteins, places }: ReturnType<typeof unpackSequences>): string[] {
  const names: string[] = new Array(proteins.length).fill("");
  for (const [i, { accession }] of proteins.entries()) names[places[i]!] = accession;
  return names;
}

const quoted = (name: string) => (/[",]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name);
