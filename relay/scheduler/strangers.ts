// Replicas of a task go to strangers: other owner, other beneficiary, other subnet, other
// cohort. The worker never chooses.
import type { Task, Worker } from "./state.ts";

export const isStranger = (task: Task, worker: Worker): boolean =>
  task.contributions.every(
    (c) =>
      c.owner !== worker.owner &&
      c.beneficiary !== worker.beneficiary &&
      (c.cohort === "" || c.cohort !== worker.cohort) &&
      (c.subnet === "" || c.subnet !== worker.subnet),
  );

/** The /24 of an IPv4 or the /48 of an IPv6 address; empty for private, loopback and link-local ones. */
export function subnetOf(ip: string): string {
  const address = ip.startsWith("::ffff:") ? ip.slice(7) : ip;
  if (address.includes(".")) {
    const [a, b, c] = address.split(".").map(Number) as [number, number, number];
    const isPrivate =
      a === 10 ||
      a === 127 ||
      (a === 172 && b >= 16 && b < 32) ||
      (a === 192 && b === 168) ||
      (a === 169 && b === 254) ||
      (a === 100 && b >= 64 && b < 128);
    return isPrivate ? "" : `${a}.${b}.${c}`;
  }
  const groups = expandIpv6(address);
  const first = Number.parseInt(groups[0] ?? "0", 16);
  const isPrivate = (first & 0xfe00) === 0xfc00 || (first & 0xffc0) === 0xfe80 || first === 0;
  return isPrivate ? "" : groups.slice(0, 3).join(":");
}

function expandIpv6(address: string): string[] {
  const [head = "", tail] = (address.split("%")[0] ?? "").split("::");
  const left = head ? head.split(":") : [];
  const right = tail ? tail.split(":") : [];
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length;
  return [...left, ...Array<string>(Math.max(0, zeros)).fill("0"), ...right].map((g) => g.toLowerCase());
}
