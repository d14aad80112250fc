import type { Job } from "./state.ts";

/** Tasks of a job that wait for their first lease. */
export const freshLeft = (job: Job): number => job.tasks - job.fresh + job.dispatch.returned.size;
