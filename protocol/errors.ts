// One table of what can go wrong between machines. A code is stable: programs branch on it, docs/errors.md lists it,
// and a test holds the two together. Our own bugs are not here: `invariant` stops the program.

export const errorTable = {
  // What arrived is not what was expected.
  "bad-frame": { status: 400, meaning: "A socket frame is not MessagePack, is too large, or is not binary." },
  "bad-message": { status: 400, meaning: "A message or request body does not fit its schema." },
  "bad-id": { status: 400, meaning: "An address, hash or content id is malformed." },
  "bad-signature": { status: 401, meaning: "A signature is malformed or was made by another key." },
  "bad-version": { status: 426, meaning: "The protocol version is not the one this relay speaks." },
  "out-of-order": { status: 409, meaning: "The message is not allowed in this state of the session." },
  replayed: { status: 409, meaning: "The message was already accepted once, with other content." },
  "too-large": { status: 413, meaning: "A size or count is above its limit." },
  "too-many": { status: 429, meaning: "Too many of these at once or in a period; try later." },
  // What was asked for is not there, or not allowed.
  "not-found": { status: 404, meaning: "No such job, task, app, blob, epoch or worker." },
  "no-consent": { status: 403, meaning: "The volunteer's consent is missing, expired, or for another origin." },
  "not-yours": { status: 403, meaning: "The task, lease, batch or job belongs to somebody else." },
  banned: { status: 403, meaning: "The worker returned too many wrong results and gets no more work from this pool." },
  "bad-app": { status: 422, meaning: "The app's manifest or code cannot be used." },
  "bad-classad": { status: 422, meaning: "A ClassAd expression or ad cannot be read." },
  "bad-job": { status: 422, meaning: "The job does not fit its app: a parameter, input, count or trust is off." },
  "bad-deal": { status: 402, meaning: "The deal does not pay for this job at this pool." },
  "bad-order": { status: 422, meaning: "The order has terms that the contracts refuse." },
  "order-closed": { status: 410, meaning: "The order is expired, cancelled, withdrawn, or used up." },
  "not-funded": { status: 402, meaning: "The payer has too little at the Hub for what it has signed." },
  "bad-blob": { status: 422, meaning: "The bytes do not have the content id they were sent under." },
  "nobody-eligible": { status: 409, meaning: "No worker of the pool can run this job." },
  "no-reveal": { status: 409, meaning: "The revealed digest and salt are not the ones committed." },
  "bad-output": { status: 422, meaning: "The output's size or digest is not the committed one." },
  "bad-receipt": { status: 422, meaning: "The receipt does not prove what it says." },
  // Kernels.
  "kernel-compile": { status: 422, meaning: "The kernel's code does not compile or link on this machine." },
  "kernel-trap": { status: 422, meaning: "The kernel stopped with an error while running." },
  "kernel-nondeterministic": { status: 422, meaning: "The kernel gives different results for the same task." },
  "kernel-timeout": { status: 422, meaning: "The kernel did not finish in its time and was killed." },
  "kernel-memory": {
    status: 422,
    meaning: "The kernel asked for more memory than its manifest or the machine allows.",
  },
  "device-lost": { status: 503, meaning: "The GPU was lost while the kernel ran." },
  "no-engine": { status: 409, meaning: "The machine has no engine of the kind the kernel needs." },
  "category-overrun": {
    status: 422,
    meaning: "The job took more of the reference machine's time than the category it named allows.",
  },
  // Circumstances.
  "chain-unavailable": { status: 503, meaning: "The chain cannot be reached or refused the transaction." },
  "relay-unavailable": { status: 503, meaning: "The relay cannot be reached, or what answered is no relay." },
  "peer-unavailable": { status: 503, meaning: "No connection to the peer could be made, or it broke." },
  cancelled: { status: 499, meaning: "The work was stopped on request." },
  internal: { status: 500, meaning: "The relay made a mistake; its log says more." },
} as const;

export type ErrorCode = keyof typeof errorTable;

/** The world's behaviour, with a stable code and a sentence that says what was expected and what was found. */
export class SuperEdgeError extends Error {
  override readonly name = "SuperEdgeError";
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

export const isErrorCode = (text: string): text is ErrorCode => Object.hasOwn(errorTable, text);

/** Our bug, not the world's: the program stops rather than go on with a state that cannot be. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`invariant broken: ${message}`);
}
