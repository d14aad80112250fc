// What the relay does not accept it refuses with a code, and changes nothing. Rules are those of protocol/SPEC.md.
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Wallet } from "ethers";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { commitBatchHash } from "../../protocol/commit.ts";
import { errorTable } from "../../protocol/errors.ts";
import { type Cid, toHex } from "../../protocol/ids.ts";
import { CONSENT_MS, MAX_FRAME_BYTES, MAX_INLINE_OUTPUT_BYTES } from "../../protocol/limits.ts";
import type { VolunteerMessage } from "../../protocol/messages.ts";
import { packMessage } from "../../protocol/parse.ts";
import { makeLog } from "../../relay/relay.ts";
import { addressOfKey, signHash } from "../../relay/signature.ts";
import { openStores } from "../../relay/stores.ts";
import { soon } from "../soon.ts";
import { accountsOf } from "./accounts.ts";
import { RawVolunteer, workOf } from "./rawVolunteer.ts";
import { compileSquares, squares } from "./squares.ts";
import { type Stage, setStage, specOf } from "./stage.ts";
import { openTestRelay, type TestRelay } from "./testRelay.ts";

const bytes = (length: number): Uint8Array => new Uint8Array(randomBytes(length));
/** What no TypeScript program could send by mistake. */
const wild = (message: unknown): Uint8Array => packMessage(message as never);

const shown = (key: Uint8Array): VolunteerMessage => ({
  type: "shown",
  key,
  level: 0,
  nodes: [{ index: 0, bytes: bytes(8), path: bytes(0) }],
});

let grid: TestRelay;
let app: Cid;
beforeAll(async () => {
  grid = await openTestRelay();
  app = await grid.publish(squares, await compileSquares());
});
afterAll(() => grid.close());

