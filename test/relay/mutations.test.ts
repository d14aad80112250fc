// Ten thousand messages that were valid before something happened to them.
import { isDeepStrictEqual } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { JobView } from "../../protocol/api.ts";
import { errorTable, isErrorCode, SuperEdgeError } from "../../protocol/errors.ts";
import { type Cid, hex32, type JobId, toHex } from "../../protocol/ids.ts";
import type { VolunteerMessage } from "../../protocol/messages.ts";
import { packMessage, parseVolunteerMessage } from "../../protocol/parse.ts";
import { verifyReceipt } from "../../protocol/receipt.ts";
import { receiptOf } from "../../relay/receipts.ts";
import { recoverAddress } from "../../relay/signature.ts";
import { NodeVolunteer } from "../nodeVolunteer.ts";
import { accountsOf } from "./accounts.ts";
import { damage, mutate } from "./mutate.ts";
import { chooseSeed, type Random, seeded } from "./random.ts";
import { RawVolunteer } from "./rawVolunteer.ts";
import { compileSquares, squares, squaresOf } from "./squares.ts";
import { type Stage, setStage, specOf } from "./stage.ts";
import { openTestRelay, type TestRelay } from "./testRelay.ts";

const FRAMES = 7000;
const REQUESTS = 3000;
/** To one session at a time: the relay hangs up after 20 refusals. */
const A_SESSION = 20;

const seed = chooseSeed("mutations");
let grid: TestRelay;
let app: Cid;
beforeEach(async () => {
  // The scheduler's clock stands still: no lease or reveal runs out because the machine is busy.
  const startMs = Date.now();
  grid = await openTestRelay({ now: () => startMs });
  app = await grid.publish(squares, await compileSquares());
});
afterEach(async () => {
  // Whatever came before, it then completes a normal job.
  const job = await grid.submit(specOf(app, { params: { offset: 3 } }));
  const volunteers = [1, 2, 3].map(() => new NodeVolunteer(grid.url));
  await finished(job);
  const output = await fetch(`${grid.url}/api/jobs/${job.job}/output`);
  expect(new Uint8Array(await output.arrayBuffer())).toEqual(squaresOf({ first: 0, count: 64 }, 3));
  for (const volunteer of volunteers) volunteer.close();
  await grid.close();
});

/** What ann may validly say on this stage. */
const sayings = ({ ann, bob, leased, asked }: Stage): VolunteerMessage[] => [
  ann.commit(leased),
  ann.commit(leased.slice(0, 1)),
  ann.reveal(asked),
  ann.reveal(asked.slice(0, 1)),
  { type: "ready", tasks: 2 },
  { type: "handBack", keys: leased[0]!.key },
  { type: "failed", key: leased[0]!.key, code: "kernel-trap", message: "unreachable" },
  { type: "ad", ad: { engines: ["wasm"], cores: 1, hidden: false, peers: true } },
  {
    type: "shown",
    key: asked[0]!.key,
    level: 0,
    nodes: [{ index: 0, bytes: asked[0]!.output, path: new Uint8Array() }],
  },
  { type: "have", cid: app },
  { type: "find", cid: app },
  { type: "signal", to: bob.session, data: "offer" },
];

const frameOf = (random: Random, message: VolunteerMessage): Uint8Array =>
  random() < 0.5 ? packMessage(mutate(random, message) as VolunteerMessage) : damage(random, packMessage(message));

/** The code with which the schemas refuse a frame; undefined if they do not. */
function refusalOf(frame: Uint8Array): string | undefined {
  try {
    parseVolunteerMessage(frame);
    return undefined;
  } catch (error) {
    if (error instanceof SuperEdgeError) return error.code;
    throw error;
  }
}

function expectUnchanged(before: unknown): void {
  const after = accountsOf(grid.relay);
  if (!isDeepStrictEqual(after, before)) expect(after).toEqual(before);
}

/** Whatever was still valid: no name is harmed, and what is certified is right and proven. */
function checkBooks({ job: { job }, ann, bob }: Stage): void {
  const { loop, store } = grid.relay;
  store.group.flush();
  const context = loop.jobs.get(job as JobId)!;
  for (const { address } of [ann, bob])
    expect(loop.state.workers.get(address)).toMatchObject({ bad: 0, banned: false });
  const names = new Map([...loop.workers()].map(({ row }) => [row.n, row.address]));
  for (const index of store.certified.indices(context.row.n)) {
    const row = store.certified.get(context.row.n, index)!;
    expect(new Uint8Array(row.output!)).toEqual(squaresOf({ first: 2 * index, count: 2 }));
    const receipt = receiptOf(store, context, row, (n) => names.get(n)!, grid);
    expect(verifyReceipt(receipt, recoverAddress, row.output ?? undefined).checks.filter(({ ok }) => !ok)).toEqual([]);
  }
}

