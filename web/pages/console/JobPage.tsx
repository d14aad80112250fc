import { useEffect, useState } from "preact/hooks";
import type { JobView } from "../../../protocol/api.ts";
import type { JobId } from "../../../protocol/ids.ts";
import { formatCount } from "../format/count.ts";
import { formatDuration } from "../format/duration.ts";
import { formatEct } from "../format/ect.ts";
import { shortName } from "../format/shortName.ts";
import { wordsOf } from "../format/wordsOf.ts";
import { CostPanel } from "./CostPanel.tsx";
import type { Connected } from "./connection.ts";
import { promiseTone, promiseWords } from "./promiseWords.ts";
import { Results } from "./Results.tsx";
import { hashOf } from "./route.ts";
import { TaskDetail } from "./TaskDetail.tsx";
import { TaskSquares } from "./TaskSquares.tsx";
import { STATE_WORDS } from "./taskField.ts";
import { JobWatch, type Watched } from "./watchJob.ts";

/** One job, live: progress, tasks, results, cost. */
export function JobPage({ connected, id }: { connected: Connected; id: JobId }) {
  const [watch, setWatch] = useState<JobWatch>();
  useEffect(() => {
    const next = new JobWatch(connected.grid, connected.grid.job(id, connected.key));
    setWatch(next);
    return () => next.close();
  }, [connected, id]);
  if (!watch) return null;
  const watched = watch.watched.value;
  const problem = watch.problem.value;
  return (
    <article class="job-page">
      {problem && (
        <p class="notice wrong" role="alert">
          {problem}
        </p>
      )}
      {!watched && !problem && <p class="soft">Fetching the job…</p>}
      {watched && <Live connected={connected} watch={watch} watched={watched} />}
    </article>
  );
}

function Live({ connected, watch, watched }: { connected: Connected; watch: JobWatch; watched: Watched }) {
  const { app, view } = watched;
  const version = watch.version.value;
  const [selected, setSelected] = useState<number>();
  const refused = watch.refused.value;
  return (
    <>
      <header class="job-head">
        <h1>{view.title || app.manifest.title}</h1>
        <a class="button" href={hashOf(undefined)}>
          New job
        </a>
        <p class="soft">
          {view.title === app.manifest.title ? "Deal" : `${app.manifest.title} · deal`}{" "}
          <code class="small" title={view.job}>
            {shortName(view.job)}
          </code>{" "}
          · {formatEct(BigInt(view.priceWei))} ECT a task · law {view.spec.law}
          {`, trust ${formatCount(view.spec.trust)}`}
        </p>
      </header>
      <Progress connected={connected} watch={watch} view={view} />
      {refused.length > 0 && (
        <div class="notice wrong" role="alert">
          <p>The relay sent outputs that are not the certified ones; they are not shown below.</p>
          <ul>
            {refused.map((words) => (
              <li key={words}>{words}</li>
            ))}
          </ul>
        </div>
      )}
      <Results watch={watch} watched={watched} version={version} />
      <div class="two">
        <section class="panel tasks" aria-labelledby="tasks-title">
          <h2 id="tasks-title">Tasks</h2>
          {watch.hidden.value && (
            <p class="notice small">
              Single tasks of this job are shown to its requester only until it ends: who could see which of them are
              checked could cheat on the others.
            </p>
          )}
          <Key />
          <TaskSquares
            tasks={view.tasks}
            stateOf={watch.stateOf}
            version={version}
            selected={selected}
            onSelect={setSelected}
          />
          {selected !== undefined && <TaskDetail key={selected} watch={watch} index={selected} version={version} />}
        </section>
        <CostPanel connected={connected} view={view} />
      </div>
    </>
  );
}

const STATES = ["waiting", "leased", "committed", "disputed", "certified"] as const;

function Key() {
  return (
    <ul class="state-key small">
      {STATES.map((state) => (
        <li key={state}>
          <i class={`state ${state}`} aria-hidden="true" /> {STATE_WORDS[state]}
        </li>
      ))}
    </ul>
  );
}

function Progress({ connected, watch, view }: { connected: Connected; watch: JobWatch; view: JobView }) {
  const share = view.certified / view.tasks;
  const [problem, setProblem] = useState("");
  const mine = view.requester === connected.address;
  const stop = () => watch.job.cancel().catch((error: unknown) => setProblem(wordsOf(error)));
  return (
    <section class={`panel progress-panel ${view.state}`} aria-labelledby="progress-title">
      <div class="row spread">
        <div role="status">
          <h2 id="progress-title">{headline(view)}</h2>
        </div>
        {view.state === "running" && mine && (
          <button type="button" onClick={stop}>
            Stop the job
          </button>
        )}
      </div>
      <progress value={view.certified} max={view.tasks} aria-label="Certified tasks">
        {Math.floor(share * 100)} %
      </progress>
      <p class="progress-facts">
        <span>
          <strong class="number">{formatCount(view.certified)}</strong> of {formatCount(view.tasks)} tasks certified
        </span>
        <span>
          <strong class="number">{formatCount(view.contributions)}</strong> contributions
        </span>
        <span>
          <strong class="number">{formatCount(view.mismatches)}</strong>{" "}
          {view.mismatches === 1 ? "mismatch" : "mismatches"}
        </span>
        {view.finishedMs !== undefined && (
          <span>
            took <strong class="number">{formatDuration(view.finishedMs - view.createdMs)}</strong>
          </span>
        )}
      </p>
      {view.promise && <p class={`notice small ${promiseTone(view.promise)}`}>{promiseWords(view.promise)}</p>}
      {view.state === "running" && view.waitsFor && <p class="notice warn">Waiting: the job {view.waitsFor}.</p>}
      {view.error && <p class="notice wrong">{view.error.message}</p>}
      {problem && (
        <p class="notice wrong" role="alert">
          {problem}
        </p>
      )}
    </section>
  );
}

function headline({ state, running, certified, tasks, waitsFor }: JobView): string {
  switch (state) {
    case "done":
      return "Done";
    case "stopped":
      return "Stopped";
    case "running":
      if (running > 0) return "Computing";
      if (waitsFor) return "Waiting for volunteers";
      return certified < tasks ? "Comparing results" : "Finishing";
  }
}
