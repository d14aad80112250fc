// What a worker commits to before it reveals, and the EIP-712 messages that worker and relay sign. The contracts hash the
// same: contracts/libraries/Commit.sol is held to this file by a test, and so is ethers' own EIP-712 encoder.
//
// Names (addresses, deals) are text, as everywhere; hashes, nonces and salts are bytes, as on the wire. What is hashed
// once a contribution takes another implementation of keccak-256: a relay does it tens of thousands of times a second.
import { keccak_256 } from "@noble/hashes/sha3.js";
import type { Address, Bytes32 } from "./ids.ts";
import type { Keccak } from "./keccakTree.ts";
import * as keccakTree from "./keccakTree.ts";
import { putBytes32, putHex, putUint } from "./pack.ts";

/** The opaque name under which a task travels: keccak-256 of dealId ‖ index (4 bytes) ‖ nonce. 32 bytes. */
export function taskKeyOf(dealId: Bytes32, index: number, nonce: Uint8Array, keccak: Keccak = keccak_256): Uint8Array {
  const bytes = new Uint8Array(68);
  putHex(bytes, 0, dealId, 32);
  putUint(bytes, 32, index, 4);
  putBytes32(bytes, 36, nonce);
  return keccak(bytes);
}

/** keccak-256 of taskKey ‖ worker ‖ digest ‖ salt. The salt, 32 random bytes, keeps others from trying likely digests. */
export function commitmentOf(
  taskKey: Uint8Array,
  worker: Address,
  digest: Uint8Array,
  salt: Uint8Array,
  keccak: Keccak = keccak_256,
): Uint8Array {
  const bytes = new Uint8Array(116);
  putBytes32(bytes, 0, taskKey);
  putHex(bytes, 32, worker, 20);
  putBytes32(bytes, 52, digest);
  putBytes32(bytes, 84, salt);
  return keccak(bytes);
}

/** Root of a commit batch, in the order of its lease. */
export const batchRoot = (commitments: readonly Uint8Array[], keccak?: Keccak): Uint8Array =>
  keccakTree.root(commitments, keccak);
/** Proof that commitment `position` is in its batch. */
export const batchPath = (commitments: readonly Uint8Array[], position: number): Uint8Array[] =>
  keccakTree.path(commitments, position);

/** Where signatures are valid. Keep one object a chain and Hub: the domain's hash is remembered by identity. */
export interface Domain {
  readonly chainId: number;
  readonly hub: Address;
}

export const DOMAIN_NAME = "SuperEdge";
export const DOMAIN_VERSION = "1";

/** The EIP-712 types, in ethers' form. */
export const signedTypes = {
  CommitBatch: [
    { name: "pool", type: "address" },
    { name: "worker", type: "address" },
    { name: "sequence", type: "uint64" },
    { name: "root", type: "bytes32" },
    { name: "count", type: "uint32" },
  ],
  Ack: [
    { name: "pool", type: "address" },
    { name: "worker", type: "address" },
    { name: "sequence", type: "uint64" },
    { name: "root", type: "bytes32" },
    { name: "count", type: "uint32" },
  ],
  Acceptance: [
    { name: "pool", type: "address" },
    { name: "worker", type: "address" },
    { name: "taskKey", type: "bytes32" },
    { name: "commitment", type: "bytes32" },
    { name: "revealBy", type: "uint64" },
  ],
  Consent: [
    { name: "worker", type: "address" },
    { name: "owner", type: "address" },
    { name: "beneficiary", type: "address" },
    { name: "origin", type: "string" },
    { name: "expiresAt", type: "uint64" },
  ],
  Hello: [
    { name: "worker", type: "address" },
    { name: "challenge", type: "bytes32" },
    { name: "consent", type: "bytes32" },
  ],
};

/** A worker's word on up to 64 tasks. `sequence` grows by one a batch, per worker and pool; `count` is of commitments. */
export interface CommitBatch {
  pool: Address;
  worker: Address;
  sequence: number;
  root: Uint8Array;
  count: number;
}