describe("to a volunteer at work, the relay refuses", () => {
  let stage: Stage;
  beforeEach(async () => {
    stage = await setStage(grid, app);
  });
  afterEach(() => stage.leave());

  type Hostile = [name: string, code: string, frame: (stage: Stage) => Uint8Array | string, by?: "bob"];
  const cases: Hostile[] = [
    ["[S1] text", "bad-frame", () => "hello"],
    ["[S1] bytes that are no MessagePack", "bad-frame", () => Uint8Array.of(0xd9)],
    ["[S1] a frame cut off", "bad-frame", ({ ann, leased }) => packMessage(ann.commit(leased)).subarray(0, -1)],
    ["[S1] a frame with bytes after its end", "bad-frame", () => Buffer.concat([wild({ type: "ping" }), bytes(1)])],
    ["[S1] an empty frame", "bad-frame", () => new Uint8Array()],
    ["[S1] a frame a byte too large", "bad-frame", () => new Uint8Array(MAX_FRAME_BYTES + 1)],
    ["[S1] a list", "bad-message", () => wild(["ping"])],
    ["[S1] no type", "bad-message", () => wild({})],
    ["[S1] an unknown type", "bad-message", () => wild({ type: "pay" })],
    ["[S1] a field too many", "bad-message", () => wild({ type: "ping", more: 1 })],
    ["[S1] a relay's own message", "bad-message", () => wild({ type: "pong" })],
    ["[S1] arrays nested a thousand deep", "bad-message", () => Buffer.concat([Buffer.alloc(1000, 0x91), wild(1)])],
    ["[S1] a list said to hold four billion", "bad-frame", () => Uint8Array.of(0xdd, 0xff, 0xff, 0xff, 0xff)],
    ["[N1] a number that is no integer", "bad-message", () => wild({ type: "ready", tasks: 1.5 })],
    [
      "[N1] an integer beyond 2^53",
      "bad-message",
      ({ ann, leased }) => wild({ ...ann.commit(leased), sequence: 2 ** 53 }),
    ],
    ["[W1] a lease of no task", "bad-message", () => wild({ type: "ready", tasks: 0 })],
    ["[W1] a lease of 65 tasks", "bad-message", () => wild({ type: "ready", tasks: 65 })],
    ["[S3] a second hello", "out-of-order", ({ ann }) => packMessage(ann.hello({ challenge: bytes(32) }))],
    ["[W4] a key cut short", "bad-message", ({ ann, leased }) => wild({ ...ann.commit(leased), keys: bytes(31) })],
    [
      "[W4] 65 tasks in a batch",
      "bad-message",
      ({ ann, leased }) => wild({ ...ann.commit(leased), keys: bytes(65 * 32) }),
    ],
    [
      "[W4] fewer keys than commitments",
      "bad-message",
      ({ ann, leased }) => wild({ ...ann.commit(leased), keys: leased[0]!.key }),
    ],
    [
      "[W4] a root of other commitments",
      "bad-message",
      ({ ann, leased }) => wild({ ...ann.commit(leased), root: bytes(32) }),
    ],
    [
      "[W4] the same task twice in a batch",
      "bad-message",
      ({ ann, leased }) => packMessage(ann.commit([leased[0]!, leased[0]!])),
    ],
    [
      "[W4] a batch signed by another worker",
      "bad-signature",
      ({ ann, bob, leased }) => {
        const commit = ann.commit(leased);
        const { root, sequence } = commit;
        const batch = { pool: grid.pool, worker: ann.address, sequence, root, count: leased.length };
        return wild({ ...commit, signature: signHash(commitBatchHash(grid.domain, batch), bob.key) });
      },
    ],
    [
      "[W4] a batch signed for another pool",
      "bad-signature",
      ({ ann, leased }) => {
        const commit = ann.commit(leased);
        const { root, sequence } = commit;
        const batch = { pool: ann.address, worker: ann.address, sequence, root, count: leased.length };
        return wild({ ...commit, signature: signHash(commitBatchHash(grid.domain, batch), ann.key) });
      },
    ],
    [
      "[W4] a batch signed on another chain",
      "bad-signature",
      ({ ann, leased }) => {
        const commit = ann.commit(leased);
        const { root, sequence } = commit;
        const batch = { pool: grid.pool, worker: ann.address, sequence, root, count: leased.length };
        const hash = commitBatchHash({ ...grid.domain, chainId: 1 }, batch);
        return wild({ ...commit, signature: signHash(hash, ann.key) });
      },
    ],
    [
      "[W4] a signature of recovery id 99",
      "bad-signature",
      ({ ann, leased }) => {
        const commit = ann.commit(leased);
        return wild({ ...commit, signature: Uint8Array.of(...commit.signature.subarray(0, 64), 99) });
      },
    ],
    [
      "[W5] another batch under a used number",
      "replayed",
      ({ ann, leased, accepted }) => packMessage(ann.commit(leased, accepted.sequence)),
    ],
    [
      "[W5] a number that skips",
      "out-of-order",
      ({ ann, leased }) => packMessage(ann.commit(leased, ann.sequence + 1)),
    ],
    ["[W5] number 0", "replayed", ({ ann, leased }) => packMessage(ann.commit(leased, 0))],
    [
      "[W7] a batch of tasks that do not exist",
      "not-yours",
      ({ ann }) => packMessage(ann.commit([workOf(bytes(32), bytes(8))])),
    ],
    [
      "[W7] a batch of tasks leased to another worker",
      "not-yours",
      ({ bob, leased }) => packMessage(bob.commit(leased)),
      "bob",
    ],
    ["[W7] a batch of tasks committed already", "not-yours", ({ ann, asked }) => packMessage(ann.commit(asked))],
    [
      "[W8] a reveal of a task never heard of",
      "not-yours",
      ({ ann, asked }) => packMessage(ann.reveal([{ ...asked[0]!, key: bytes(32) }])),
    ],
    ["[W8] a reveal of a task only leased", "out-of-order", ({ ann, leased }) => packMessage(ann.reveal([leased[0]!]))],
    [
      "[W8] a salt that does not open the commitment",
      "no-reveal",
      ({ ann, asked }) => packMessage(ann.reveal([{ ...asked[0]!, salt: bytes(32) }])),
    ],
    [
      "[W8] another result than was committed",
      "no-reveal",
      ({ ann, asked }) => packMessage(ann.reveal([{ ...workOf(asked[0]!.key, bytes(8)), salt: asked[0]!.salt }])),
    ],
    [
      "[W8] another worker's digest and salt",
      "no-reveal",
      ({ bob, asked }) => packMessage(bob.reveal([asked[0]!])),
      "bob",
    ],
    [
      "[W8] an output that has not the digest",
      "bad-output",
      ({ ann, asked }) => packMessage(ann.reveal([{ ...asked[0]!, output: bytes(8) }])),
    ],
    [
      "[W8] an output of another size",
      "bad-output",
      ({ ann, asked }) => packMessage(ann.reveal([{ ...asked[0]!, output: bytes(9) }])),
    ],
    [
      "[W8] a reveal without its output",
      "bad-output",
      ({ asked }) => wild({ type: "reveal", reveals: asked.map(({ output: _, ...rest }) => rest) }),
    ],
    [
      "[W8] an output above 64 KiB",
      "bad-message",
      ({ ann, asked }) => packMessage(ann.reveal([{ ...asked[0]!, output: bytes(MAX_INLINE_OUTPUT_BYTES + 1) }])),
    ],
    ["[W8] a reveal of nothing", "bad-message", () => wild({ type: "reveal", reveals: [] })],
    [
      "[W11] a failure with an unknown code",
      "bad-message",
      ({ leased }) => wild({ type: "failed", key: leased[0]!.key, code: "oops", message: "" }),
    ],
    ["[W12] nodes that were not asked for", "not-yours", ({ asked }) => packMessage(shown(asked[0]!.key))],
    ["[W12] no node", "bad-message", ({ asked }) => wild({ ...shown(asked[0]!.key), nodes: [] })],
    [
      "[W12] seventeen nodes",
      "bad-message",
      ({ asked }) =>
        wild({ ...shown(asked[0]!.key), nodes: Array(17).fill({ index: 0, bytes: bytes(1), path: bytes(0) }) }),
    ],
    [
      "[W12] a leaf of more than 4 KiB",
      "bad-message",
      ({ asked }) => wild({ ...shown(asked[0]!.key), nodes: [{ index: 0, bytes: bytes(4097), path: bytes(0) }] }),
    ],
    [
      "[W12] a path that is not made of hashes",
      "bad-message",
      ({ asked }) => wild({ ...shown(asked[0]!.key), nodes: [{ index: 0, bytes: bytes(1), path: bytes(31) }] }),
    ],
    ["[W12] a level no tree has", "bad-message", ({ asked }) => wild({ ...shown(asked[0]!.key), level: 16 })],
    [
      "[X1] a signal to nobody",
      "peer-unavailable",
      () => packMessage({ type: "signal", to: "0".repeat(16), data: "offer" }),
    ],
    [
      "[X1] a signal to itself",
      "peer-unavailable",
      ({ ann }) => packMessage({ type: "signal", to: ann.session, data: "offer" }),
    ],
    [
      "[X1] a signal too long",
      "bad-message",
      ({ bob }) => packMessage({ type: "signal", to: bob.session, data: "x".repeat(16 * 1024 + 1) }),
    ],
    ["[X1] a blob that is none", "bad-message", () => wild({ type: "have", cid: "bafkreinothing" })],
  ];

  it.each(cases)("%s (%s), and changes nothing", async (_name, code, frame, by) => {
    const sender = stage[by ?? "ann"];
    const before = accountsOf(grid.relay);
    const hostile = frame(stage);
    if (typeof hostile === "string") sender.sendText(hostile);
    else sender.sendBytes(hostile);
    expect(await sender.refusal()).toBe(code);
    expect(accountsOf(grid.relay)).toEqual(before);
    expect(sender.isClosed).toBe(false);
  });

  const silent: [name: string, frame: (stage: Stage) => Uint8Array][] = [
    [
      "[S7] tasks handed back that another worker holds",
      ({ leased }) => packMessage({ type: "handBack", keys: new Uint8Array(Buffer.concat(leased.map((w) => w.key))) }),
    ],
    [
      "[W11] a failure of a task that another worker holds",
      ({ leased }) => packMessage({ type: "failed", key: leased[0]!.key, code: "kernel-trap", message: "not mine" }),
    ],
    [
      "[W11] a failure of a task that is committed",
      ({ askedOfBob }) =>
        packMessage({ type: "failed", key: askedOfBob[0]!.key, code: "kernel-trap", message: "too late" }),
    ],
  ];
  it.each(silent)("%s: nothing changes", async (_name, frame) => {
    const before = accountsOf(grid.relay);
    stage.bob.sendBytes(frame(stage));
    expect(await stage.bob.refusal()).toBe(undefined);
    expect(accountsOf(grid.relay)).toEqual(before);
  });

  it("[W5] nothing new for the same batch again: it gets the same ack", async () => {
    const { ann, accepted } = stage;
    ann.send(accepted);
    const first = await ann.next("ack");
    const before = accountsOf(grid.relay);
    ann.send(accepted);
    expect(await ann.next("ack")).toEqual(first);
    expect(accountsOf(grid.relay)).toEqual(before);
  });

  it("[W8] nothing but the wrong part of a message with several reveals", async () => {
    const { ann, asked } = stage;
    ann.send(ann.reveal([{ ...asked[0]!, salt: bytes(32) }, asked[1]!]));
    expect(await ann.refusal()).toBe("no-reveal");
    const states = stageStates(stage);
    expect(states).toEqual(["asked", "revealed"]);
  });

  it("[W7] [W5] a batch whose every lease has ended, and takes the next one under the same number", async () => {
    const { ann, leased } = stage;
    ann.send({ type: "handBack", keys: leased[0]!.key });
    ann.send(ann.commit([leased[0]!]));
    const refused = (await ann.settled()).find((message) => message.type === "error");
    expect(refused).toMatchObject({ code: "not-yours", sequence: ann.sequence });
    ann.send(ann.commit([leased[1]!]));
    expect((await ann.next("ack")).sequence).toBe(ann.sequence);
  });

  it("[W1] more tasks than two leases to a worker that commits none", async () => {
    const { ann } = stage;
    await grid.submit(specOf(app, { items: 4000 }));
    let held = 0;
    for (let i = 0; i < 40; i++) ann.send({ type: "ready", tasks: 64 });
    for (const message of await ann.settled()) if (message.type === "lease") held += message.tasks.length;
    expect(grid.relay.loop.state.workers.get(ann.address)?.leased.size).toBeLessThanOrEqual(128);
    expect(held).toBeLessThanOrEqual(128);
  });

  it("[S6] everything after 20 refusals, and hangs up", async () => {
    const { ann } = stage;
    for (let i = 0; i < 21; i++) ann.sendBytes(Uint8Array.of(0xd9));
    expect(await ann.closed).toEqual({ code: 4000, reason: "bad-frame" });
  });

  it("[S1] a frame far too large, and hangs up before it has read it", async () => {
    stage.ann.sendBytes(new Uint8Array(8 * MAX_FRAME_BYTES));
    expect((await stage.ann.closed).code).toBe(1009);
  });

  it("[S7] to keep leases of a session that ends; what was committed stays", async () => {
    const { ann, asked, leased } = stage;
    expect(grid.relay.loop.state.workers.get(ann.address)?.leased.size).toBe(leased.length);
    ann.close();
    await ann.closed;
    await soon(() => expect(grid.relay.loop.state.workers.get(ann.address)?.connected).toBe(false));
    expect(grid.relay.loop.state.workers.get(ann.address)?.leased.size).toBe(0);
    const again = await RawVolunteer.join(grid, ann.key);
    expect(again.sequence).toBe(ann.sequence);
    again.send(again.reveal(asked));
    expect(await again.refusal()).toBe(undefined);
    expect(stageStates(stage)).toEqual(["revealed", "revealed"]);
    again.close();
  });

  it("[S5] to keep a worker's first session once there is a second", async () => {
    const second = await RawVolunteer.join(grid, stage.ann.key);
    expect((await stage.ann.closed).reason).toBe("too-many");
    expect(await second.refusal()).toBe(undefined);
    second.close();
    await second.closed;
  });
});

