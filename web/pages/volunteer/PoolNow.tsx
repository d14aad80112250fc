import { useEffect, useState } from "preact/hooks";
import { counted } from "../format/count.ts";
import { askPool, type PoolNow as Pool } from "./askPool.ts";

/** How often a visitor who is still reading sees newer numbers, milliseconds. */
const ASK_EVERY_MS = 10_000;

export function PoolNow() {
  const [pool, setPool] = useState<Pool | "unreachable">();
  useEffect(() => {
    const stop = new AbortController();
    const ask = () => {
      if (document.hidden) return;
      askPool(stop.signal).then(setPool, () => stop.signal.aborted || setPool("unreachable"));
    };
    ask();
    const timer = setInterval(ask, ASK_EVERY_MS);
    return () => {
      stop.abort();
      clearInterval(timer);
    };
  }, []);
  return (
    <section class="panel pool-now" aria-labelledby="pool-title">
      <h2 id="pool-title">In this pool now</h2>
      {pool === undefined && <p class="soft">Asking the pool…</p>}
      {pool === "unreachable" && <p>The pool does not answer. Starting will keep trying.</p>}
      {pool !== undefined && pool !== "unreachable" && <Numbers pool={pool} />}
    </section>
  );
}

function Numbers({ pool }: { pool: Pool }) {
  return (
    <>
      <p>
        {pool.volunteers === 0
          ? "No volunteer is computing. You would be the first."
          : `${counted(pool.volunteers, "volunteer")} connected.`}
      </p>
      {pool.jobs.length === 0 ? (
        <p class="soft">No job is running. Yours would be the first machine asked when one comes.</p>
      ) : (
        <ul class="jobs-now">
          {pool.jobs.map((job, at) => (
            <li key={`${at} ${job.title}`}>
              <span>{job.title}</span>
              <span class="number">{Math.floor(job.share * 100)} %</span>
              <progress value={job.share} max={1} aria-label={`${job.title}: share certified`} />
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
