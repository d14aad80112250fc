import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Cid } from "../../protocol/ids.ts";
import { CHUNK_BYTES } from "../../protocol/limits.ts";
import { ChunkSet } from "../../web/peer/chunkSet.ts";
import { MAX_FOLLOWED_BLOBS, MAX_WAITING_REQUESTS } from "../../web/peer/limits.ts";
import type { Swarm } from "../../web/peer/swarm.ts";
import type { PeerMessage } from "../../web/peer/wire.ts";
import { type Stranger, World } from "./world.ts";

const CHUNKS = 12;
const blob = randomBytes(CHUNKS * CHUNK_BYTES - 77);
const everything = ChunkSet.full(CHUNKS).toBits();
const nothing = new ChunkSet(CHUNKS).toBits();

let world: World;
let cid: Cid;
const swarms: Swarm[] = [];
const join = (...args: Parameters<World["join"]>) => {
  const swarm = world.join(...args);
  swarms.push(swarm);
  return swarm;
};
beforeEach(async () => {
  world = new World();
  cid = await world.seed(blob);
});
afterEach(() => {
  for (const swarm of swarms.splice(0)) swarm.close();
});

const isBlob = (bytes: Uint8Array) => Buffer.compare(bytes, blob) === 0;

describe("a swarm", () => {
  test("has a blob from the relay while nobody else has it", async () => {
    const alone = join("alone");
    expect(isBlob(await alone.get(cid))).toBe(true);
    expect(alone.stats).toEqual({ bytesFromPeers: 0, bytesFromRelay: blob.length, bytesToPeers: 0, connections: 0 });
  });

  test("has a blob from a peer, and not one byte of it from the relay", async () => {
    const holder = join("holder");
    await holder.get(cid);
    world.relay.bytes = 0;
    const asker = join("asker");
    expect(isBlob(await asker.get(cid))).toBe(true);
    expect(world.relay.bytes).toBe(0);
    expect(asker.stats.bytesFromPeers).toBe(blob.length);
    expect(holder.stats.bytesToPeers).toBe(blob.length);
  });

  test("serves what was added to it", async () => {
    const own = randomBytes(3 * CHUNK_BYTES);
    const asker = join("asker");
    const name = await join("giver").add(own);
    await world.seed(own);
    expect(Buffer.compare(await asker.get(name), own)).toBe(0);
    expect(world.relay.bytes).toBe(0);
  });

  test("of one chunk, or of none, moves between peers too", async () => {
    for (const own of [randomBytes(1000), new Uint8Array()]) {
      const name = await world.seed(own);
      await join(`giver of ${own.length}`).add(own);
      world.relay.bytes = 0;
      const asker = join(`asker of ${own.length}`);
      expect(Buffer.compare(await asker.get(name), own)).toBe(0);
      expect(world.relay.bytes).toBe(0);
      expect(asker.stats.bytesFromPeers).toBe(own.length);
    }
  });

  test("of five that begin in the same moment asks the relay for little more than one copy", async () => {
    const large = randomBytes(64 * CHUNK_BYTES);
    const name = await world.seed(large);
    const crowd = Array.from({ length: 5 }, (_, at) => join(`member ${at}`));
    const got = await Promise.all(crowd.map((member) => member.get(name)));
    for (const bytes of got) expect(Buffer.compare(bytes, large)).toBe(0);
    expect(world.relay.bytes).toBeLessThan(1.5 * large.length);
    for (const { stats } of crowd) expect(stats.bytesFromPeers + stats.bytesFromRelay).toBe(large.length);
  });

  test("fetches a blob once for all who ask for it here", async () => {
    const swarm = join("one");
    const [first, second] = await Promise.all([swarm.get(cid), swarm.get(cid)]);
    expect(second).toBe(first);
    expect(await swarm.get(cid)).toBe(first);
    expect(world.relay.bytes).toBe(blob.length);
  });

  test("makes one connection of two peers that dial each other at once", async () => {
    const other = randomBytes(2 * CHUNK_BYTES);
    const otherCid = await world.seed(other);
    const [left, right] = [join("left"), join("right")];
    await Promise.all([left.add(blob), right.add(other)]);
    const got = await Promise.all([left.get(otherCid), right.get(cid)]);
    expect(got.map((bytes) => bytes.length)).toEqual([other.length, blob.length]);
    expect(world.wires.opened).toBe(1);
    expect([left.stats.connections, right.stats.connections]).toEqual([1, 1]);
    expect(world.relay.bytes).toBe(0);
  });

  test("makes no connection, and is known to nobody, with peers off", async () => {
    await join("holder").get(cid);
    world.relay.log.length = 0;
    const shy = join("shy", {}, "off");
    expect(isBlob(await shy.get(cid))).toBe(true);
    await shy.add(randomBytes(10));
    shy.announceAll();
    expect(world.relay.log).toEqual([]);
    expect(world.wires.opened).toBe(0);

    // Not even when it is called: a call to somebody else, begun later, is through long before.
    world.stranger("caller").dial("shy");
    const other = world.stranger("other");
    other.dial("holder");
    await other.opened;
    expect(world.wires.opened).toBe(1);
  });

  test("closes every connection when peers are switched off, and is found again when they are switched on", async () => {
    const [holder, asker] = [join("holder"), join("asker")];
    await holder.get(cid);
    await asker.get(cid);
    expect(holder.stats.connections).toBe(1);
    holder.setPeers("off");
    expect(holder.stats.connections).toBe(0);
    const late = join("late");
    asker.setPeers("off");
    world.relay.bytes = 0;
    expect(isBlob(await late.get(cid))).toBe(true);
    expect(world.relay.bytes).toBe(blob.length);
    expect([holder.stats.connections, asker.stats.connections]).toEqual([0, 0]);

    late.setPeers("off");
    holder.setPeers("on");
    world.relay.bytes = 0;
    expect(isBlob(await join("later").get(cid))).toBe(true);
    expect(world.relay.bytes).toBe(0);
  });

  test("announces again what it has when it is told that the relay has forgotten", async () => {
    const swarm = join("one");
    await swarm.get(cid);
    world.relay.log.length = 0;
    swarm.announceAll();
    expect(world.relay.log).toEqual(["one have"]);
  });

  test("gets the blob from peers although the relay fails, once it knows the tree", async () => {
    await join("holder").get(cid);
    world.relay.isDown = true;
    expect(isBlob(await join("asker").get(cid))).toBe(true);
  });

  test("says that the blob cannot be had when the relay fails and no peer has it", async () => {
    world.relay.isDown = true;
    await expect(join("asker").get(cid)).rejects.toThrow(expect.objectContaining({ code: "not-found" }));
  });

  test("stops when the last who waits has gone, and begins anew when asked again", async () => {
    const swarm = join("one");
    const [one, two] = [new AbortController(), new AbortController()];
    const [first, second] = [swarm.get(cid, { signal: one.signal }), swarm.get(cid, { signal: two.signal })];
    one.abort();
    await expect(first).rejects.toThrow(expect.objectContaining({ code: "cancelled" }));
    expect(isBlob(await second)).toBe(true);

    const other = await world.seed(randomBytes(9 * CHUNK_BYTES));
    const third = swarm.get(other, { signal: two.signal });
    two.abort();
    const fourth = swarm.get(other);
    await expect(third).rejects.toThrow(expect.objectContaining({ code: "cancelled" }));
    expect((await fourth).length).toBe(9 * CHUNK_BYTES);
  });

  test("ends what is being fetched when it closes, and fetches no more", async () => {
    const swarm = join("one");
    const got = swarm.get(cid);
    swarm.close();
    await expect(got).rejects.toThrow(expect.objectContaining({ code: "cancelled" }));
    await expect(swarm.get(cid)).rejects.toThrow(expect.objectContaining({ code: "cancelled" }));
  });

  test("serves only so many peers at once, and the others when there is room", async () => {
    const holder = join("holder", { uploads: 1 });
    await holder.get(cid);
    const [first, second] = [world.stranger("first"), world.stranger("second")];
    for (const stranger of [first, second]) stranger.dial("holder");
    await Promise.all([first.opened, second.opened]);
    for (const stranger of [first, second]) stranger.say({ type: "ask", cid });
    // The first asks for more than is sent in one turn, so it still holds the place when the second asks.
    for (let request = 1; request <= 8; request++) first.say({ type: "want", cid, request, index: request });
    second.say({ type: "want", cid, request: 1, index: 0 });
    await heard(second, "lack");
    // One answer to its question, one when the place is free.
    await heard(second, "have", 2);
    second.say({ type: "want", cid, request: 2, index: 0 });
    await received(second, 2);
    for (let request = 1; request <= 8; request++) await received(first, request);
  });
});