/** Of ann's contributions to the tasks she was asked to reveal. */
const stageStates = ({ ann, asked }: Stage) =>
  asked.map(
    ({ key }) =>
      grid.relay.loop.state.names.get(toHex(key) as never)?.contributions.find((c) => c.worker === ann.address)?.state,
  );

describe("to a stranger, the relay refuses", () => {
  type Hello = Parameters<RawVolunteer["hello"]>[1];
  const now = () => Math.floor(Date.now() / 1000);
  const other = addressOfKey(bytes(32));
  const hellos: [name: string, code: string, change: () => Hello][] = [
    ["[S3] another version", "bad-version", () => ({ message: { version: 2 } })],
    [
      "[S3] another worker's name",
      "no-consent",
      () => ({ message: { worker: other, owner: other, beneficiary: other } }),
    ],
    ["[S3] another owner", "bad-message", () => ({ message: { owner: other } })],
    ["[S3] another beneficiary", "bad-message", () => ({ message: { beneficiary: other } })],
    ["[S3] a consent that has expired", "no-consent", () => ({ consent: { expiresAt: now() - 1 } })],
    [
      "[S3] a consent for ever",
      "no-consent",
      () => ({ consent: { expiresAt: now() + CONSENT_MS / 1000 + 2 * 24 * 3600 } }),
    ],
    ["[S3] a consent for another site", "no-consent", () => ({ consent: { origin: "http://elsewhere.example" } })],
    [
      "[S3] an unsigned consent",
      "no-consent",
      () => ({
        message: { consent: { origin: "http://localhost", expiresAt: now() + 60, signature: new Uint8Array(65) } },
      }),
    ],
    ["[S3] a signature over nothing", "bad-signature", () => ({ message: { signature: new Uint8Array(65) } })],
    ["[S1] an unknown engine", "bad-message", () => ({ message: { ad: { engines: ["cuda"] } as never } })],
  ];
  it.each(hellos)("%s (%s), and hangs up", async (_name, code, change) => {
    const volunteer = await RawVolunteer.connect(grid, undefined, { origin: "http://localhost" });
    const before = accountsOf(grid.relay);
    volunteer.send(volunteer.hello(volunteer.challenge, change()));
    const { reason } = await volunteer.closed;
    expect(code === "no-consent" ? ["no-consent", "bad-signature"] : [code]).toContain(reason);
    expect(accountsOf(grid.relay)).toEqual(before);
  });

  it("[S3] a hello overheard on another connection", async () => {
    const ann = await RawVolunteer.connect(grid);
    const overheard = ann.hello(ann.challenge);
    ann.send(overheard);
    await ann.welcomed();
    const thief = await RawVolunteer.connect(grid);
    const before = accountsOf(grid.relay);
    thief.send(overheard);
    expect((await thief.closed).reason).toBe("bad-signature");
    expect(accountsOf(grid.relay)).toEqual(before);
    expect(ann.isClosed).toBe(false);
    ann.close();
    await ann.closed;
  });

  const early = ["ready", "ping", "find", "have", "signal", "handBack", "failed", "reveal", "commit", "ad"] as const;
  it.each(early)("[S4] %s before hello", async (type) => {
    const volunteer = await RawVolunteer.connect(grid);
    const cid = app;
    const [key] = [bytes(32)];
    const work = [workOf(key, bytes(8))];
    const messages = {
      ready: { type: "ready", tasks: 1 },
      ping: { type: "ping" },
      find: { type: "find", cid },
      have: { type: "have", cid },
      signal: { type: "signal", to: "0".repeat(16), data: "" },
      handBack: { type: "handBack", keys: key },
      failed: { type: "failed", key, code: "kernel-trap", message: "" },
      reveal: volunteer.reveal(work),
      commit: volunteer.commit(work),
      ad: { type: "ad", ad: { engines: [], cores: 1, hidden: false, peers: false } },
    } satisfies Record<(typeof early)[number], VolunteerMessage>;
    const before = accountsOf(grid.relay);
    volunteer.send(messages[type]);
    expect(await volunteer.closed).toEqual({ code: 4000, reason: "out-of-order" });
    expect(accountsOf(grid.relay)).toEqual(before);
  });

  it("[S4] a socket that says nothing for ten seconds", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const volunteer = await RawVolunteer.connect(grid);
      vi.advanceTimersByTime(9_999);
      expect(volunteer.isClosed).toBe(false);
      vi.advanceTimersByTime(1);
      expect((await volunteer.closed).reason).toBe("out-of-order");
    } finally {
      vi.useRealTimers();
    }
  });

  it("[S6] more messages than its rate allows", async () => {
    const strict = await openTestRelay({ messagesPerSecond: 5 });
    const ann = await RawVolunteer.join(strict);
    for (let i = 0; i < 12; i++) ann.send({ type: "ping" });
    expect((await ann.closed).reason).toBe("too-many");
    await strict.close();
  });

  it.each(["//", "/elsewhere", "/socket/../api", "http://[", "/%"])("a socket at %s", async (path) => {
    const { hostname, port } = new URL(grid.url);
    const answer = await new Promise<string>((resolve) => {
      const socket = connect(Number(port), hostname, () =>
        socket.write(
          `GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`,
        ),
      );
      socket.once("data", (data) => resolve(data.toString().split("\r\n")[0]!)).resume();
    });
    expect(answer).toMatch(/^HTTP\/1\.1 40[04]/);
  });
});

