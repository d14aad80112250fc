// Uniform structs as bytes, by the rules of https://www.w3.org/TR/WGSL/#alignment-and-size.
import { FIELD_TYPES } from "../dataTypes.ts";
import { type Expression, parseExpression, type Values, type Words } from "../expression.ts";
import type { Uniform } from "../kernel.ts";

export interface UniformLayout {
  /** Of the struct, a multiple of 16: what a uniform binding must hold. */
  bytes: number;
  write(values: Values, words: Words, view: DataView, at: number): void;
}

type Scalar = "u" | "i" | "f";

export function layOutUniform(uniform: Uniform, names: ReadonlySet<string>, where: string): UniformLayout {
  const members: { offset: number; scalar: Scalar; expression: Expression }[] = [];
  let end = 0;
  for (const { type, value } of uniform.fields) {
    const { align } = FIELD_TYPES[type];
    end = Math.ceil(end / align) * align;
    const scalar = (type.startsWith("vec") || type.startsWith("mat") ? type.at(-1) : type[0]) as Scalar;
    for (const one of Array.isArray(value) ? value : [value]) {
      members.push({ offset: end, scalar, expression: parseExpression(one, names, where) });
      end += 4;
    }
  }
  return {
    bytes: Math.max(16, Math.ceil(end / 16) * 16),
    write(values, words, view, at) {
      for (const { offset, scalar, expression } of members) {
        const number = expression.evaluate(values, words);
        // Integers wrap and fractions are cut, as JavaScript's conversions to 32 bits do.
        if (scalar === "u") view.setUint32(at + offset, number, true);
        else if (scalar === "i") view.setInt32(at + offset, number, true);
        else view.setFloat32(at + offset, number, true);
      }
    },
  };
}
