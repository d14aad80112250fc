// Blobs over HTTP: the seed of last resort, and where requesters upload.
import { createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { SuperEdgeError } from "../../protocol/errors.ts";
import { type Address, isBytes32, type TaskKey, toCid, toHex } from "../../protocol/ids.ts";
import { MAX_BLOB_BYTES, MAX_OUTPUT_BYTES } from "../../protocol/limits.ts";
import { awaitedUpload } from "../checks.ts";
import type { ApiContext } from "./context.ts";

/** Uploads read into memory at once: each may be as large as a blob. */
const MAX_UPLOADS_AT_ONCE = 4;
/** The same for workers' large outputs: 1 GiB in all. */
const MAX_OUTPUTS_AT_ONCE = 16;

const FOREVER = "public, max-age=31536000, immutable";

export function blobRoutes(app: FastifyInstance, context: ApiContext): void {
  const { blobs, egress } = context;
  const uploads = slots(MAX_UPLOADS_AT_ONCE);
  const outputs = slots(MAX_OUTPUTS_AT_ONCE);
  /** The worker whose session's token the request bears. */
  const bearer = ({ headers }: FastifyRequest<{ Params: { key: string } }>): Address => {
    const token = /^Bearer ([0-9a-f]{48})$/.exec(headers.authorization ?? "")?.[1];
    const session = [...context.sessions.values()].find((s) => s.uploadToken === token);
    if (!session?.worker) throw new SuperEdgeError("not-yours", "expected the bearer token of a worker's session");
    return session.worker;
  };
  app.addContentTypeParser("application/octet-stream", { parseAs: "buffer" }, (_request, body, done) =>
    done(null, body),
  );

  app.put(
    "/api/blobs",
    {
      bodyLimit: MAX_BLOB_BYTES,
      schema: {
        tags: ["blobs"],
        summary: "Store bytes; answers their content id",
        consumes: ["application/octet-stream"],
      },
      onRequest: async (request) => {
        onlyBytes(request);
        uploads.check();
      },
      preParsing: async (_request, _reply, payload) => uploads.take(payload),
    },
    async (request) => {
      const bytes = bodyOf(request);
      return { cid: await blobs.put(bytes), bytes: bytes.length };
    },
  );

  app.get<{ Params: { cid: string } }>(
    "/api/blobs/:cid",
    { schema: { tags: ["blobs"], summary: "The bytes of a blob; one range of bytes may be asked for" } },
    async (request, reply) => {
      const cid = toCid(request.params.cid);
      const size = await blobs.size(cid);
      if (size === undefined) throw new SuperEdgeError("not-found", `this relay has no blob ${cid}`);
      const range = parseRange(request.headers.range, size);
      reply.headers({
        "content-type": "application/octet-stream",
        "cache-control": FOREVER,
        "accept-ranges": "bytes",
        "x-content-type-options": "nosniff",
        "content-disposition": "attachment",
        etag: `"${cid}"`,
      });
      if (!range) {
        egress.set(cid, (egress.get(cid) ?? 0) + size);
        return reply.header("content-length", size).send(createReadStream(blobs.path(cid)));
      }
      const { start, end } = range;
      egress.set(cid, (egress.get(cid) ?? 0) + end - start + 1);
      return reply
        .code(206)
        .headers({ "content-range": `bytes ${start}-${end}/${size}`, "content-length": end - start + 1 })
        .send(createReadStream(blobs.path(cid), { start, end }));
    },
  );

  app.get<{ Params: { cid: string } }>(
    "/api/blobs/:cid/tree",
    { schema: { tags: ["blobs"], summary: "SHA-256 of each chunk of a blob, to verify chunks as they arrive" } },
    async (request, reply) => {
      const { bytes, leaves } = await blobs.tree(toCid(request.params.cid));
      reply.header("cache-control", FOREVER);
      return { bytes, leaves: leaves.map((leaf) => toHex(leaf)) };
    },
  );

  app.put<{ Params: { key: string } }>(
    "/api/uploads/:key",
    {
      bodyLimit: MAX_OUTPUT_BYTES,
      schema: {
        tags: ["workers"],
        summary: "A winner's large output, asked for over its socket; the bearer token is the session's",
        consumes: ["application/octet-stream"],
      },
      // Before the body is read: strangers fill no memory, and workers only with what they were asked for.
      onRequest: async (request) => {
        const worker = bearer(request);
        onlyBytes(request);
        awaitedUpload(context.loop.state, worker, keyOf(request));
        outputs.check();
      },
      preParsing: async (_request, _reply, payload) => outputs.take(payload),
    },
    async (request) => {
      await context.loop.receiveOutput(bearer(request), keyOf(request), bodyOf(request), context.outputs);
      return {};
    },
  );
}

const keyOf = ({ params }: FastifyRequest<{ Params: { key: string } }>): TaskKey => {
  if (!isBytes32(params.key)) throw new SuperEdgeError("bad-id", "expected a task key");
  return params.key as TaskKey;
};

/** Fastify would parse JSON of any size the route allows, in one piece, on the thread that everything runs on. */
function onlyBytes({ headers }: Pick<FastifyRequest, "headers">): void {
  if (headers["content-type"]?.split(";")[0]?.trim().toLowerCase() !== "application/octet-stream")
    throw new SuperEdgeError("bad-message", "expected a body of type application/octet-stream");
}

function bodyOf({ body }: Pick<FastifyRequest, "body">): Uint8Array {
  if (!(body instanceof Uint8Array)) throw new SuperEdgeError("bad-message", "expected a body");
  return body;
}

/** Bodies being read: so many at once, whoever sends them. */
function slots(most: number): { check(): void; take<T extends Readable>(payload: T): T } {
  let taken = 0;
  return {
    check() {
      if (taken >= most) throw new SuperEdgeError("too-many", "other uploads are under way; try again");
    },
    take(payload) {
      taken++;
      payload.once("close", () => taken--);
      return payload;
    },
  };
}

/** One range of the form `bytes=A-B`, `bytes=A-` or `bytes=-N`; anything else is the whole. */
function parseRange(header: string | undefined, size: number): { start: number; end: number } | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? "");
  if (!match || (match[1] === "" && match[2] === "")) return undefined;
  const [first, last] = [match[1]!, match[2]!];
  const start = first === "" ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === "" || last === "" ? size - 1 : Math.min(Number(last), size - 1);
  if (start > end) throw new SuperEdgeError("bad-message", `range: expected bytes of 0-${size - 1}, found ${header}`);
  return { start, end };
}
