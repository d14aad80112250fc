// OpenAPI from the schemas that parse: what is documented is what is accepted.
import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import { toJsonSchema } from "@valibot/to-json-schema";
import type { FastifyInstance } from "fastify";
import type { GenericSchema } from "valibot";

export async function publishOpenApi(app: FastifyInstance, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      info: {
        title: "SuperEdge relay",
        version,
        description:
          "The HTTP API of one worker pool. Amounts are decimal strings in wei. Every refusal is {error: {code, message}}; the codes are listed in the project's docs/errors.md.",
        license: { name: "Apache-2.0" },
      },
    },
  });
  await app.register(swaggerUi, { routePrefix: "/api/docs" });
}

/** Body schema for the docs. The handler parses by the valibot schema itself; see `server.ts`. */
export const jsonBody = (schema: GenericSchema) => ({ body: toJsonSchema(schema, { errorMode: "ignore" }) });

/** Query parameters for the docs, likewise. */
export const jsonQuery = (schema: GenericSchema) => ({
  querystring: toJsonSchema(schema, { errorMode: "ignore", typeMode: "input" }),
});
