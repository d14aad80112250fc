// Whether this pool can do what a contract asks for. What cannot be done is left alone: after the deadline anybody can have
// the price given back.
import type { Manifest } from "../../kernels/kernel.ts";
import { type JobSpec, jobSpecSchema, rangeOf } from "../../protocol/api.ts";
import { leafCount } from "../../protocol/digest.ts";
import type { DealTerms } from "../../protocol/epoch.ts";
import { SuperEdgeError } from "../../protocol/errors.ts";
import type { Address } from "../../protocol/ids.ts";
import { parseAs } from "../../protocol/parse.ts";
import { checkSpec } from "../api/terms.ts";
import type { Blobs } from "../blobs/blobs.ts";
import { checkDeal } from "../deals.ts";
import type { TaskRequest } from "../store/requests.ts";
import type { Store } from "../store/store.ts";

/** Of a spec, characters: parameters, inputs and expressions at their limits take less. */
const MAX_SPEC_CHARACTERS = 64 * 1024;

/** Whether a request that was refused so may be taken later: somebody can upload what is missing, other jobs end. */
export const mayPass = ({ code }: SuperEdgeError): boolean =>
  code === "not-found" || code === "too-many" || code === "chain-unavailable";

/** The job that was asked for. Throws `bad-job`, `bad-deal`, `bad-message`, `not-found`, `kernel-nondeterministic`. */
export async function acceptRequest(
  stores: { store: Store; blobs: Blobs },
  request: TaskRequest,
  deal: DealTerms,
  pool: Address,
): Promise<JobSpec> {
  const spec = parseAs(jobSpecSchema, jsonOf(request.spec));
  checkDeal(deal, request.id, spec, pool);
  checkResult(await checkSpec(stores, spec), spec, request);
  if (spec.deadlineSeconds !== undefined)
    throw new SuperEdgeError("bad-job", "deadlineSeconds: expected none, the request has a deadline of its own");
  if (request.workerStakeWei > 0n)
    throw new SuperEdgeError("bad-job", "workerStakeWei: expected 0, the workers of this pool have no stakes");
  return spec;
}

function checkResult(manifest: Manifest, spec: JobSpec, { itemBytes }: TaskRequest): void {
  if (itemBytes !== manifest.output.itemBytes)
    throw new SuperEdgeError(
      "bad-job",
      `itemBytes: the app's items have ${manifest.output.itemBytes} bytes, the request says ${itemBytes}`,
    );
  const bytes = rangeOf(spec, 0).count * itemBytes;
  if (leafCount(bytes, itemBytes) > 1)
    throw new SuperEdgeError("bad-job", `items: a result on chain has one leaf (4 KiB) at most, found ${bytes} bytes`);
}

function jsonOf(text: string): unknown {
  if (text.length > MAX_SPEC_CHARACTERS)
    throw new SuperEdgeError(
      "bad-job",
      `spec: expected at most ${MAX_SPEC_CHARACTERS} characters, found ${text.length}`,
    );
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SuperEdgeError("bad-job", "spec: expected JSON", { cause });
  }
}
