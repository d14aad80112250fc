// Orders signed in TypeScript are carried out on a chain. Refusals one by one: test/contracts/solidity/Withdrawals.t.sol.

import { TypedDataEncoder } from "ethers";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseWithdrawal, sendWithdrawal, signWithdrawal, withdrawalToJson } from "../../client/index.ts";
import { DOMAIN_NAME, DOMAIN_VERSION } from "../../protocol/commit.ts";
import { type Address, type Bytes32, toHex } from "../../protocol/ids.ts";
import { withdrawalHash, withdrawalTypes } from "../../protocol/withdrawal.ts";
import { ECT, named, World, walletOf } from "../settlement/world.ts";

const wish = (world: World, change = {}) => ({
  ...{ to: world.address("ann"), amountWei: 3n * ECT, maxFeeWei: ECT / 10n, deadline: world.nowS + 100 },
  ...change,
});

describe("a signed withdrawal", () => {
  let world: World;
  beforeEach(async () => {
    world = await World.open();
    await world.deposit("requester", 5n * ECT);
  });
  afterEach(() => world.close());

  const free = async (name: string) => (await world.contracts.balances(world.address(name))).freeWei;

  it("is sent by anybody, who keeps the fee out of the amount; the signer needs no coin", async () => {
    const signed = await signWithdrawal(world.addresses, wish(world), walletOf("requester"));
    const handed = parseWithdrawal(JSON.parse(JSON.stringify(withdrawalToJson(signed))));
    await sendWithdrawal(world.addresses, handed, walletOf("stranger").connect(world.provider), ECT / 20n);
    expect(await free("requester")).toBe(2n * ECT);
    expect(await free("stranger")).toBe(ECT / 20n);
    expect((await world.contracts.balances(world.address("ann"))).tokenWei).toBe(3n * ECT - ECT / 20n);
    const again = sendWithdrawal(world.addresses, signed, walletOf("stranger").connect(world.provider));
    expect(await world.revertOf(again)).toBe("AlreadyUsed");
  });

  it("has the hash that the contract computes", async () => {
    const { order } = await signWithdrawal(world.addresses, wish(world), walletOf("requester"));
    const domain = { chainId: world.addresses.chainId, hub: world.addresses.withdrawals };
    expect(await world.contract("withdrawals").getFunction("hashOf")(order)).toBe(withdrawalHash(domain, order));
  });
});

it("a withdrawal hashes as ethers' encoder does (seed 20261125)", () => {
  const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length }).map(toHex);
  const order = fc.record({
    account: bytes(20).map((text) => text as Address),
    to: bytes(20).map((text) => text as Address),
    amountWei: fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }),
    maxFeeWei: fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }),
    salt: bytes(32).map((text) => text as Bytes32),
    deadline: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
  });
  const hub = named("contract").slice(0, 42) as Address;
  const domain = { name: DOMAIN_NAME, version: DOMAIN_VERSION, chainId: 7, verifyingContract: hub };
  fc.assert(
    fc.property(order, (made) => {
      expect(withdrawalHash({ chainId: 7, hub }, made)).toBe(TypedDataEncoder.hash(domain, withdrawalTypes, made));
    }),
    { seed: 20261125 },
  );
});
