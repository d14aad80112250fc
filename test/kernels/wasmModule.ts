// WASM modules byte by byte, for kernels that break the ABI in one place: no compiler would make them.
// https://webassembly.github.io/spec/core/binary/modules.html

const I32 = 0x7f;

const unsigned = (value: number): number[] =>
  value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];

function signed(value: bigint): number[] {
  const byte = Number(value & 0x7fn);
  const rest = value >> 7n;
  const last = (rest === 0n && (byte & 0x40) === 0) || (rest === -1n && (byte & 0x40) !== 0);
  return last ? [byte] : [byte | 0x80, ...signed(rest)];
}

const section = (id: number, body: number[]) => [id, ...unsigned(body.length), ...body];
const list = (items: number[][]) => [...unsigned(items.length), ...items.flat()];
const name = (text: string) => [...unsigned(text.length), ...new TextEncoder().encode(text)];

/** Instructions. */
export const op = {
  unreachable: [0x00],
  i32: (value: number) => [0x41, ...signed(BigInt(value))],
  i64: (value: bigint) => [0x42, ...signed(value)],
  /** The function's only argument. */
  argument: [0x20, 0],
  load: (offset: number) => [0x28, 2, ...unsigned(offset)],
  store: (offset: number) => [0x36, 2, ...unsigned(offset)],
  store64: (offset: number) => [0x37, 3, ...unsigned(offset)],
  add: [0x6a],
  /** Traps if what is on the stack is not zero. */
  trapUnlessZero: [0x04, 0x40, 0x00, 0x0b],
  call: (index: number) => [0x10, ...unsigned(index)],
};

export interface WasmShape {
  /** Pages of 64 KiB, all there from the start. */
  maximum?: number | "none";
  /** "module.name" of functions (i32) → i32. */
  imports?: string[];
  exports?: ("memory" | "alloc" | "run")[];
  alloc?: number[];
  run?: number[];
}

/** By default a kernel that computes nothing: one page, `alloc` always at 1024, `run` returns 0. */
export function wasmModule(shape: WasmShape = {}): Uint8Array<ArrayBuffer> {
  const { maximum = 1, imports = [], exports = ["memory", "alloc", "run"] } = shape;
  const { alloc = op.i32(1024), run = op.i32(0) } = shape;
  const indices = { memory: [2, 0], alloc: [0, imports.length], run: [0, imports.length + 1] };
  const body = (code: number[]) => [...unsigned(code.length + 2), 0, ...code, 0x0b];
  const importing = imports.map((path) => [...path.split(".").flatMap(name), 0x00, 0]);
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, list([[0x60, 1, I32, 1, I32]])),
    ...section(2, list(importing)),
    ...section(3, list([[0], [0]])),
    ...section(5, list([maximum === "none" ? [0, 1] : [1, ...unsigned(maximum), ...unsigned(maximum)]])),
    ...section(7, list(exports.map((text) => [...name(text), ...indices[text]]))),
    ...section(10, list([body(alloc), body(run)])),
  ]);
}
