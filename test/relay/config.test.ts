import { describe, expect, it } from "vitest";
import { readConfig, usage } from "../../relay/config.ts";

describe("the relay's configuration", () => {
  it("serves this machine alone unless told otherwise", () => {
    expect(readConfig([], {})).toMatchObject({
      host: "127.0.0.1",
      port: 8787,
      data: "data",
      pageHost: "localhost",
      sandboxHost: "127.0.0.1",
      trustedProxies: [],
      log: "warn",
    });
  });

  it("takes the command line before the environment", () => {
    const env = { SUPEREDGE_PORT: "1000", SUPEREDGE_NAME: "of the environment" };
    expect(readConfig(["--port", "2000"], env)).toMatchObject({ port: 2000, name: "of the environment" });
  });

  it.each([
    [["--port", "65536"], "port"],
    [["--port", "80x"], "port: expected a whole number"],
    [["--port", ""], "port"],
    [["--fee-bps", "5001"], "fee-bps"],
    [["--window-seconds", "0"], "window-seconds"],
    [["--host", "a b"], "host: expected a host name or address"],
    [["--page-origin", "localhost"], "page-origin: expected a URL"],
    [["--log", "loud"], "log"],
    [["--name", "x".repeat(81)], "name"],
    [["--sandbox-host", "localhost"], "sandbox-host: expected another host than the pages'"],
    [["--page-origin", "https://a.example", "--sandbox-origin", "https://a.example"], "sandbox-host: expected another"],
    [["--colour", "red"], "--colour"],
    [["start"], "start"],
  ])("refuses %j and names what is wrong", (args, message) => {
    expect(() => readConfig(args, {})).toThrow(message);
  });

  it("splits the list of proxies", () => {
    expect(readConfig(["--trusted-proxies", "10.0.0.1, ::1,"], {}).trustedProxies).toEqual(["10.0.0.1", "::1"]);
  });

  it("explains every option it takes", () => {
    for (const [option] of usage().matchAll(/--[a-z-]+/g))
      expect(() => readConfig([option], {})).not.toThrow("Unknown");
    expect(usage()).toContain("--sandbox-origin");
  });
});
