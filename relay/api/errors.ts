// Every refusal over HTTP is {error: {code, message}} with a code of protocol/errors.ts.
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { errorTable, SuperEdgeError } from "../../protocol/errors.ts";
import type { ApiContext } from "./context.ts";

export function answerErrors(app: FastifyInstance, { log }: Pick<ApiContext, "log">): void {
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const known = error instanceof SuperEdgeError ? error : fromFastify(error);
    if (!known) {
      log("request failed", { url: request.url, error: String(error.stack ?? error) });
      return reply.code(500).send(body("internal", "the relay made a mistake with this request"));
    }
    return reply.code(errorTable[known.code].status).send(body(known.code, known.message));
  });
  app.setNotFoundHandler((request, reply) =>
    reply.code(404).send(body("not-found", `there is no ${request.method} ${request.url.slice(0, 200)}`)),
  );
}

/** What the router refuses before there is a route, such as a path that is no text. */
export const answerRouterErrors = (error: FastifyError, _request: FastifyRequest, reply: FastifyReply): FastifyReply =>
  reply
    .code(errorTable["bad-message"].status)
    .type("application/json")
    .send(JSON.stringify(body("bad-message", error.message.slice(0, 300))));

const body = (code: string, message: string) => ({ error: { code, message } });

/** What fastify itself refuses before a handler runs. */
function fromFastify(error: FastifyError): SuperEdgeError | undefined {
  if (error.code === "FST_ERR_CTP_BODY_TOO_LARGE")
    return new SuperEdgeError("too-large", "the request's body is above its limit", { cause: error });
  if (error.statusCode && error.statusCode >= 400 && error.statusCode < 500)
    return new SuperEdgeError("bad-message", error.message, { cause: error });
  return undefined;
}
