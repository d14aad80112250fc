import { hexlify, solidityPackedKeccak256, TypedDataEncoder } from "ethers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  acceptanceHash,
  ackHash,
  batchPath,
  batchRoot,
  commitBatchHash,
  commitmentOf,
  consentHash,
  DOMAIN_NAME,
  DOMAIN_VERSION,
  helloHash,
  signedTypes,
  taskKeyOf,
} from "../../protocol/commit.ts";
import { hex32, toAddress, toBytes32, toHex } from "../../protocol/ids.ts";
import { verify } from "../../protocol/keccakTree.ts";

const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
const address = fc.uint8Array({ minLength: 20, maxLength: 20 }).map((bytes) => toAddress(toHex(bytes)));
const uint32 = fc.nat(2 ** 32 - 1);
const domain = fc.record({ chainId: fc.maxSafeNat(), hub: address });
const batch = fc.record({ pool: address, worker: address, sequence: fc.maxSafeNat(), root: bytes32, count: uint32 });

const ethersHash = (domain: { chainId: number; hub: string }, type: keyof typeof signedTypes, value: object) =>
  TypedDataEncoder.hash(
    { name: DOMAIN_NAME, version: DOMAIN_VERSION, chainId: domain.chainId, verifyingContract: domain.hub },
    { [type]: signedTypes[type] },
    value,
  );

describe("task keys and commitments", () => {
  it("are Solidity's packed hashes", () => {
    fc.assert(
      fc.property(bytes32, uint32, bytes32, address, (a, index, b, worker) => {
        const key = taskKeyOf(toBytes32(hexlify(a)), index, b);
        expect(hexlify(key)).toBe(solidityPackedKeccak256(["bytes32", "uint32", "bytes32"], [a, index, b]));
        expect(hexlify(commitmentOf(key, worker, a, b))).toBe(
          solidityPackedKeccak256(["bytes32", "address", "bytes32", "bytes32"], [key, worker, a, b]),
        );
      }),
    );
  });

  it("are proved to be in their batch", () => {
    fc.assert(
      fc.property(fc.array(bytes32, { minLength: 1, maxLength: 64 }), fc.nat(), (commitments, n) => {
        const i = n % commitments.length;
        const proof = batchPath(commitments, i);
        expect(verify(batchRoot(commitments), commitments[i]!, i, commitments.length, proof)).toBe(true);
      }),
    );
  });
});

describe("what is signed", () => {
  it("is the EIP-712 hash that ethers computes", () => {
    fc.assert(
      fc.property(domain, batch, (domain, batch) => {
        expect(hexlify(commitBatchHash(domain, batch))).toBe(ethersHash(domain, "CommitBatch", batch));
        expect(hexlify(ackHash(domain, batch))).toBe(ethersHash(domain, "Ack", batch));
      }),
    );
    const consent = fc.record({
      worker: address,
      owner: address,
      beneficiary: address,
      origin: fc.string({ unit: "grapheme" }),
      expiresAt: fc.maxSafeNat(),
    });
    fc.assert(
      fc.property(domain, consent, bytes32, (domain, consent, challenge) => {
        const hash = consentHash(domain, consent);
        expect(hexlify(hash)).toBe(ethersHash(domain, "Consent", consent));
        const hello = { worker: consent.worker, challenge, consent: hash };
        expect(hexlify(helloHash(domain, hello))).toBe(ethersHash(domain, "Hello", hello));
        const { worker, owner: pool, expiresAt: revealBy } = consent;
        const acceptance = { pool, worker, taskKey: challenge, commitment: hash, revealBy };
        expect(hexlify(acceptanceHash(domain, acceptance))).toBe(ethersHash(domain, "Acceptance", acceptance));
      }),
    );
  });

  it("differs by chain, by Hub, and between a batch and its ack", () => {
    const hub = toAddress(`0x${"11".repeat(20)}`);
    const batch = { pool: hub, worker: hub, sequence: 1, root: new Uint8Array(32), count: 1 };
    const seen = [
      commitBatchHash({ chainId: 1, hub }, batch),
      commitBatchHash({ chainId: 2, hub }, batch),
      commitBatchHash({ chainId: 1, hub: toAddress(`0x${"12".repeat(20)}`) }, batch),
      ackHash({ chainId: 1, hub }, batch),
    ];
    expect(new Set(seen.map(hex32)).size).toBe(seen.length);
  });
});
