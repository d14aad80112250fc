// Smith–Waterman local alignment scores with affine gaps (Gotoh 1982), one invocation a pair of proteins.
//
// The alignment matrix has a row for each residue of the query and a column for each of the target. A dispatch computes a
// block of ROWS rows; the manifest repeats it down the query, so that no dispatch is long, however long the proteins.
// Inside a block the rows live in registers while the invocation walks along the target; what one block leaves to the next
// is its lowest row, a word a column, in `edges`. Nothing depends on how long the proteins are except buffer sizes.
//
// Scores come from a query profile, built once a task: for a block and a residue of the target, its scores against the
// block's ROWS residues, a byte each, so that one load serves a whole column of the block.
//
// All is integer arithmetic without races: the same on every machine.

const ROWS = 16u;
const RESIDUES = 24u;
/** Residue code that fills up words and blocks: scores so low that no alignment enters it. */
const PAD = RESIDUES;
/** −128 as a byte. */
const PAD_SCORE = 0x80u;
const CODES = RESIDUES + 1u;

struct Task {
  first: u32,
  items: u32,
  targets: u32,
  queries: u32,
  /** Blocks of the longest query. */
  blocks: u32,
  /** Words, of four columns, of the longest target. */
  words: u32,
  /** Which block this dispatch computes. */
  block: u32,
}

override gap_open: i32 = 11;
override gap_extend: i32 = 1;

@group(0) @binding(0) var<uniform> task: Task;
@group(0) @binding(1) var<storage, read> query_words: array<u32>;
@group(0) @binding(2) var<storage, read> target_words: array<u32>;
@group(0) @binding(3) var<storage, read_write> profiles: array<vec4u>;
@group(0) @binding(4) var<storage, read_write> edges: array<vec4u>;
@group(0) @binding(5) var<storage, read_write> scores: array<i32>;

// The packed proteins begin with four words, the substitution matrix a byte a score, and start (in words) and length of
// each. The matrix is data because a constant array of this size is copied into every invocation that indexes it.
const MATRIX = 4u;
const INDEX = MATRIX + RESIDUES * RESIDUES / 4u;

/** Byte `at` of the queries' blob from word `start` on. */
fn query_byte(start: u32, at: u32) -> u32 {
  return (query_words[start + at / 4u] >> (8u * (at % 4u))) & 255u;
}

/** The profiles of the queries that this task touches: one invocation a query, block and residue code. */
@compute @workgroup_size(64)
fn build_profiles(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= arrayLength(&profiles)) {
    return;
  }
  let code = id.x % CODES;
  let block = id.x / CODES % task.blocks;
  let query = task.first / task.targets + id.x / CODES / task.blocks;
  if (query >= task.queries) {
    return;
  }
  let start = query_words[INDEX + 2u * query];
  let length = query_words[INDEX + 2u * query + 1u];
  var words: vec4u;
  for (var row = 0u; row < ROWS; row++) {
    let at = block * ROWS + row;
    var score = PAD_SCORE;
    if (at < length && code != PAD) {
      score = query_byte(MATRIX, query_byte(start, at) * RESIDUES + code);
    }
    words[row / 4u] |= score << (8u * (row % 4u));
  }
  profiles[id.x] = words;
}

/** One cell: its H, and what it hands on to the right (E) and down (F). */
struct Cell {
  h: i32,
  e: i32,
  f: i32,
}

fn cell(diagonal: i32, score: i32, e: i32, f: i32) -> Cell {
  let h = max(max(diagonal + score, 0), max(e, f));
  let opened = h - (gap_open + gap_extend);
  return Cell(h, max(e - gap_extend, opened), max(f - gap_extend, opened));
}

/** Four rows of a column. */
struct Quad {
  h: vec4i,
  e: vec4i,
  /** F below the lowest row. */
  f: i32,
}

/** `left` is the column before, `diagonal` the H above it, `packed` the four scores. */
fn quad(left: Quad, diagonal: i32, f: i32, packed: u32) -> Quad {
  let score = (vec4i(bitcast<i32>(packed)) << vec4u(24, 16, 8, 0)) >> vec4u(24);
  let a = cell(diagonal, score.x, left.e.x, f);
  let b = cell(left.h.x, score.y, left.e.y, a.f);
  let c = cell(left.h.y, score.z, left.e.z, b.f);
  let d = cell(left.h.z, score.w, left.e.w, c.f);
  return Quad(vec4i(a.h, b.h, c.h, d.h), vec4i(a.e, b.e, c.e, d.e), d.f);
}

/** A block's column. */
struct Column {
  a: Quad,
  b: Quad,
  c: Quad,
  d: Quad,
  /** H of the row above the block. */
  above: i32,
  /** The largest H so far, of every fourth row. */
  best: vec4i,
}

// The edge between two blocks in one word a column: H of the lowest row, and F for the row below. H is at most 11 a
// residue; F is from H − gap_extend − gap_open to H − gap_extend, so its distance from the latter fits four bits.
fn pack_edge(h: i32, f: i32) -> u32 {
  return bitcast<u32>((h << 4u) | (h - gap_extend - f));
}

fn next_column(left: Column, edge: u32, profile: vec4u) -> Column {
  let above = bitcast<i32>(edge >> 4u);
  let f = above - gap_extend - bitcast<i32>(edge & 15u);
  let a = quad(left.a, left.above, f, profile.x);
  let b = quad(left.b, left.a.h.w, a.f, profile.y);
  let c = quad(left.c, left.b.h.w, b.f, profile.z);
  let d = quad(left.d, left.c.h.w, c.f, profile.w);
  return Column(a, b, c, d, above, max(max(max(left.best, a.h), max(b.h, c.h)), d.h));
}

@compute @workgroup_size(32)
fn align(@builtin(global_invocation_id) id: vec3u) {
  let pair = id.x;
  if (pair >= task.items) {
    return;
  }
  let query = (task.first + pair) / task.targets;
  if (task.block * ROWS >= query_words[INDEX + 2u * query + 1u]) {
    return;
  }
  let target_index = (task.first + pair) % task.targets;
  let start = target_words[INDEX + 2u * target_index];
  let words = min((target_words[INDEX + 2u * target_index + 1u] + 3u) / 4u, task.words);
  let profile = ((query - task.first / task.targets) * task.blocks + task.block) * CODES;

  var column = Column();
  column.best = vec4i(scores[pair]);
  for (var word = 0u; word < words; word++) {
    let residues = target_words[start + word];
    // Neighbouring invocations' words lie side by side, where a GPU loads them together.
    let at = word * task.items + pair;
    let edge = edges[at];
    let x = next_column(column, edge.x, profiles[profile + (residues & 255u)]);
    let y = next_column(x, edge.y, profiles[profile + ((residues >> 8u) & 255u)]);
    let z = next_column(y, edge.z, profiles[profile + ((residues >> 16u) & 255u)]);
    column = next_column(z, edge.w, profiles[profile + (residues >> 24u)]);
    edges[at] = vec4u(
      pack_edge(x.d.h.w, x.d.f),
      pack_edge(y.d.h.w, y.d.f),
      pack_edge(z.d.h.w, z.d.f),
      pack_edge(column.d.h.w, column.d.f),
    );
  }
  let best = max(column.best.xy, column.best.zw);
  scores[pair] = max(best.x, best.y);
}
