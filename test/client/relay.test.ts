import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { Relay } from "../../client/relay.ts";
import { answer, scriptedRelay } from "./scriptedRelay.ts";

const anything = v.object({});

describe("a call to the relay", () => {
  test("refused by the relay throws the relay's own code and words", async () => {
    const url = await scriptedRelay((_, response) =>
      answer(response, { error: { code: "bad-deal", message: "expected 3 ECT, found 1" } }, 402),
    );
    await expect(new Relay(url).json(anything, "api/jobs")).rejects.toMatchObject({
      code: "bad-deal",
      message: "expected 3 ECT, found 1",
    });
  });

  test("refused with a code of a newer relay is internal, the words kept", async () => {
    const url = await scriptedRelay((_, response) =>
      answer(response, { error: { code: "too-hot", message: "expected less heat" } }, 400),
    );
    await expect(new Relay(url).json(anything, "api/jobs")).rejects.toMatchObject({
      code: "internal",
      message: "expected less heat",
    });
  });

  test("answered by something that is no relay says so", async () => {
    const url = await scriptedRelay((_, response) => response.writeHead(502).end("<html>bad gateway</html>"));
    await expect(new Relay(url).json(anything, "api/pool")).rejects.toMatchObject({ code: "relay-unavailable" });
  });

  test("answered with bytes that are no JSON says so", async () => {
    const url = await scriptedRelay((_, response) => response.end("hello"));
    await expect(new Relay(url).json(anything, "api/pool")).rejects.toMatchObject({ code: "relay-unavailable" });
  });

  test("answered with JSON of another shape names the place", async () => {
    const url = await scriptedRelay((_, response) => answer(response, { workers: "many" }));
    await expect(new Relay(url).json(v.object({ workers: v.number() }), "api/pool")).rejects.toMatchObject({
      code: "bad-message",
      message: expect.stringContaining("workers"),
    });
  });

  test("stops reading an answer that grows beyond its bound, declared or not", async () => {
    const url = await scriptedRelay((request, response) => {
      if (request.url === "/declared") response.writeHead(200, { "content-length": "1000" }).end(Buffer.alloc(1000));
      else {
        response.write(Buffer.alloc(500));
        response.end(Buffer.alloc(500));
      }
    });
    const relay = new Relay(url);
    await expect(relay.bytes("declared", 999)).rejects.toMatchObject({ code: "too-large" });
    await expect(relay.bytes("streamed", 999)).rejects.toMatchObject({ code: "too-large" });
    await expect(relay.bytes("streamed", 1000)).resolves.toHaveLength(1000);
  });

  test("to nobody is relay-unavailable, with what fetch said as cause", async () => {
    const error = await new Relay("http://127.0.0.1:1").json(anything, "api/pool").catch((e: unknown) => e);
    expect(error).toMatchObject({ code: "relay-unavailable", cause: expect.any(Error) });
  });

  test("stopped by its caller is cancelled", async () => {
    const stop = new AbortController();
    const url = await scriptedRelay(() => stop.abort());
    await expect(new Relay(url).json(anything, "api/pool", { signal: stop.signal })).rejects.toMatchObject({
      code: "cancelled",
    });
  });

  test("keeps the path a relay lives below", () => {
    expect(new Relay("https://example.org/grid").address("api/pool").href).toBe("https://example.org/grid/api/pool");
  });

  test("needs an http address", () => {
    for (const url of ["ftp://example.org", "example.org", ""]) expect(() => new Relay(url)).toThrow(/http address/);
  });
});
