// Who is shown the single tasks of a job while it runs. Under law `pool` with T > 1 its requester alone: a volunteer that
// could see who has which task would know when it is checked, and be honest just then. Once the job has ended everything
// is public; until then how much is certified is (see jobView). The requester shows itself by a signature that serves as a
// bearer token: the relay keeps nothing for it, and whoever lost it signs again.
import { getBytes, hashMessage } from "ethers";
import type { FastifyRequest } from "fastify";
import { readMessage, restsOnOne } from "../../protocol/api.ts";
import { SuperEdgeError } from "../../protocol/errors.ts";
import type { JobContext } from "../rows.ts";
import { recoverAddress } from "../signature.ts";

/** Whether this is one of those jobs, and runs. */
export const isPrivate = ({ row }: Pick<JobContext, "row">): boolean => row.state === "running" && restsOnOne(row.spec);

/** Whether the request may see the job's single tasks even while it is private. */
export type MayRead = (job: JobContext, request: Pick<FastifyRequest, "headers">) => boolean;

export function readers(): MayRead {
  /** The last signature found good: a page asks every second or two. */
  const good = new WeakMap<JobContext, string>();
  return (job, { headers }) => {
    const signature = /^Bearer (0x[0-9a-f]{130})$/i.exec(headers.authorization ?? "")?.[1];
    if (!signature) return false;
    if (good.get(job) === signature) return true;
    try {
      const hash = getBytes(hashMessage(readMessage(job.row.id)));
      if (recoverAddress(hash, getBytes(signature)) !== job.row.requester) return false;
    } catch {
      return false; // a signature of no key
    }
    good.set(job, signature);
    return true;
  };
}

/** The same answer whatever the task's state: a refusal must not tell either. */
export const refusal = (job: JobContext): SuperEdgeError =>
  new SuperEdgeError(
    "not-yours",
    `while job ${job.row.id} runs, its single tasks are shown to its requester only: expected its signature of ${JSON.stringify(readMessage(job.row.id))} as bearer token`,
  );