describe(`the relay (seed ${seed})`, () => {
  it(`stays up, keeps its books and goes on through ${FRAMES} damaged, doubled and shuffled frames`, async () => {
    const random = seeded(seed);
    const keys = [0, 1].map(() => Uint8Array.from({ length: 32 }, () => 1 + random.below(255)));
    const found = { refused: 0, plausible: 0 };
    while (found.refused + found.plausible < FRAMES) {
      const stage = await setStage(grid, app, keys);
      const frames = Array.from({ length: 3 * A_SESSION }, () => frameOf(random, random.pick(sayings(stage))));

      // No schema takes these: each is refused, nothing changes.
      const refused = frames.filter(refusalOf).slice(0, A_SESSION);
      const before = accountsOf(grid.relay);
      for (const frame of refused) stage.ann.sendBytes(frame);
      const codes = (await stage.ann.settled()).map((message) => message.type === "error" && message.code);
      expect(codes).toEqual(refused.map(refusalOf));
      expectUnchanged(before);

      // These look like messages, and some are: they come shuffled, and some of them twice.
      const plausible = frames.filter((frame) => !refusalOf(frame)).slice(0, A_SESSION);
      const doubled = plausible.flatMap((frame) => (random() < 0.2 ? [frame, frame] : [frame]));
      const { ann } = stage;
      for (const frame of doubled.sort(() => random() - 0.5)) ann.sendBytes(frame);
      for (const message of await ann.settled())
        if (message.type === "error") expect(isErrorCode(message.code) && message.code !== "internal").toBe(true);
      checkBooks(stage);
      await stage.leave();
      found.refused += refused.length;
      found.plausible += doubled.length;
    }
    expect(found.refused).toBeGreaterThan(FRAMES / 4);
    expect(found.plausible).toBeGreaterThan(FRAMES / 10);
  });

  it("goes on after damaged hellos: it answers each with a welcome, if it is still valid, or with a code, and hangs up", async () => {
    const random = seeded(seed + 1);
    for (let i = 0; i < 300; i++) {
      const cy = await RawVolunteer.connect(grid);
      const before = accountsOf(grid.relay);
      const frame = frameOf(random, cy.hello(cy.challenge));
      cy.sendBytes(frame);
      const answer = await Promise.race([cy.next("welcome").catch(() => undefined), cy.closed]);
      if (answer && "type" in answer) {
        expect(refusalOf(frame)).toBe(undefined);
        cy.close();
        await cy.closed;
        continue;
      }
      const { code, reason } = await cy.closed;
      expect([code, isErrorCode(reason) && reason !== "internal"]).toEqual([4000, true]);
      expectUnchanged(before);
    }
  });

  it(`stays up, keeps its books and goes on through ${REQUESTS} damaged requests`, async () => {
    const random = seeded(seed + 2);
    const stage = await setStage(grid, app);
    const spec = specOf(app);
    const hash = hex32(new Uint8Array(32).fill(7));
    const json = (method: string, path: string, body: object) => ({ method, path, json: body });
    const requests = () => [
      json("POST", "/api/jobs", { dealId: grid.openDeal(spec), spec, title: "mine" }),
      json("POST", "/api/apps", { manifest: squares, code: app }),
      json("DELETE", `/api/jobs/${stage.job.job}`, { signature: `0x${"11".repeat(65)}` }),
      json("POST", "/api/faucet", { address: hash.slice(0, 42) }),
      { method: "PUT", path: `/api/uploads/${toHex(stage.asked[0]!.key)}`, bytes: stage.asked[0]!.output },
      { method: "GET", path: `/api/jobs/${stage.job.job}/tasks?from=1&limit=2` },
      { method: "GET", path: `/api/jobs/${stage.job.job}/tasks/0/receipt` },
      { method: "GET", path: `/api/blobs/${app}` },
      { method: "GET", path: `/api/workers/${stage.ann.address}` },
    ];
    const text = new TextEncoder();
    const answered = { refused: 0, accepted: 0 };
    for (let i = 0; i < REQUESTS; i++) {
      const { method, path, ...body } = random.pick(requests());
      const bent =
        "json" in body
          ? path
          : path
              .split("/")
              .map((part) => (part && random() < 0.3 ? bend(random, part) : part))
              .join("/");
      const bytes =
        "bytes" in body
          ? damage(random, body.bytes!)
          : "json" in body
            ? random() < 0.5
              ? text.encode(JSON.stringify(mutate(random, body.json as Record<string, unknown>)))
              : damage(random, text.encode(JSON.stringify(body.json)))
            : undefined;
      const headers: Record<string, string> = {
        ...(bytes && { "content-type": "json" in body ? "application/json" : "application/octet-stream" }),
        ...("bytes" in body && { authorization: `Bearer ${stage.ann.uploadToken}` }),
        ...(method === "GET" && { range: `bytes=${random.below(300)}-${random.pick(["", 5, 1e9, "x"])}` }),
      };
      const before = accountsOf(grid.relay);
      const response = await fetch(grid.url + bent, { method, headers, body: bytes as BodyInit | undefined });
      expect(response.status).toBeLessThan(500);
      const answer = await response.text();
      if (response.ok) {
        answered.accepted++;
        if (method === "GET") expectUnchanged(before);
        continue;
      }
      answered.refused++;
      const { code } = (JSON.parse(answer) as { error: { code: keyof typeof errorTable } }).error;
      expect(errorTable[code].status).toBe(response.status);
      expectUnchanged(before);
    }
    checkBooks(stage);
    expect(answered.refused).toBeGreaterThan(REQUESTS / 4);
    await stage.leave();
  });
});

const bend = (random: Random, part: string): string =>
  encodeURIComponent(new TextDecoder().decode(damage(random, new TextEncoder().encode(part)))).slice(0, 2000);

/** The result stream ends with the job. */
const finished = async ({ job }: JobView): Promise<void> =>
  void (await (await fetch(`${grid.url}/api/jobs/${job}/results`)).text());