describe("over HTTP, the relay refuses", () => {
  let spec: ReturnType<typeof specOf>;
  let stage: Stage;
  beforeAll(async () => {
    spec = specOf(app);
    stage = await setStage(grid, app);
  });
  afterAll(() => stage.leave());

  const json = (method: string, path: string, body: unknown) => () =>
    ask(path, { method, headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  const put =
    (path: string, body: Uint8Array, headers: Record<string, string> = {}) =>
    () =>
      ask(path, {
        method: "PUT",
        headers: { "content-type": "application/octet-stream", ...headers },
        body: body as Uint8Array<ArrayBuffer>,
      });
  const ask = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(grid.url + path, init);
    return { status: response.status, answer: (await response.json()) as { error?: { code: string } } };
  };
  const submit = (change: object) => () =>
    json("POST", "/api/jobs", { dealId: grid.openDeal(spec), spec, ...change })();
  const withSpec = (change: object) => () => {
    const changed = { ...spec, ...change };
    const paid = { ...spec, ...(change as typeof spec) };
    return json("POST", "/api/jobs", { dealId: grid.openDeal(paid), spec: changed })();
  };
  const unpaid = (terms: object) => () => json("POST", "/api/jobs", { dealId: grid.openDeal(spec, terms), spec })();
  const hash = `0x${"ab".repeat(32)}`;
  const cid = () => app.slice(0, -3) + (app.endsWith("aaa") ? "bbb" : "aaa");

  const cases: [
    name: string,
    code: string,
    request: () => Promise<{ status: number; answer: { error?: { code: string } } }>,
  ][] = [
    [
      "a job that is no JSON",
      "bad-message",
      () => ask("/api/jobs", { method: "POST", headers: { "content-type": "application/json" }, body: "{" }),
    ],
    ["a job as text", "bad-message", () => ask("/api/jobs", { method: "POST", body: "job" })],
    ["a job of 2 MiB", "too-large", () => submit({ title: "x".repeat(2 * 1024 * 1024) })()],
    ["a job without a deal", "bad-message", submit({ dealId: undefined })],
    ["a job with a field too many", "bad-message", submit({ more: 1 })],
    [
      "a job with __proto__",
      "bad-message",
      () =>
        ask("/api/jobs", {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: '{"__proto__":{"x":1}}',
        }),
    ],
    ["a job whose deal is not on chain", "bad-deal", submit({ dealId: hash })],
    ["a job paid at another pool", "bad-deal", unpaid({ pool: hash.slice(0, 42) })],
    ["a job paid for another app", "bad-deal", unpaid({ appHash: hash })],
    ["a job paid for another job", "bad-deal", unpaid({ jobHash: hash })],
    ["a job paid for fewer tasks", "bad-deal", unpaid({ tasks: 1 })],
    ["a job paid for less trust", "bad-deal", unpaid({ trust: 1 })],
    ["a job of an unknown app", "not-found", () => withSpec({ app: cid() })()],
    ["a parameter out of range", "bad-job", withSpec({ params: { offset: 1001 } })],
    ["a parameter that is not asked for", "bad-job", withSpec({ params: { speed: 1 } })],
    ["an input too many", "bad-job", () => withSpec({ inputs: [app] })()],
    ["no items", "bad-message", () => json("POST", "/api/jobs", { dealId: hash, spec: { ...spec, items: 0 } })()],
    ["more tasks than a million", "bad-job", withSpec({ items: 4_000_000, itemsPerTask: 1 })],
    ["a task's output above 64 MiB", "bad-job", withSpec({ items: 2 ** 30, itemsPerTask: 2 ** 30 })],
    ["trust that nobody can reach", "bad-job", withSpec({ trust: 1_000_000 })],
    ["an unknown job", "not-found", () => ask(`/api/jobs/${hash}`)],
    ["a job's name that is none", "not-found", () => ask("/api/jobs/../../etc")],
    ["the output of a running job", "out-of-order", () => ask(`/api/jobs/${stage.job.job}/output`)],
    ["the receipt of a task not certified", "not-found", () => ask(`/api/jobs/${stage.job.job}/tasks/0/receipt`)],
    ["the receipt of task -1", "not-found", () => ask(`/api/jobs/${stage.job.job}/tasks/-1/receipt`)],
    ["tasks from -1", "bad-message", () => ask(`/api/jobs/${stage.job.job}/tasks?from=-1`)],
    ["to stop a job unsigned", "bad-message", () => json("DELETE", `/api/jobs/${stage.job.job}`, {})()],
    [
      "to stop a job with a signature of nobody",
      "bad-signature",
      () => json("DELETE", `/api/jobs/${stage.job.job}`, { signature: hash })(),
    ],
    [
      "to stop a job for a stranger",
      "bad-signature",
      async () =>
        json("DELETE", `/api/jobs/${stage.job.job}`, {
          signature: await Wallet.createRandom().signMessage(`SuperEdge: stop job ${stage.job.job}`),
        })(),
    ],
    ["an app without code", "not-found", () => json("POST", "/api/apps", { manifest: squares, code: cid() })()],
    ["an app without a manifest", "bad-app", () => json("POST", "/api/apps", { manifest: {}, code: app })()],
    [
      "a manifest of 65 KiB",
      "too-large",
      () => json("POST", "/api/apps", { manifest: { ...squares, description: "x".repeat(65 * 1024) }, code: app })(),
    ],
    ["a blob that is named wrong", "bad-id", () => ask("/api/blobs/QmOldStyle")],
    ["a blob it has not", "not-found", () => ask(`/api/blobs/${cid()}`)],
    [
      "a range beyond a blob's end",
      "bad-message",
      () => ask(`/api/blobs/${app}`, { headers: { range: "bytes=100000-" } }),
    ],
    ["a blob as JSON", "bad-message", json("PUT", "/api/blobs", { x: 1 })],
    ["a result without a session's token", "not-yours", put(`/api/uploads/${hash}`, bytes(8))],
    [
      "a result with a made-up token",
      "not-yours",
      put(`/api/uploads/${hash}`, bytes(8), { authorization: `Bearer ${"0".repeat(48)}` }),
    ],
    [
      "a result nobody asked for",
      "not-yours",
      () =>
        put(`/api/uploads/${toHex(stage.asked[0]!.key)}`, stage.asked[0]!.output, {
          authorization: `Bearer ${stage.ann.uploadToken}`,
        })(),
    ],
    [
      "a result of a task that is none",
      "bad-id",
      () => put("/api/uploads/0x12", bytes(8), { authorization: `Bearer ${stage.ann.uploadToken}` })(),
    ],
    ["a worker that is none", "bad-id", () => ask("/api/workers/me")],
    ["a worker never seen", "not-found", () => ask(`/api/workers/${hash.slice(0, 42)}`)],
    ["a gift to nobody", "bad-message", json("POST", "/api/faucet", { address: "0x0" })],
    ["a path that is no text", "bad-message", () => ask("/api/jobs/%E0%A4%A")],
    ["a page that is not there", "not-found", () => ask("/api/nothing")],
  ];
  it.each(cases)("%s (%s), and changes nothing", async (_name, code, request) => {
    const before = accountsOf(grid.relay);
    const { status, answer } = await request();
    expect(answer.error?.code).toBe(code);
    expect(status).toBe(errorTable[code as keyof typeof errorTable].status);
    expect(accountsOf(grid.relay)).toEqual(before);
  });

  it("a second gift to one address within the hour", async () => {
    const address = hash.slice(0, 42);
    expect((await json("POST", "/api/faucet", { address })()).status).toBe(200);
    expect((await json("POST", "/api/faucet", { address })()).answer.error?.code).toBe("too-many");
  });

  it("nothing new for the same job twice, even at once: both get the same answer", async () => {
    const dealId = grid.openDeal(spec);
    const request = json("POST", "/api/jobs", { dealId, spec });
    const answers = await Promise.all([request(), request(), request()]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    const rows = grid.relay.store.db.prepare("select count(*) as n from job where id = ?").get(dealId);
    expect(rows).toEqual({ n: 1 });
  });

  it("uploads beyond four at once, and takes others once those have broken off", async () => {
    const { hostname, port } = new URL(grid.url);
    const head =
      "PUT /api/blobs HTTP/1.1\r\nhost: x\r\ncontent-type: application/octet-stream\r\ncontent-length: 1000\r\n\r\n";
    const begun = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const socket = connect(Number(port), hostname);
        await once(socket, "connect");
        socket.write(head);
        return socket;
      }),
    );
    await soon(async () => expect((await put("/api/blobs", bytes(8))()).answer.error?.code).toBe("too-many"));
    for (const socket of begun) socket.destroy();
    await soon(async () => expect((await put("/api/blobs", bytes(8))()).status).toBe(200));
  });
});

it("[S3] a banned worker is refused after a restart too", async () => {
  const data = mkdtempSync(join(tmpdir(), "superedge-banned-"));
  const key = bytes(32);
  const poolKey = toHex(bytes(32));
  const first = await openTestRelay({ data, poolKey });
  (await RawVolunteer.join(first, key)).close();
  await first.close();
  const { store } = openStores(data, makeLog("silent"));
  store.workers.tally({ ...store.workers.get(addressOfKey(key))!, bad: 9, suspicion: 99, banned: true });
  store.close();
  const second = await openTestRelay({ data, poolKey });
  const volunteer = await RawVolunteer.connect(second, key);
  volunteer.send(volunteer.hello(volunteer.challenge));
  expect((await volunteer.closed).reason).toBe("banned");
  await second.close();
  rmSync(data, { recursive: true, force: true });
});