describe("a hostile peer", () => {
  /** A stranger that the tracker names, so that the swarm comes to it. */
  const trap = (id: string, answer: (message: PeerMessage, say: Stranger["say"]) => void): Stranger => {
    const stranger = world.stranger(id);
    world.announce(id, cid);
    stranger.answer = (message) => answer(message, stranger.say);
    return stranger;
  };
  const claimAll = (message: PeerMessage, say: Stranger["say"]) => {
    if (message.type === "ask") say({ type: "have", cid, held: everything, coming: nothing });
  };

  test("that sends wrong bytes is dropped, and not met again", async () => {
    const liar = trap("liar", (message, say) => {
      claimAll(message, say);
      if (message.type !== "want") return;
      const size = Math.min(CHUNK_BYTES, blob.length - message.index * CHUNK_BYTES);
      say({ type: "piece", request: message.request, bytes: new Uint8Array(size).fill(1) });
    });
    const asker = join("asker");
    expect(isBlob(await asker.get(cid))).toBe(true);
    await liar.closed;
    expect(asker.stats).toMatchObject({ bytesFromPeers: 0, bytesFromRelay: blob.length, connections: 0 });
    const before = world.wires.opened;
    const other = await world.seed(randomBytes(10));
    world.announce("liar", other);
    await asker.get(other);
    expect(world.wires.opened).toBe(before);
  });

  test("that promises everything and sends nothing is dropped in time", async () => {
    const mute = trap("mute", claimAll);
    const asker = join("asker", { chunkMs: 100 });
    expect(isBlob(await asker.get(cid))).toBe(true);
    await mute.closed;
    expect(asker.stats.bytesFromRelay).toBe(blob.length);
  });

  test("that says nothing at all keeps nobody waiting longer than patience lasts", async () => {
    trap("silent", () => {});
    const asker = join("asker", { patienceMs: 50, chunkMs: 60_000 });
    expect(isBlob(await asker.get(cid))).toBe(true);
  });

  test("that is only a name keeps nobody waiting longer than patience lasts", async () => {
    world.announce("nobody", cid);
    expect(isBlob(await join("asker", { patienceMs: 50, dialMs: 60_000 }).get(cid))).toBe(true);
  });

  test("that promises what never comes from the relay keeps nobody waiting longer than patience lasts", async () => {
    trap("promiser", (message, say) => {
      if (message.type === "ask") say({ type: "have", cid, held: nothing, coming: everything });
    });
    expect(isBlob(await join("asker", { patienceMs: 50, chunkMs: 60_000 }).get(cid))).toBe(true);
  });

  test("that promises and refuses without end does not keep the blob from coming", async () => {
    trap("tease", (message, say) => {
      claimAll(message, say);
      if (message.type !== "want") return;
      say({ type: "lack", request: message.request });
      say({ type: "have", cid, held: everything, coming: nothing });
    });
    expect(isBlob(await join("asker").get(cid))).toBe(true);
  });

  test.each<[string, (asker: Cid) => (Uint8Array | PeerMessage)[]]>([
    ["noise", () => [randomBytes(100)]],
    ["an empty message", () => [new Uint8Array()]],
    ["a piece nobody asked for", () => [{ type: "piece", request: 99, bytes: new Uint8Array(5) }]],
    ["a refusal nobody asked for", () => [{ type: "lack", request: 99 }]],
    ["a name that is none", () => [Uint8Array.from([1, ...Buffer.from("x".repeat(59))])]],
    [
      "more wishes than anybody has",
      (name) =>
        Array.from({ length: MAX_WAITING_REQUESTS + 30 }, (_, at) => ({
          type: "want" as const,
          cid: name,
          request: at,
          index: at % CHUNKS,
        })),
    ],
    [
      "more blobs than anybody follows",
      () =>
        Array.from({ length: MAX_FOLLOWED_BLOBS + 1 }, (_, at) => ({
          type: "ask" as const,
          cid: `bafkrei${"a".repeat(50)}${String.fromCharCode(97 + (at % 26))}${String.fromCharCode(97 + Math.floor(at / 26))}` as Cid,
        })),
    ],
  ])("that sends %s is dropped, and the swarm goes on", async (_, messages) => {
    // A rate so small that nothing asked for is finished before the next wish comes.
    const swarm = join("swarm", { uploadBytesPerSecond: 1000 });
    await swarm.get(cid);
    const stranger = world.stranger("stranger");
    stranger.dial("swarm");
    await stranger.opened;
    for (const message of messages(cid)) stranger.say(message);
    await stranger.closed;
    expect(swarm.stats.connections).toBe(0);
    await isWelcome("friend");
  });

  test.each<[string, PeerMessage]>([
    ["a set of another size", { type: "have", cid: "" as Cid, held: new Uint8Array(9), coming: new Uint8Array(9) }],
    ["chunks that do not exist", { type: "have", cid: "" as Cid, held: Uint8Array.of(255, 255), coming: nothing }],
  ])("that claims %s is dropped", async (_, claim) => {
    const liar = trap("liar", (message, say) => {
      if (message.type === "ask") say({ ...claim, cid } as PeerMessage);
    });
    expect(isBlob(await join("asker").get(cid))).toBe(true);
    await liar.closed;
  });

  test("that sends more than the chunk has is dropped", async () => {
    const gusher = trap("gusher", (message, say) => {
      claimAll(message, say);
      if (message.type !== "want") return;
      for (let at = 0; at < 3; at++) say({ type: "piece", request: message.request, bytes: new Uint8Array(200_000) });
    });
    expect(isBlob(await join("asker").get(cid))).toBe(true);
    await gusher.closed;
  });

  test("signals what it likes, and breaks nothing", async () => {
    const swarm = join("swarm");
    const signal = (data: string) => world.tracker("stranger").signal("swarm", data);
    const call = "00000000000000aa";
    const text = fc.oneof(
      fc.string(),
      fc.json(),
      fc.constantFrom(
        JSON.stringify({ call, type: "answer", sdp: "end 0" }),
        JSON.stringify({ call, type: "offer", sdp: "end 999" }),
        JSON.stringify({ call, type: "busy" }),
        JSON.stringify({ call, type: "candidate", candidate: { candidate: "" } }),
        JSON.stringify({ call, type: "renegotiate", renegotiate: true }),
        JSON.stringify({ call, type: "transceiverRequest", transceiverRequest: { kind: "video" } }),
        JSON.stringify({ call, type: "offer", sdp: "x".repeat(20_000) }),
      ),
    );
    for (const data of fc.sample(text, { numRuns: 500, seed: 7 })) signal(data);
    expect(isBlob(await swarm.get(cid))).toBe(true);
    await isWelcome("friend");
  });

  test("cannot take more places than there are, and the next one is told at once", async () => {
    const swarm = join("swarm", { connections: 2 });
    const guests = ["a", "b"].map((id) => world.stranger(id));
    for (const guest of guests) guest.dial("swarm");
    await Promise.all(guests.map((guest) => guest.opened));
    const late = world.stranger("late");
    late.dial("swarm");
    await late.closed;
    expect(swarm.stats.connections).toBe(2);
  });
});

/** Resolves when a newcomer is connected to the swarm and has an answer from it. */
async function isWelcome(id: string): Promise<void> {
  const friend = world.stranger(id);
  friend.dial("swarm");
  await friend.opened;
  friend.say({ type: "ask", cid });
  await heard(friend, "have");
}

/** Resolves when the stranger has heard so many messages of this type. */
function heard(stranger: Stranger, type: PeerMessage["type"], count = 1): Promise<unknown> {
  return vi.waitUntil(() => stranger.heard.filter((message) => message.type === type).length >= count, { interval: 1 });
}

/** Resolves when the request's whole chunk has come. */
function received(stranger: Stranger, request: number): Promise<unknown> {
  const bytes = () =>
    stranger.heard.reduce(
      (sum, message) => sum + (message.type === "piece" && message.request === request ? message.bytes.length : 0),
      0,
    );
  return vi.waitUntil(() => bytes() === CHUNK_BYTES, { interval: 1 });
}
