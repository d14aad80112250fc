import { createHash, randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildPage, type Grid, startGrid, type Volunteer } from "./grid.ts";

const MB = 1024 * 1024;
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

type Options = Parameters<Window["volunteer"]["start"]>[0];

let grid: Grid;
beforeAll(async () => {
  grid = await startGrid();
});
afterAll(() => grid?.close());

/** More patient than volunteers are, so that a busy machine changes no count. */
const open = async ({ peers, limits }: Options = { peers: "on" }): Promise<Volunteer> => {
  const volunteer = await grid.open();
  const options: Options = { peers, limits: { patienceMs: 10_000, ...limits } };
  await volunteer.page.evaluate((its) => window.volunteer.start(its), options);
  return volunteer;
};
const get = ({ page }: Volunteer, cid: string) => page.evaluate((its) => window.volunteer.get(its), cid);
const stats = ({ page }: Volunteer) => page.evaluate(() => window.volunteer.stats());
const close = ({ page }: Volunteer) => page.context().close();

/** A fresh blob on the relay. */
const seed = async (bytes: number) => {
  const blob = randomBytes(bytes);
  const { cid } = await grid.seed(blob);
  return { cid, bytes: blob.length, sha256: sha256(blob) };
};

describe("in real browsers, a blob", () => {
  test("moves from tab to tab over WebRTC, and the relay sends it once", async () => {
    const blob = await seed(5 * MB + 123);
    const first = await open();
    const before = grid.sent.blobBytes;
    expect((await get(first, blob.cid)).sha256).toBe(blob.sha256);
    expect(grid.sent.blobBytes - before).toBe(blob.bytes);

    const second = await open();
    expect((await get(second, blob.cid)).sha256).toBe(blob.sha256);
    expect(grid.sent.blobBytes - before).toBe(blob.bytes);
    expect(await stats(second)).toEqual({
      bytesFromPeers: blob.bytes,
      bytesFromRelay: 0,
      bytesToPeers: 0,
      connections: 1,
    });
    expect((await stats(first)).bytesToPeers).toBe(blob.bytes);
    await Promise.all([first, second].map(close));
  });

  test("asked for by three tabs in the same moment leaves the relay less than three times", async () => {
    const blob = await seed(8 * MB);
    const tabs = await Promise.all([open(), open(), open()]);
    const before = grid.sent.blobBytes;
    const got = await Promise.all(tabs.map((tab) => get(tab, blob.cid)));
    expect(got.map((one) => one.sha256)).toEqual([blob.sha256, blob.sha256, blob.sha256]);
    const sums = await Promise.all(tabs.map(stats));
    for (const { bytesFromPeers, bytesFromRelay } of sums) expect(bytesFromPeers + bytesFromRelay).toBe(blob.bytes);
    expect(grid.sent.blobBytes - before).toBeLessThan(1.5 * blob.bytes);
    await Promise.all(tabs.map(close));
  });

  test("arrives whole although a peer sends wrong bytes, and that peer is dropped", async () => {
    const blob = await seed(4 * MB);
    const liar = await open();
    await get(liar, blob.cid);
    await liar.page.evaluate(() => window.volunteer.turnLiar());

    const honest = await open();
    expect((await get(honest, blob.cid)).sha256).toBe(blob.sha256);
    expect(await stats(honest)).toEqual({
      bytesFromPeers: 0,
      bytesFromRelay: blob.bytes,
      bytesToPeers: 0,
      connections: 0,
    });
    expect((await stats(liar)).bytesToPeers).toBeGreaterThan(0);
    await Promise.all([liar, honest].map(close));
  });

  test("arrives from an honest peer while another one lies", async () => {
    const blob = await seed(8 * MB);
    const [liar, truthful] = [await open(), await open()];
    await get(liar, blob.cid);
    await get(truthful, blob.cid);
    await liar.page.evaluate(() => window.volunteer.turnLiar());
    const before = grid.sent.blobBytes;

    const third = await open();
    expect((await get(third, blob.cid)).sha256).toBe(blob.sha256);
    const { bytesFromPeers, connections } = await stats(third);
    expect(bytesFromPeers).toBe(blob.bytes);
    expect(connections).toBe(1);
    expect(grid.sent.blobBytes).toBe(before);
    await Promise.all([liar, truthful, third].map(close));
  });

  test("arrives whole although the peer vanishes in the middle", async () => {
    const blob = await seed(8 * MB);
    const leaving = await open({ peers: "on", limits: { uploadBytesPerSecond: 2 * MB } });
    await get(leaving, blob.cid);
    const staying = await open({ peers: "on", limits: { chunkMs: 2000 } });
    const got = get(staying, blob.cid);
    await staying.page.waitForFunction(() => window.volunteer.stats().bytesFromPeers > 0);
    await close(leaving);
    expect((await got).sha256).toBe(blob.sha256);
    const { bytesFromPeers, bytesFromRelay, connections } = await stats(staying);
    expect(bytesFromPeers).toBeGreaterThan(0);
    expect(bytesFromRelay).toBeGreaterThan(0);
    expect(bytesFromPeers + bytesFromRelay).toBe(blob.bytes);
    expect(connections).toBe(0);
    await close(staying);
  });

  test("comes from the relay alone, and no code for connections is loaded, with peers off", async () => {
    const blob = await seed(MB);
    const holder = await open();
    await get(holder, blob.cid);
    const script = await simplePeerScript();
    const loads = () => grid.sent.scripts.filter((path) => path === script).length;
    const [loadsBefore, bytesBefore] = [loads(), grid.sent.blobBytes];

    const shy = await open({ peers: "off" });
    expect((await get(shy, blob.cid)).sha256).toBe(blob.sha256);
    expect(grid.sent.blobBytes - bytesBefore).toBe(blob.bytes);
    expect(loads()).toBe(loadsBefore);

    const sociable = await open();
    await get(sociable, blob.cid);
    expect(loads()).toBeGreaterThan(loadsBefore);
    await Promise.all([holder, shy, sociable].map(close));
  });
});

/** simple-peer's own chunk of the built page. */
async function simplePeerScript(): Promise<string> {
  const scripts = [...(await buildPage())].filter(([, { source }]) => String(source).includes("ERR_WEBRTC_SUPPORT"));
  expect(scripts).toHaveLength(1);
  const [[path, { source }]] = scripts as [(typeof scripts)[0]];
  expect(String(source)).not.toContain("class Swarm");
  return path;
}
