import { randomBytes } from "node:crypto";
import { getBytes, hexlify, recoverAddress as recoverByEthers, SigningKey } from "ethers";
import { describe, expect, it } from "vitest";
import { SuperEdgeError } from "../../protocol/errors.ts";
import * as relay from "../../relay/signature.ts";
import * as volunteer from "../../web/volunteer/signature.ts";

const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

const codeOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    if (error instanceof SuperEdgeError) return error.code;
    throw error;
  }
  return "no error";
};

describe("signatures", () => {
  it("are the same bytes from the page's library, the relay's and ethers, and name the same signer", () => {
    for (let i = 0; i < 50; i++) {
      const key = randomBytes(32);
      const hash = randomBytes(32);
      const signature = volunteer.signHash(hash, key);
      expect(hexlify(relay.signHash(hash, key))).toBe(hexlify(signature));
      expect(new SigningKey(key).sign(hash).serialized).toBe(hexlify(signature));
      expect(relay.recoverAddress(hash, signature)).toBe(volunteer.addressOfKey(key));
      expect(relay.addressOfKey(key)).toBe(volunteer.addressOfKey(key));
      expect(recoverByEthers(hash, hexlify(signature)).toLowerCase()).toBe(volunteer.addressOfKey(key));
    }
  });

  it("are refused in the upper half of the order, where each has a twin", () => {
    const key = randomBytes(32);
    const hash = randomBytes(32);
    const twin = relay.signHash(hash, key);
    const s = order - BigInt(hexlify(twin.subarray(32, 64)));
    twin.set(getBytes(`0x${s.toString(16).padStart(64, "0")}`), 32);
    twin[64]! ^= 27 ^ 28;
    expect(codeOf(() => relay.recoverAddress(hash, twin))).toBe("bad-signature");
  });

  it("are refused when cut, of a strange v, or of no key", () => {
    const hash = randomBytes(32);
    const signature = relay.signHash(hash, randomBytes(32));
    expect(codeOf(() => relay.recoverAddress(hash, signature.subarray(1)))).toBe("bad-signature");
    const strange = signature.slice();
    strange[64] = 29;
    expect(codeOf(() => relay.recoverAddress(hash, strange))).toBe("bad-signature");
    const zero = new Uint8Array(65);
    zero[64] = 27;
    expect(codeOf(() => relay.recoverAddress(hash, zero))).toBe("bad-signature");
  });
});
