import { useMemo } from "preact/hooks";
import type { PublishedApp } from "../../../client/index.ts";
import { builtinOf } from "./builtins.ts";
import { apps, type Connected } from "./connection.ts";
import { Draft } from "./draft.ts";
import { FileFields } from "./FileFields.tsx";
import { ParamFields } from "./ParamFields.tsx";
import { Review } from "./Review.tsx";
import { chosenApp } from "./route.ts";
import { TermFields } from "./TermFields.tsx";
import { WishFields } from "./WishFields.tsx";

/** Composing a job: what, on which data, on which terms. */
export function NewJob({ connected }: { connected: Connected }) {
  const list = apps.value ?? [];
  const app = list.find(({ id }) => id === chosenApp.value) ?? list[0];
  const draft = useMemo(() => app && new Draft(app), [app]);
  return (
    <div class="new-job-page">
      <h1>New job</h1>
      {list.length === 0 && <p class="notice warn">The pool offers no app that this page can read.</p>}
      {app && draft && (
        <div class="compose">
          <div class="compose-form">
            <AppChoice list={list} app={app} />
            <DraftForm draft={draft} />
          </div>
          <Review connected={connected} draft={draft} />
        </div>
      )}
    </div>
  );
}

const ENGINE = { wgsl: "runs on GPUs (WebGPU)", wasm: "runs on processors (WebAssembly)" } as const;

function AppChoice({ list, app }: { list: readonly PublishedApp[]; app: PublishedApp }) {
  return (
    <fieldset class="panel apps">
      <legend>What to compute</legend>
      {list.map(({ id, manifest, code }) => (
        <label key={id} class={`app-card${id === app.id ? " chosen" : ""}`}>
          <input
            type="radio"
            name="app"
            checked={id === app.id}
            onChange={() => {
              chosenApp.value = id;
            }}
          />
          <span>
            <strong>{manifest.title}</strong>
            <span class="soft small">
              {" "}
              {manifest.version}
              {!builtinOf({ id, manifest, code }) && (
                <>
                  {" "}
                  · <code title={id}>{id.slice(-8)}</code>, shown by its manifest alone
                </>
              )}
            </span>
            <span class="small app-text">{manifest.description}</span>
            <span class="soft small app-text">
              {ENGINE[manifest.engine]};{" "}
              {manifest.compare.kind === "exact"
                ? "results must agree bit for bit"
                : "results must agree within a tolerance"}
            </span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}

function DraftForm({ draft }: { draft: Draft }) {
  const { manifest } = draft.app;
  const asked = draft.builtin ? manifest.params.filter(({ derived }) => !derived) : manifest.params;
  const work = draft.work.value;
  return (
    <>
      <FileFields draft={draft} />
      {asked.length > 0 && (
        <fieldset class="panel">
          <legend>Parameters</legend>
          <ParamFields
            params={asked}
            values={draft.params.value}
            onChange={(name, text) => draft.setParam(name, text)}
          />
        </fieldset>
      )}
      <TermFields draft={draft} items={work.ok ? work.value : undefined} />
      <WishFields draft={draft} />
    </>
  );
}
