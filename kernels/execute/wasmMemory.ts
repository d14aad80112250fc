// What a WASM module says of its memory, read from its binary: JavaScript has no call that tells a memory's maximum, and
// a maximum is what keeps a kernel inside its manifest's bound.
// https://webassembly.github.io/spec/core/binary/modules.html
import { SuperEdgeError } from "../../protocol/errors.ts";

const PAGE_BYTES = 65_536;
const MEMORY_SECTION = 5;

/** Bytes of the one memory that a valid module defines. Throws `kernel-memory` unless it is bounded and not shared. */
export function maximumMemoryBytes(module: Uint8Array): number {
  const fail = (found: string): never => {
    throw new SuperEdgeError("kernel-memory", `expected one 32-bit memory with a maximum, found ${found}`);
  };
  // The module was compiled before, so its sections are where they say; a bound still guards every read.
  let at = 8;
  const byte = () => module[at++] ?? fail("the end of the module");
  const leb128 = () => {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const next = byte();
      value += (next & 0x7f) * 2 ** shift;
      if (next < 0x80) return value;
    }
    return fail("a number of more than 32 bits");
  };
  while (at < module.length) {
    const section = byte();
    const bytes = leb128();
    if (section !== MEMORY_SECTION) {
      at += bytes;
      continue;
    }
    const count = leb128();
    if (count !== 1) fail(`${count} memories`);
    const flags = byte();
    if (flags !== 1) fail(flags === 0 ? "no maximum" : `memory of kind ${flags}`);
    leb128();
    return leb128() * PAGE_BYTES;
  }
  return fail("no memory");
}
