import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { loadWgsl } from "../../kernels/execute/loadWgsl.ts";
import { parseManifest } from "../../kernels/kernel.ts";
import { loadProbe } from "../../kernels/load.ts";
import { ANSWERS, FLOAT_QUESTIONS, manifest } from "../../kernels/probe/manifest.ts";
import { probeNumbers, ROWS } from "../../kernels/probe/numbers.ts";
import { answersOf, ENGINE_FAMILIES, numericClassOf } from "../../kernels/probe/probe.ts";
import { openGpu } from "./openGpu.ts";

const code = await loadProbe();
const device = await openGpu();
const answers = await answersOf(device, code);
const floats = new Float32Array(answers.buffer);
const answerTo = (question: number, row: number) => floats[question * ROWS + row]!;
const flipBit = (bit: number) => {
  const changed = answers.slice();
  changed[bit >> 3]! ^= 1 << (bit & 7);
  return changed;
};

describe("the numeric probe", () => {
  test("asks every machine about the same numbers", () => {
    expect(createHash("sha256").update(probeNumbers()).digest("hex")).toBe(
      "fc40e76d6b4483cd0cc47605632feb9f29ccbb8be4064038cfde36194e0ce005",
    );
  });

  test("keeps to the manifest that it comes with", () => {
    expect(() => parseManifest(JSON.parse(JSON.stringify(manifest)))).not.toThrow();
    expect(code).toContain(`const ROWS = ${ROWS}u;`);
    expect(code).toContain(`const FLOATS = ${FLOAT_QUESTIONS}u;`);
    // A question without a case would be answered 0 by every machine.
    for (let question = 0; question < ANSWERS / ROWS; question++) expect(code).toMatch(`case ${question}u {`);
    expect(code).not.toContain(`case ${ANSWERS / ROWS}u {`);
  });

  test("gets the same answers again, from this device and from another", async () => {
    const another = await openGpu();
    for (const asked of [device, device, another]) expect(await answersOf(asked, code)).toEqual(answers);
    another.destroy();
  });

  test("gets the same answers in pieces: no answer depends on another", async () => {
    const program = await loadWgsl(device, manifest, code);
    const bound = await program.bind({}, [probeNumbers()]);
    for (let first = 0; first < ANSWERS; first += 1000) {
      const count = Math.min(1000, ANSWERS - first);
      expect(await bound.run({ first, count })).toEqual(answers.subarray(4 * first, 4 * (first + count)));
    }
    bound.dispose();
  });

  test("asks what tells machines apart: answers that two roundings would give differently", () => {
    // Row 0: c is −ab rounded, so a fused multiply-add leaves what was rounded away, and two roundings leave 0.
    const view = new Float32Array(probeNumbers().buffer);
    const [a, b, c] = [view[0]!, view[1]!, view[2]!];
    expect(c).toBe(Math.fround(-(a * b)));
    expect(a * b + c).not.toBe(0);
    expect([0, Math.fround(a * b + c)]).toContain(answerTo(0, 0));
    // In row 1 (a + b) − a is b to whoever rearranges sums, and not to whoever rounds.
    const [d, e] = [view[3]!, view[4]!];
    expect(Math.fround(Math.fround(d + e) - d)).not.toBe(e);
    expect([e, Math.fround(Math.fround(d + e) - d)]).toContain(answerTo(16, 1));
    // Half of the least normal number, kept or flushed.
    expect(view[3 * 40]).toBe(2 ** -126);
    expect([0, 2 ** -127]).toContain(answerTo(57, 40));
  });
});

describe("a numeric class", () => {
  test("is another when one bit of one answer is another", async () => {
    const known = await numericClassOf("chromium", answers);
    await fc.assert(
      fc.asyncProperty(fc.nat(32 * ANSWERS - 1), async (bit) => {
        const word = bit >> 5;
        const isFloat = word < ROWS * FLOAT_QUESTIONS;
        const changed = flipBit(bit);
        const stillNan = isFloat && Number.isNaN(floats[word]) && Number.isNaN(new Float32Array(changed.buffer)[word]);
        const found = await numericClassOf("chromium", changed);
        if (stillNan) expect(found).toBe(known);
        else expect(found).not.toBe(known);
      }),
      { numRuns: 300 },
    );
  });

  test("does not depend on the bits of NaNs, which outputs do not keep either", async () => {
    const word = floats.findIndex(Number.isNaN);
    expect(word).toBeGreaterThanOrEqual(0);
    const changed = answers.slice();
    new Uint32Array(changed.buffer)[word] = 0xffc1_2345;
    expect(changed).not.toEqual(answers);
    expect(await numericClassOf("chromium", changed)).toBe(await numericClassOf("chromium", answers));
  });

  test("names the engine: the same answers of two engines are two classes", async () => {
    const classes = await Promise.all(ENGINE_FAMILIES.map((family) => numericClassOf(family, answers)));
    expect(new Set(classes).size).toBe(ENGINE_FAMILIES.length);
    for (const name of classes) expect(name).toMatch(/^(chromium|gecko|webkit|dawn-node|other)-[0-9a-f]{16}$/);
  });
});
