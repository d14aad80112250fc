// The pool, its apps, workers and epochs over HTTP.
import type { FastifyInstance } from "fastify";
import { canonicalJson, parseManifest } from "../../kernels/kernel.ts";
import { type AppView, faucetSchema, publishSchema } from "../../protocol/api.ts";
import { SuperEdgeError } from "../../protocol/errors.ts";
import { type Address, type Cid, toAddress } from "../../protocol/ids.ts";
import { MAX_CODE_BYTES, MAX_MANIFEST_BYTES } from "../../protocol/limits.ts";
import { parseAs } from "../../protocol/parse.ts";
import { publishApp } from "../publish.ts";
import type { AppRow } from "../store/apps.ts";
import type { Store } from "../store/store.ts";
import type { ApiContext } from "./context.ts";
import { jsonBody } from "./openapi.ts";
import { poolView, workerView } from "./views.ts";

/** Beginners' gifts an address and an hour: one. All together, an hour: */
const MAX_GIFTS_AN_HOUR = 1000;

export function poolRoutes(app: FastifyInstance, context: ApiContext): void {
  const { store, blobs, loop, chain } = context;

  app.get(
    "/api/pool",
    { schema: { tags: ["pool"], summary: "Who runs this relay, on which chain, on what terms" } },
    async () => poolView(context),
  );
  app.get("/api/epochs", { schema: { tags: ["pool"], summary: "Settlements, newest first" } }, async () =>
    chain.epochs(),
  );

  app.get<{ Params: { number: string } }>(
    "/api/epochs/:number/data",
    { schema: { tags: ["pool"], summary: "What an epoch was built from; its keccak-256 is the dataHash on chain" } },
    async (request, reply) => {
      const data = /^\d{1,15}$/.test(request.params.number)
        ? chain.epochData(Number(request.params.number))
        : undefined;
      if (!data)
        throw new SuperEdgeError("not-found", `this relay has posted no epoch ${request.params.number.slice(0, 20)}`);
      return reply.header("content-type", "application/octet-stream").send(Buffer.from(data));
    },
  );

  app.get("/api/apps", { schema: { tags: ["apps"], summary: "Apps this relay runs" } }, async () =>
    store.apps.all().map((row) => appView(store, row)),
  );
  app.get<{ Params: { app: string } }>(
    "/api/apps/:app",
    { schema: { tags: ["apps"], summary: "One app" } },
    async (request) => {
      const found = store.apps.get(request.params.app as Cid);
      if (!found) throw new SuperEdgeError("not-found", `this relay has no app ${request.params.app.slice(0, 80)}`);
      return appView(store, found);
    },
  );
  app.post(
    "/api/apps",
    {
      bodyLimit: MAX_MANIFEST_BYTES,
      schema: {
        tags: ["apps"],
        summary: "Publish an app; its code is uploaded as a blob first",
        ...jsonBody(publishSchema),
      },
    },
    async (request) => {
      const { manifest, code } = parseAs(publishSchema, request.body);
      const size = await blobs.size(code as Cid);
      if (size === undefined) throw new SuperEdgeError("not-found", `upload the code as blob ${code} first`);
      if (size > MAX_CODE_BYTES)
        throw new SuperEdgeError("too-large", `code: expected at most ${MAX_CODE_BYTES} bytes, found ${size}`);
      return appView(
        store,
        await publishApp({ store, blobs }, parseManifest(JSON.parse(canonicalJson(manifest))), code as Cid),
      );
    },
  );

  app.get(
    "/api/workers",
    { schema: { tags: ["workers"], summary: "Workers seen by this relay, at most 1000" } },
    async () => {
      return [...loop.workers()].slice(-1000).map(({ row, worker }) => workerView(context, row, worker));
    },
  );
  app.get<{ Params: { worker: string } }>(
    "/api/workers/:worker",
    { schema: { tags: ["workers"], summary: "One worker" } },
    async (request) => {
      const address = toAddress(request.params.worker);
      for (const { row, worker } of loop.workers())
        if (row.address === address) return workerView(context, row, worker);
      throw new SuperEdgeError("not-found", `this relay has not seen worker ${address}`);
    },
  );

  const { faucet } = chain;
  if (!faucet) return;
  const given = new Map<Address, number>();
  app.post(
    "/api/faucet",
    {
      schema: { tags: ["pool"], summary: "A starting balance, on the embedded chain only", ...jsonBody(faucetSchema) },
    },
    async (request) => {
      const { address } = parseAs(faucetSchema, request.body);
      const nowMs = Date.now();
      for (const [who, atMs] of given) if (nowMs - atMs > 3_600_000) given.delete(who);
      if (given.has(address as Address) || given.size >= MAX_GIFTS_AN_HOUR)
        throw new SuperEdgeError("too-many", "the faucet has given to this address, or to too many, within the hour");
      given.set(address as Address, nowMs);
      try {
        return await faucet(address as Address);
      } catch (error) {
        given.delete(address as Address);
        throw error;
      }
    },
  );
}

function appView(store: Store, { app, code, manifest }: AppRow): AppView {
  const quarantine = store.apps.quarantined(app);
  const view = { app, code, manifest: manifest as unknown as Record<string, unknown> };
  return quarantine === undefined ? view : { ...view, quarantine };
}
