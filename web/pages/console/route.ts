// Which job the page shows is in the address, so that a reload resumes and a link can be kept.
import { signal } from "@preact/signals";
import { isBytes32, type JobId } from "../../../protocol/ids.ts";

/** The job in the address bar; undefined for the form of a new one. */
export const shownJob = signal<JobId | undefined>(jobOf(location.hash));

export function jobOf(hash: string): JobId | undefined {
  const id = /^#job=(.*)$/.exec(hash)?.[1] ?? "";
  return isBytes32(id) ? id : undefined;
}

export const hashOf = (job: JobId | string | undefined): string => (job ? `#job=${job}` : "#new");

addEventListener("hashchange", () => {
  shownJob.value = jobOf(location.hash);
});

/** The app chosen for a new job. */
export const chosenApp = signal<string>("");
