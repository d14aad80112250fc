// What this GPU, its driver and its compiler answer where WGSL leaves the rounding of f32 to them. One invocation gives
// one answer: question item / ROWS about row item % ROWS of the numbers. No invocation reads what another wrote.
//
// Everything comes out of a buffer, so that no compiler knows a value beforehand; questions are cases of one switch, so
// that each compiler sees the expressions as it would see them in a kernel.

const ROWS = 64u;
/** Questions below this are answered by an f32, the others by a u32. */
const FLOATS = 64u;

struct Task {
  first: u32,
  items: u32,
}

@group(0) @binding(0) var<uniform> task: Task;
/** ROWS times a, b, c. */
@group(0) @binding(1) var<storage, read> numbers: array<f32>;
@group(0) @binding(2) var<storage, read_write> answers: array<u32>;

/** The n-th number from row `row` on, in turn, all finite and of ordinary size. */
fn ordinary(row: u32, n: u32) -> f32 {
  return numbers[((row + n) % 24u) * 3u];
}

fn answerFloat(question: u32, row: u32) -> f32 {
  let a = numbers[row * 3u];
  let b = numbers[row * 3u + 1u];
  let c = numbers[row * 3u + 2u];
  switch question {
    // Is a product added without being rounded first? In half of the rows c is the rounded −ab.
    case 0u { return a * b + c; }
    case 1u { return c - a * b; }
    case 2u { return a * b - b * c; }
    case 3u { return fma(a, b, c); }
    case 4u { return dot(vec2f(a, b), vec2f(b, c)); }
    case 5u { return dot(vec3f(a, b, c), vec3f(b, c, a)); }
    case 6u { return dot(vec4f(a, b, c, 1.0), vec4f(b, c, a, c)); }
    case 7u { return (mat2x2f(a, b, b, c) * vec2f(c, a)).x; }
    case 8u { return (mat4x4f(a, b, c, a, b, c, a, b, c, a, b, c, a, b, c, a) * vec4f(a, b, c, b)).y; }
    case 9u { return cross(vec3f(a, b, c), vec3f(c, a, b)).z; }
    case 10u { return mix(a, b, c); }
    case 11u { return length(vec3f(a, b, c)); }
    case 12u { return distance(vec2f(a, b), vec2f(c, a)); }
    case 13u { return normalize(vec3f(a, b, c)).x; }
    case 14u { return reflect(vec2f(a, b), vec2f(b, c)).x; }
    case 15u { return ((a * b + c) * b + a) * b + c; }
    // In which order is a sum taken, and is it taken at all where algebra says it is not needed?
    case 16u { return (a + b) - a; }
    case 17u { return (a + b) + c; }
    case 18u { return a + (b + c); }
    case 19u {
      var sum = 0.0;
      for (var n = 0u; n < 24u; n++) { sum += ordinary(row, n); }
      return sum;
    }
    case 20u {
      var sum = vec4f();
      for (var n = 0u; n < 24u; n += 4u) {
        sum += vec4f(ordinary(row, n), ordinary(row, n + 1u), ordinary(row, n + 2u), ordinary(row, n + 3u));
      }
      return dot(sum, vec4f(1.0));
    }
    case 21u {
      // Kahan's compensation is zero to whoever rearranges.
      var sum = 0.0;
      var lost = 0.0;
      for (var n = 0u; n < 24u; n++) {
        let next = ordinary(row, n) - lost;
        let total = sum + next;
        lost = (total - sum) - next;
        sum = total;
      }
      return lost;
    }
    case 22u {
      var sum = 0.0;
      for (var n = 0u; n < 24u; n++) { sum += ordinary(row, n) * ordinary(row, n + 7u); }
      return sum;
    }
    case 23u { return a * b * c; }
    case 24u { return a * (b * c); }
    case 25u { return a * b + a * c; }
    case 26u { return (a - b) * (a + b); }
    // How is what is not exact rounded?
    case 27u { return a / b; }
    case 28u { return 1.0 / a; }
    case 29u { return (a / b) * b; }
    case 30u { return (a / b) / c; }
    case 31u { return sqrt(abs(a)); }
    case 32u { return inverseSqrt(abs(a)); }
    case 33u { return a / sqrt(abs(b)); }
    case 34u { return a % b; }
    case 35u { return exp(a); }
    case 36u { return exp2(a); }
    case 37u { return log(abs(a)); }
    case 38u { return log2(abs(a)); }
    case 39u { return sin(a); }
    case 40u { return cos(a); }
    case 41u { return tan(a); }
    case 42u { return asin(fract(a)); }
    case 43u { return acos(fract(a)); }
    case 44u { return atan(a); }
    case 45u { return atan2(a, b); }
    case 46u { return sinh(fract(a) * 4.0); }
    case 47u { return cosh(fract(a) * 4.0); }
    case 48u { return tanh(fract(a) * 4.0); }
    case 49u { return asinh(a); }
    case 50u { return acosh(abs(a) + 1.0); }
    case 51u { return atanh(fract(a)); }
    case 52u { return pow(abs(a), fract(b) * 4.0); }
    case 53u { return pow(abs(a), 2.0); }
    case 54u { return smoothstep(a, b, c); }
    case 55u { return degrees(a) + radians(b); }
    case 56u { return fract(a) + round(b) + trunc(c); }
    // Numbers below the least normal one: kept, or taken for zero? In rows 40 to 47 they come in or go out.
    case 57u { return a * 0.5; }
    case 58u { return a + a; }
    case 59u { return select(1.0, 2.0, a == 0.0) + select(4.0, 8.0, a * b == 0.0); }
    case 60u { return ldexp(a, -3); }
    // Infinities and NaNs: which answer NaN is part of the class, its bits are not.
    case 61u { return min(a, b) + max(b, c); }
    case 62u { return clamp(c, a, b); }
    case 63u { return select(0.0, 1.0, a != a) + select(0.0, 2.0, a < b) + select(0.0, 4.0, !(a >= b)); }
    default { return 0.0; }
  }
}

fn answerWord(question: u32, row: u32) -> u32 {
  let a = numbers[row * 3u];
  let b = numbers[row * 3u + 1u];
  let c = numbers[row * 3u + 2u];
  switch question {
    // Conversions out of range and of fractions.
    case 64u { return bitcast<u32>(i32(a)); }
    case 65u { return u32(a); }
    case 66u { return bitcast<u32>(i32(b * c)); }
    case 67u { return pack2x16float(vec2f(a, b)); }
    case 68u { return pack4x8snorm(vec4f(a, b, c, 0.5)); }
    case 69u { return pack2x16unorm(vec2f(fract(a), b)); }
    // Of integers to floats: 24 bits of 32 are kept, and which depends on the rounding.
    case 70u { return bitcast<u32>(f32(bitcast<u32>(a))); }
    case 71u { return bitcast<u32>(f32(bitcast<i32>(b))); }
    // Integers: fixed by WGSL, also where a divisor is zero. An answer of its own here is a defect of the driver.
    case 72u { return bitcast<u32>(bitcast<i32>(a) / (bitcast<i32>(b) >> 20u)); }
    case 73u { return bitcast<u32>(a) % (bitcast<u32>(c) >> 24u); }
    default { return 0u; }
  }
}

@compute @workgroup_size(64)
fn answer(@builtin(global_invocation_id) id: vec3u) {
  if id.x >= task.items { return; }
  let question = (task.first + id.x) / ROWS;
  let row = (task.first + id.x) % ROWS;
  if question < FLOATS {
    answers[id.x] = bitcast<u32>(answerFloat(question, row));
  } else {
    answers[id.x] = answerWord(question, row);
  }
}
