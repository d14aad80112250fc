// JSON-RPC 2.0 over whatever carries a parsed body: the relay mounts it at /chain.
import * as v from "valibot";
import { RpcError } from "./rpcError.ts";

/** Calls of one batch: ethers sends up to 100. */
export const MAX_RPC_BATCH = 100;
/** A body, bytes: whoever mounts the handler enforces it. A transaction may have 128 KiB, twice that in hexadecimal. */
export const MAX_RPC_BODY_BYTES = 1024 * 1024;

const callSchema = v.object({
  jsonrpc: v.literal("2.0"),
  id: v.optional(v.union([v.string(), v.number(), v.null()]), null),
  method: v.pipe(v.string(), v.maxLength(100)),
  params: v.optional(v.pipe(v.array(v.unknown()), v.maxLength(10)), []),
});

interface Answer {
  jsonrpc: "2.0";
  id: string | number | null;
  result?: unknown;
  error?: { code: number; message: string; data?: unknown };
}

export interface Eip1193 {
  request(call: { method: string; params?: readonly unknown[] }): Promise<unknown>;
}

/** Answers a parsed body, a call or a batch of at most 100. Never throws. */
export const rpcHandler =
  (chain: Eip1193) =>
  async (body: unknown): Promise<Answer | Answer[]> => {
    if (!Array.isArray(body)) return answer(chain, body);
    if (body.length === 0 || body.length > MAX_RPC_BATCH)
      return failed(null, RpcError.invalidRequest(`expected 1 to ${MAX_RPC_BATCH} calls, found ${body.length}`));
    return Promise.all(body.map((call) => answer(chain, call)));
  };

async function answer(chain: Eip1193, body: unknown): Promise<Answer> {
  const call = v.safeParse(callSchema, body);
  if (!call.success) return failed(null, RpcError.invalidRequest("expected a JSON-RPC 2.0 call"));
  const { id, method, params } = call.output;
  try {
    return { jsonrpc: "2.0", id, result: await chain.request({ method, params }) };
  } catch (error) {
    return failed(id, error instanceof RpcError ? error : new RpcError(-32603, "the chain made a mistake"));
  }
}

const failed = (id: Answer["id"], { code, message, data }: RpcError): Answer => ({
  jsonrpc: "2.0",
  id,
  error: data === undefined ? { code, message } : { code, message, data },
});
