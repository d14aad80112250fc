import { ContractFactory, ZeroAddress } from "ethers";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { airdropOf, StandardTree } from "../../client/index.ts";
import { toAddress } from "../../protocol/ids.ts";
import { artifactOf } from "../../relay/chain/artifact.ts";
import { ECT, World, walletOf } from "../settlement/world.ts";

const list = Array.from({ length: 7 }, (_, i) => ({
  account: toAddress(walletOf(`entitled ${i % 5}`).address),
  amountWei: BigInt(i + 1) * ECT,
}));

describe("an airdrop's list", () => {
  it("has the root that OpenZeppelin's own example has", () => {
    // https://github.com/OpenZeppelin/merkle-tree#building-a-tree
    const values = [
      ["0x1111111111111111111111111111111111111111", "5000000000000000000"],
      ["0x2222222222222222222222222222222222222222", "2500000000000000000"],
    ];
    const root = "0xd4dee0beab2d53f2cc83e567171bd2820e49898130a22622b10ead383e90bd77";
    expect(new StandardTree(["address", "uint256"], values).root).toBe(root);
  });

  it("of any length has proofs of ⌈log2 n⌉ hashes at most", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 70 }), (length) => {
        const many = Array.from({ length }, (_, i) => ({ account: list[i % 7]!.account, amountWei: 1n }));
        const { claims, totalWei } = airdropOf(many);
        expect(totalWei).toBe(BigInt(length));
        for (const { proof } of claims) expect(proof.length).toBeLessThanOrEqual(Math.ceil(Math.log2(length)));
      }),
    );
  });

  it("with nobody on it, or nothing for somebody, is refused", () => {
    const refused = expect.objectContaining({ code: "bad-message" });
    expect(() => airdropOf([])).toThrowError(refused);
    expect(() => airdropOf([{ account: list[0]!.account, amountWei: 0n }])).toThrowError(refused);
  });
});

describe("an airdrop on chain", () => {
  let world: World;
  beforeEach(async () => {
    world = await World.open();
  });
  afterEach(() => world.close());

  it("pays everybody on the list once, whoever sends the claim, and the rest to the treasury", async () => {
    const { root, totalWei, claims } = airdropOf(list);
    const { abi, bytecode } = artifactOf("Airdrop");
    const deployer = walletOf("treasury").connect(world.provider);
    const treasury = world.address("timelock");
    const factory = new ContractFactory(abi, bytecode, deployer);
    const deadline = world.nowS + 1000;
    await expect(factory.deploy(ZeroAddress, root, deadline, treasury)).rejects.toThrow();
    const airdrop = await factory.deploy(world.addresses.token, root, deadline, treasury);
    await airdrop.waitForDeployment();
    await world.send("treasury", "token", "transfer", await airdrop.getAddress(), totalWei);

    const token = world.contract("token").getFunction("balanceOf");
    const claim = airdrop.getFunction("claim");
    for (const { index, account, amountWei, proof } of claims.slice(1)) {
      const sent = await claim(index, account, amountWei, proof);
      await sent.wait();
      await expect(claim.staticCall(index, account, amountWei, proof)).rejects.toThrow("AlreadyClaimed");
    }
    for (const { account } of list.slice(0, 5)) {
      const owed = list.slice(1).reduce((sum, entry) => sum + (entry.account === account ? entry.amountWei : 0n), 0n);
      expect(await token(account)).toBe(owed);
    }
    world.pass(1000);
    await (await airdrop.getFunction("sweep")()).wait();
    expect(await token(treasury)).toBe(list[0]!.amountWei);
  });
});
