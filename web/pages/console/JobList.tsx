import { formatCount } from "../format/count.ts";
import { jobs } from "./connection.ts";
import { hashOf, shownJob } from "./route.ts";

const STATE_WORDS = { running: "running", done: "done", stopped: "stopped" } as const;

/** This requester's jobs, newest first. */
export function JobList() {
  return (
    <section class="panel job-list" aria-labelledby="jobs-title">
      <h2 id="jobs-title">Your jobs</h2>
      {jobs.value.length === 0 && <p class="soft">None yet.</p>}
      <ul>
        {jobs.value.map((job) => (
          <li key={job.job}>
            <a href={hashOf(job.job)} aria-current={shownJob.value === job.job ? "true" : undefined}>
              <span class="job-title">{job.title || "Untitled job"}</span>
              <span class="soft small">
                {STATE_WORDS[job.state]} · {formatCount(job.certified)} of {formatCount(job.tasks)} certified
              </span>
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}
