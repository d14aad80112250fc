import type { IncomingMessage } from "node:http";
import { describe, expect, it } from "vitest";
import { clientIp } from "../../relay/clientIp.ts";

const request = (remoteAddress: string, forwarded?: string): IncomingMessage =>
  ({ socket: { remoteAddress }, headers: forwarded === undefined ? {} : { "x-forwarded-for": forwarded } }) as never;

describe("a visitor's address", () => {
  it("is the connection's, whatever a stranger claims", () => {
    expect(clientIp(request("203.0.113.5", "198.51.100.1"), [])).toBe("203.0.113.5");
    expect(clientIp(request("203.0.113.5", "198.51.100.1"), ["10.0.0.1"])).toBe("203.0.113.5");
  });

  it("is what a trusted proxy added last, not what the visitor wrote before it", () => {
    expect(clientIp(request("10.0.0.1", "6.6.6.6, 198.51.100.1"), ["10.0.0.1"])).toBe("198.51.100.1");
    expect(clientIp(request("::ffff:10.0.0.1", "198.51.100.1"), ["10.0.0.1"])).toBe("198.51.100.1");
  });

  it("is the proxy's own where the proxy says nothing", () => {
    for (const nothing of [undefined, "", " ", "1.1.1.1, "])
      expect(clientIp(request("10.0.0.1", nothing), ["10.0.0.1"])).toBe("10.0.0.1");
  });
});
