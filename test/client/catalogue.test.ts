import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Asset, readCatalogue } from "../../client/index.ts";
import { cidOf, digestOfCid } from "../../protocol/cid.ts";
import { NOBODY, toBytes32 } from "../../protocol/ids.ts";
import { World, walletOf } from "../settlement/world.ts";

const manifest = (text: string) => cidOf(new TextEncoder().encode(text));

let world: World;
beforeEach(async () => {
  world = await World.open();
});
afterEach(() => world.close());

async function register(as: string, terms: { kind: number; updates: number; manifest: string; restrictedTo?: string }) {
  const registration = {
    ...terms,
    manifestHash: digestOfCid(await manifest(terms.manifest)),
    uri: `ipfs://${terms.manifest}`,
    price: { perUseWei: 7n, mayUndercut: false },
    restrictedTo: terms.restrictedTo ?? NOBODY,
  };
  const id: bigint = await world.contract("assets").getFunction("idOf")(
    terms.kind,
    registration.manifestHash,
    walletOf(as).address,
  );
  await world.send(as, "assets", "register", registration);
  return id;
}

const hex = (id: bigint) => toBytes32(`0x${id.toString(16).padStart(64, "0")}`);
const read = (kind?: Asset["kind"]) => readCatalogue(world.provider, world.addresses.assets, kind ? { kind } : {});

describe("the catalogue read from events", () => {
  it("is empty where nothing was registered", async () => {
    expect(await read()).toEqual([]);
  });

  it("tells every asset as it stands: versions, price, restriction, owner", async () => {
    const app = await register("requester", { kind: 0, updates: 1, manifest: "app 1" });
    const pool = await register("pool", { kind: 2, updates: 0, manifest: "pool" });
    await register("stranger", { kind: 1, updates: 2, manifest: "data", restrictedTo: walletOf("ann").address });
    const second = await manifest("app 2");
    await world.send("requester", "assets", "setManifest", app, digestOfCid(second), "ipfs://app 2");
    await world.send("requester", "assets", "setPrice", app, { perUseWei: 9n, mayUndercut: true });
    await world.send("requester", "assets", "setRestriction", app, walletOf("bob").address);
    await world.send("requester", "assets", "tightenUpdates", app, 2);
    const transfer = ["transferFrom", walletOf("pool").address, walletOf("otherPool").address, pool] as const;
    await world.send("pool", "assets", ...transfer);
    const other = await manifest("other pool");
    await world.send("otherPool", "assets", "setManifest", pool, digestOfCid(other), "ipfs://other");

    expect(await read()).toEqual([
      {
        id: hex(app),
        kind: "app",
        owner: world.address("requester"),
        versions: [await manifest("app 1"), second],
        uri: "ipfs://app 2",
        price: { perUseWei: 9n, mayUndercut: true },
        restrictedTo: world.address("bob"),
        updates: "frozen",
      },
      {
        id: hex(pool),
        kind: "pool",
        owner: world.address("otherPool"),
        versions: [other],
        uri: "ipfs://other",
        price: { perUseWei: 7n, mayUndercut: false },
        updates: "replace",
      },
      expect.objectContaining({ kind: "dataset", restrictedTo: world.address("ann"), updates: "frozen" }),
    ]);
    expect((await read("pool")).map(({ id }) => id)).toEqual([hex(pool)]);
    await world.send("requester", "assets", "setRestriction", app, NOBODY);
    expect((await read("app"))[0]).not.toHaveProperty("restrictedTo");
  });

  it("names manifests by their content id, and takes ids of larger blobs for none", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 100 }), async (bytes) => {
        const cid = await cidOf(bytes);
        expect(cid).toMatch(/^bafkrei/);
        expect(digestOfCid(cid)).toMatch(/^0x[0-9a-f]{64}$/);
      }),
    );
    const large = await cidOf(new Uint8Array(300_000));
    expect(() => digestOfCid(large)).toThrowError(expect.objectContaining({ code: "bad-id" }));
  });
});
