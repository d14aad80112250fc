// Blobs over HTTP: the seed of last resort, and where requesters upload.
import { createReadStream } from "node:fs";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { SuperEdgeError } from "../../protocol/errors.ts";
import { type Address, isBytes32, toCid, toHex } from "../../protocol/ids.ts";
import { MAX_BLOB_BYTES, MAX_OUTPUT_BYTES } from "../../protocol/limits.ts";
import type { ApiContext } from "./context.ts";

/** Uploads read into memory at once: each may be as large as a blob. */
const MAX_UPLOADS_AT_ONCE = 4;

const FOREVER = "public, max-age=31536000, immutable";

export function blobRoutes(app: FastifyInstance, context: ApiContext): void {
  const { blobs, egress } = context;
  let uploads = 0;
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
      onRequest: async () => {
        if (uploads >= MAX_UPLOADS_AT_ONCE)
          throw new SuperEdgeError("too-many", "other uploads are under way; try again");
      },
      preParsing: async (_request, _reply, payload) => {
        uploads++;
        payload.once("close", () => uploads--);
        return payload;
      },
    },
    async (request) => {
      if (!(request.body instanceof Uint8Array))
        throw new SuperEdgeError("bad-message", "expected a body of type application/octet-stream");
      return { cid: await blobs.put(request.body), bytes: request.body.length };
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
      // Before the body is read: strangers fill no memory.
      onRequest: async (request) => {
        bearer(request);
      },
    },
    async (request) => {
      const worker = bearer(request);
      if (!isBytes32(request.params.key)) throw new SuperEdgeError("bad-id", "expected a task key");
      if (!(request.body instanceof Uint8Array))
        throw new SuperEdgeError("bad-message", "expected a body of type application/octet-stream");
      await context.loop.receiveOutput(worker, request.params.key as never, request.body, blobs);
      return {};
    },
  );
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
