// Every bound in one place, with its unit and its reason.

/** A socket frame, bytes: a reveal of 64 outputs of 64 KiB would be 4 MiB; a batch of them is cut to fit half of that. */
export const MAX_FRAME_BYTES = 2 * 1024 * 1024;
/** An output that travels inside its reveal, bytes. Larger ones are uploaded once, by one winner. */
export const MAX_INLINE_OUTPUT_BYTES = 64 * 1024;
/** Tasks in a lease and in a commit batch: beyond this the signature's share of the cost is already small. */
export const MAX_BATCH_TASKS = 64;
/** Work covered by one commit batch, milliseconds: what a closed tab can lose. */
export const MAX_BATCH_WORK_MS = 20_000;
/** One task's output, bytes: a worker holds it, its upload and its digest tree in memory at once. */
export const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;
/** A blob, bytes: relays hold it on disk, browsers in memory. */
export const MAX_BLOB_BYTES = 256 * 1024 * 1024;
/** Input blobs of one job: WebGPU guarantees 8 storage buffers a stage, and the output takes one. */
export const MAX_JOB_INPUTS = 6;
/** Items of a job: indices stay exact in a u32 on every engine. */
export const MAX_JOB_ITEMS = 2 ** 32 - 1;
/** Tasks of a job: one row each in the store, 200 bytes in the scheduler. */
export const MAX_JOB_TASKS = 1_000_000;
/** A manifest, bytes of JSON. */
export const MAX_MANIFEST_BYTES = 64 * 1024;
/** A kernel's code, bytes. */
export const MAX_CODE_BYTES = 16 * 1024 * 1024;
/** Leaf of a blob's DAG, bytes: IPFS's default chunk, so that a CID here is a CID there. */
export const CHUNK_BYTES = 262_144;
/** Links of one node of a blob's DAG: IPFS's default width. */
export const DAG_WIDTH = 174;
/** Leaf of a result's digest tree, bytes: a disputed leaf must fit in one transaction. */
export const DIGEST_LEAF_BYTES = 4096;
/** Nodes of a digest tree shown at once: as leaves they are 64 KiB, what a small output would have had. */
export const MAX_SHOWN_NODES = 16;
/** Levels of a digest tree below its root: 64 MiB in leaves of at least 2 KiB. */
export const MAX_TREE_LEVELS = 15;
/** Signalling message between two peers, bytes: an SDP offer with candidates is about 2 KiB. */
export const MAX_SIGNAL_BYTES = 16 * 1024;
/** A consent is asked again after this, milliseconds (30 days). */
export const CONSENT_MS = 30 * 24 * 3600 * 1000;
/** Trust a requester may ask for: above this the rule's integers no longer tell laws apart. */
export const MAX_TRUST = 1_000_000;
/** Agreeing contributions a deal may demand of every task, whatever its trust. */
export const MAX_REPLICAS = 16;
/** A job's requirements or its rank, bytes: a page of conditions, parsed at the door and kept in memory. */
export const MAX_EXPRESSION_BYTES = 2048;
/** A job's deadline, seconds (30 days): beyond it no estimate of a pool of visitors means anything. */
export const MAX_DEADLINE_SECONDS = 30 * 24 * 3600;
