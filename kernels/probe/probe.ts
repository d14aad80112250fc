// A machine's numeric class: machines of one class round floats alike, so that a float kernel's outputs on two of them
// can be compared byte for byte.
import { canonicalizeNans } from "../execute/canonicalNans.ts";
import { loadWgsl } from "../execute/loadWgsl.ts";
import { ANSWERS, FLOAT_QUESTIONS, manifest } from "./manifest.ts";
import { probeNumbers, ROWS } from "./numbers.ts";

/**
 * Whose WGSL compiler it is. Engines translate the same shader differently for the same driver, and one may change what
 * the probe does not ask for.
 */
export const ENGINE_FAMILIES = ["chromium", "gecko", "webkit", "dawn-node", "other"] as const;
export type EngineFamily = (typeof ENGINE_FAMILIES)[number];

/**
 * Runs the probe: `code` is kernels/probe/kernel.wgsl. A few milliseconds after the shader is compiled. Throws
 * `kernel-compile`, `kernel-trap`, `device-lost`, as any kernel does.
 */
export async function answersOf(device: GPUDevice, code: string): Promise<Uint8Array<ArrayBuffer>> {
  const program = await loadWgsl(device, manifest, code);
  try {
    const bound = await program.bind({}, [probeNumbers()]);
    try {
      return await bound.run({ first: 0, count: ANSWERS });
    } finally {
      bound.dispose();
    }
  } finally {
    program.dispose();
  }
}

/** "chromium-1f0c…": the family and 64 bits of SHA-256 over it, the probe's version and its answers. */
export async function numericClassOf(family: EngineFamily, answers: Uint8Array<ArrayBuffer>): Promise<string> {
  const canonical = answers.slice();
  canonicalizeNans("f32", canonical.subarray(0, 4 * ROWS * FLOAT_QUESTIONS));
  const head = new TextEncoder().encode(`${family} ${manifest.version} `);
  const hashed = new Uint8Array(head.length + canonical.length);
  hashed.set(head);
  hashed.set(canonical, head.length);
  // Where there is WebGPU there is WebCrypto: browsers offer both in the same places only.
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", hashed), 0, 8);
  return `${family}-${Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
