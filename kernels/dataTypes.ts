// The kinds of numbers that cross a kernel's border, and how many bytes they take.
export type ParamType = "u32" | "i32" | "f32" | "f64";
export type OutputType = "u8" | "i32" | "u32" | "f32" | "f64";

/** Bytes of one element of an output. */
export const ELEMENT_BYTES: Readonly<Record<OutputType, number>> = { u8: 1, i32: 4, u32: 4, f32: 4, f64: 8 };

/**
 * Members of uniform structs: how many values they take, and their alignment in bytes in the uniform address space
 * (https://www.w3.org/TR/WGSL/#alignment-and-size). All are made of 4-byte scalars without padding between them.
 */
export const FIELD_TYPES = {
  u32: { values: 1, align: 4 },
  i32: { values: 1, align: 4 },
  f32: { values: 1, align: 4 },
  vec2u: { values: 2, align: 8 },
  vec3u: { values: 3, align: 16 },
  vec4u: { values: 4, align: 16 },
  vec2i: { values: 2, align: 8 },
  vec3i: { values: 3, align: 16 },
  vec4i: { values: 4, align: 16 },
  vec2f: { values: 2, align: 8 },
  vec3f: { values: 3, align: 16 },
  vec4f: { values: 4, align: 16 },
  mat4x4f: { values: 16, align: 16 },
} as const;
export type FieldType = keyof typeof FIELD_TYPES;
