// What one ad or one evaluation may cost. Ads come from strangers, so every loop in this folder is under one of these.

/** Bytes of text that one parse reads. A real job ad has about 10 kB. */
export const MAX_TEXT_BYTES = 1_000_000;
/** Parentheses, lists, ads and operators inside each other. HTCondor stops at 1,000 parenthesised levels. */
export const MAX_NESTING = 400;
/** Operands in a row (`a || b || c …` is a tree that leans left, as deep as it is long). */
export const MAX_CHAIN = 1_000;
/** Attribute references followed into each other; then the evaluation fails. The library's number. */
export const MAX_DEREFERENCES = 1_000;
/** Expressions being evaluated inside each other, references or not: keeps us off the end of JavaScript's stack. */
export const MAX_DEPTH = 1_200;
/** Expressions evaluated in all, about 0.1 µs each. A typical Requirements takes 30. */
export const MAX_STEPS = 20_000;
/** Bytes of a text, list or ad that a function or comparison works through for one such step. */
export const BYTES_PER_STEP = 64;
/** Bytes of one string value: doubling it 60 times must not fill the memory. */
export const MAX_STRING_BYTES = 1_000_000;
/** Items of one list value. */
export const MAX_LIST_ITEMS = 100_000;
/** Steps of all regular-expression matching in one evaluation; a backtracking pattern then gives ERROR. */
export const MAX_REGEX_STEPS = 200_000;
/** Bytes of a pattern. */
export const MAX_PATTERN_BYTES = 4_000;
