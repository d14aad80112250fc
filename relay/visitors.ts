// How much one visitor's address may ask of the relay, and all of them together.
import rateLimit from "@fastify/rate-limit";
import type { FastifyInstance } from "fastify";
import { SuperEdgeError } from "../protocol/errors.ts";

/** Programs on the relay's own machine, and whatever comes through a proxy that is not configured as one. */
const isLoopback = (ip: string): boolean => ip.startsWith("127.") || ip === "::1" || ip === "::ffff:127.0.0.1";

/**
 * HTTP requests are limited by address, loopback aside. An IPv6 network of /64 counts as one address: a visitor has it
 * whole.
 */
export async function limitRequests(app: FastifyInstance, perMinute: number): Promise<void> {
  await app.register(rateLimit, {
    max: perMinute,
    timeWindow: 60_000,
    cache: 100_000,
    allowList: ({ ip }) => isLoopback(ip),
    errorResponseBuilder: (_request, { after }) =>
      new SuperEdgeError("too-many", `expected at most ${perMinute} requests a minute of one address; try in ${after}`),
  });
}

/** Connections that stay open: each is here until it closes. */
export class Crowd {
  readonly #mostAnAddress: number;
  readonly #most: number;
  readonly #byAddress = new Map<string, number>();
  #all = 0;

  constructor(mostAnAddress: number, most: number) {
    this.#mostAnAddress = mostAnAddress;
    this.#most = most;
  }

  /** Counts one more of `ip` until `connection` closes; or refuses it. */
  admit(ip: string, connection: { once(event: "close", then: () => void): unknown }): boolean {
    const open = this.#byAddress.get(ip) ?? 0;
    if (this.#all >= this.#most || (open >= this.#mostAnAddress && !isLoopback(ip))) return false;
    this.#all++;
    this.#byAddress.set(ip, open + 1);
    connection.once("close", () => {
      this.#all--;
      const left = this.#byAddress.get(ip)! - 1;
      if (left > 0) this.#byAddress.set(ip, left);
      else this.#byAddress.delete(ip);
    });
    return true;
  }
}