/** A worker's promise to reveal a commitment to one task in time: asked only for tasks that contracts request. */
export interface Acceptance {
  pool: Address;
  worker: Address;
  taskKey: Uint8Array;
  commitment: Uint8Array;
  /** Seconds since 1970. */
  revealBy: number;
}

/** What the volunteer said yes to: on which site, for whom, until when. */
export interface Consent {
  worker: Address;
  owner: Address;
  beneficiary: Address;
  origin: string;
  /** Seconds since 1970. */
  expiresAt: number;
}

/** Proof of the worker's key, over the relay's challenge. */
export interface Hello {
  worker: Address;
  challenge: Uint8Array;
  /** `consentHash` of the consent shown along with it. */
  consent: Uint8Array;
}

/** What a worker signs for a commit batch. */
export const commitBatchHash = (domain: Domain, batch: CommitBatch): Uint8Array =>
  typedHash(domain, typeHash.CommitBatch, batchWords(batch));
/** What the pool signs: the promise that this batch is included in an epoch. */
export const ackHash = (domain: Domain, batch: CommitBatch): Uint8Array =>
  typedHash(domain, typeHash.Ack, batchWords(batch));
/** What a worker signs for an acceptance. */
export const acceptanceHash = (domain: Domain, acceptance: Acceptance): Uint8Array =>
  typedHash(domain, typeHash.Acceptance, [
    acceptance.pool,
    acceptance.worker,
    acceptance.taskKey,
    acceptance.commitment,
    acceptance.revealBy,
  ]);
/** What a worker's key signs for a consent. */
export const consentHash = (domain: Domain, consent: Consent): Uint8Array =>
  typedHash(domain, typeHash.Consent, [
    consent.worker,
    consent.owner,
    consent.beneficiary,
    keccak_256(text.encode(consent.origin)),
    consent.expiresAt,
  ]);
/** What a worker signs when it connects. */
export const helloHash = (domain: Domain, hello: Hello): Uint8Array =>
  typedHash(domain, typeHash.Hello, [hello.worker, hello.challenge, hello.consent]);

/** An address, 32 bytes, or an unsigned integer up to 2^53 − 1: one ABI word. */
type Word = Address | Uint8Array | number;

const text = new TextEncoder();

const batchWords = (batch: CommitBatch): Word[] => [batch.pool, batch.worker, batch.sequence, batch.root, batch.count];

const typeHash = Object.fromEntries(
  Object.entries(signedTypes).map(([name, fields]) => [
    name,
    keccak_256(text.encode(`${name}(${fields.map((field) => `${field.type} ${field.name}`).join(",")})`)),
  ]),
) as Record<keyof typeof signedTypes, Uint8Array>;

const domainTypeHash = keccak_256(
  text.encode("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
);

const separators = new WeakMap<Domain, Uint8Array>();

/** EIP-712's hash of the domain. */
export function domainSeparator(domain: Domain): Uint8Array {
  let separator = separators.get(domain);
  if (!separator) {
    separator = structHash(domainTypeHash, [
      keccak_256(text.encode(DOMAIN_NAME)),
      keccak_256(text.encode(DOMAIN_VERSION)),
      domain.chainId,
      domain.hub,
    ]);
    separators.set(domain, separator);
  }
  return separator;
}

function typedHash(domain: Domain, type: Uint8Array, words: readonly Word[]): Uint8Array {
  const bytes = new Uint8Array(66);
  bytes[0] = 0x19;
  bytes[1] = 0x01;
  bytes.set(domainSeparator(domain), 2);
  bytes.set(structHash(type, words), 34);
  return keccak_256(bytes);
}

function structHash(type: Uint8Array, words: readonly Word[]): Uint8Array {
  const bytes = new Uint8Array(32 * (1 + words.length));
  bytes.set(type);
  words.forEach((word, i) => {
    const at = 32 * (1 + i);
    if (typeof word === "string") putHex(bytes, at + 12, word, 20);
    else if (typeof word === "number") putUint(bytes, at, word, 32);
    else putBytes32(bytes, at, word);
  });
  return keccak_256(bytes);
}
