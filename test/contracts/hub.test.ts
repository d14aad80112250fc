import { type Contract, Signature } from "ethers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FREE_ASSETS } from "../../protocol/payout.ts";
import { ECT, named, World, walletOf } from "../settlement/world.ts";

let world: World;
beforeEach(async () => {
  world = await World.open();
});
afterEach(() => world.close());

const order = () => ({
  pool: walletOf("pool").address,
  appHash: named("app"),
  jobHash: named("job"),
  law: 1,
  trust: 2,
  replicas: 2,
  tasks: 10,
  pricePerTaskWei: ECT,
  maxFeeBps: 1000,
  deadline: world.nowS + 100,
  ...FREE_ASSETS,
});

async function permit(amountWei: bigint): Promise<Signature> {
  const { name, version, chainId, verifyingContract } = await world.contract("token").getFunction("eip712Domain")();
  const owner = walletOf("requester");
  const fields = ["owner address", "spender address", "value uint256", "nonce uint256", "deadline uint256"];
  const types = { Permit: fields.map((field) => ({ name: field.split(" ")[0]!, type: field.split(" ")[1]! })) };
  const value = {
    owner: owner.address,
    spender: world.addresses.hub,
    value: amountWei,
    nonce: 0,
    deadline: 2n ** 255n,
  };
  return Signature.from(await owner.signTypedData({ name, version, chainId, verifyingContract }, types, value));
}

describe("a deposit", () => {
  it("takes one transaction with a permit, also when somebody has used the permit before", async () => {
    for (const isUsed of [false, true]) {
      const { v, r, s } = await permit(5n * ECT);
      if (isUsed) {
        await world.close();
        world = await World.open();
        const args = [walletOf("requester").address, world.addresses.hub, 5n * ECT, 2n ** 255n, v, r, s];
        await world.send("stranger", "token", "permit", ...args);
      }
      await world.send("requester", "hub", "depositWithPermit", 5n * ECT, 2n ** 255n, v, r, s);
      expect((await world.contracts.balances(world.address("requester"))).freeWei).toBe(5n * ECT);
    }
  });

  it("and a deal take one transaction together", async () => {
    await world.send("requester", "token", "approve", world.addresses.hub, 10n * ECT);
    const hub = world.contract("hub") as Contract;
    const calls = [
      hub.interface.encodeFunctionData("deposit", [10n * ECT]),
      hub.interface.encodeFunctionData("openDeal", [order()]),
    ];
    await world.send("requester", "hub", "multicall", calls);
    expect(await hub.getFunction("dealNonce")(walletOf("requester").address)).toBe(1n);
  });

  it("leaves only to its owner's order, and only as much as is there", async () => {
    await world.deposit("requester", ECT);
    const to = walletOf("ann").address;
    expect(await world.revertOf(world.send("stranger", "hub", "withdraw", to, 1n))).toBe("NotEnough");
    expect(await world.revertOf(world.send("requester", "hub", "withdraw", to, ECT + 1n))).toBe("NotEnough");
    await world.send("requester", "hub", "withdraw", to, ECT);
    expect((await world.contracts.balances(world.address("ann"))).tokenWei).toBe(ECT);
  });
});

describe("a deal", () => {
  it("is refused when a term is off", async () => {
    await world.deposit("requester", 10n * ECT);
    const cases: [string, object][] = [
      ["PoolUnknown", { pool: walletOf("stranger").address }],
      ["FeeTooHigh", { maxFeeBps: 999 }],
      ["PriceTooLow", { pricePerTaskWei: 10n ** 12n - 1n }],
      ["OrderInvalid", { tasks: 0 }],
      ["OrderInvalid", { trust: 0 }],
      ["OrderInvalid", { trust: 1_000_001 }],
      ["OrderInvalid", { replicas: 0 }],
      ["OrderInvalid", { replicas: 17 }],
      ["OrderInvalid", { deadline: world.nowS }],
      ["NotEnough", { tasks: 11 }],
      ["OrderInvalid", { appWei: 1n }],
      ["OrderInvalid", { appOwner: walletOf("ann").address }],
      ["OrderInvalid", { datasetWei: 1n }],
      ["OrderInvalid", { datasetOwner: walletOf("ann").address }],
      ["PriceTooLow", { appOwner: walletOf("ann").address, appWei: ECT }],
      ["PoolPartTooLow", { appOwner: walletOf("ann").address, appWei: (ECT * 95n) / 100n }],
    ];
    for (const [error, change] of cases) {
      const run = world.send("requester", "hub", "openDeal", { ...order(), ...change });
      expect([change, await world.revertOf(run)]).toEqual([change, error]);
    }
    expect(await world.revertOf(world.send("requester", "hub", "openDeal", order()))).toBe("nothing");
  });

  it("can be closed by its requester only after deadline and delay, by others never", async () => {
    const dealId = await world.openDeal({ deadline: world.nowS + 100 });
    const close = (as: string) => world.revertOf(world.send(as, "hub", "closeDeal", dealId));
    expect(await close("stranger")).toBe("NotPartyOfDeal");
    world.pass(100 + 3599);
    expect(await close("requester")).toBe("DealNotOver");
    world.pass(1);
    expect(await close("requester")).toBe("nothing");
    expect(await close("requester")).toBe("DealIsClosed");
    expect((await world.contracts.balances(world.address("requester"))).freeWei).toBe(10n * ECT);
  });

  it("whose price is nearly all app is refused once the pool's part no longer bears the burn", async () => {
    await world.deposit("requester", 100n * ECT);
    // 5 % of the price is burned, 10 % of the pool's part is the pool's fee: at 94.44 % app nothing is left.
    const open = (appBps: bigint) =>
      world.revertOf(
        world.send("requester", "hub", "openDeal", {
          ...order(),
          appOwner: walletOf("ann").address,
          appWei: (ECT * appBps) / 10_000n,
        }),
      );
    expect(await open(9444n)).toBe("nothing");
    expect(await open(9445n)).toBe("PoolPartTooLow");
  });

  it("of a pool that raised its fee keeps the fee it was opened with", async () => {
    const dealId = await world.openDeal();
    await world.send("pool", "hub", "registerPool", 5000);
    expect((await world.contracts.dealTerms(dealId))?.feeBps).toBe(1000);
    expect(await world.revertOf(world.send("pool", "hub", "registerPool", 5001))).toBe("FeeTooHigh");
  });
});
