import type { IncomingMessage } from "node:http";

/** Forwarded addresses are believed only from configured proxies, and only the last one, which that proxy added. */
export function clientIp(request: IncomingMessage, trustedProxies: readonly string[]): string {
  const direct = request.socket.remoteAddress ?? "";
  if (!trustedProxies.includes(direct.replace(/^::ffff:/, ""))) return direct;
  const forwarded = request.headers["x-forwarded-for"];
  const list = (Array.isArray(forwarded) ? forwarded.join(",") : (forwarded ?? "")).split(",");
  return list.at(-1)?.trim() || direct;
}
