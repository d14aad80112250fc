import { useState } from "preact/hooks";
import { formatBytes } from "../format/bytes.ts";
import { wordsOf } from "../format/wordsOf.ts";
import { fetchSample, sampleName } from "./builtins.ts";
import type { Draft } from "./draft.ts";

interface Ask {
  name: string;
  title: string;
  description: string;
  accept?: string;
  optional: boolean;
  sample?: { name: string; fetch: () => Promise<Uint8Array<ArrayBuffer>> };
}

/** The data: own files, or the samples that come with a kernel. */
export function FileFields({ draft }: { draft: Draft }) {
  const asks = asksOf(draft);
  if (asks.length === 0) return null;
  return (
    <fieldset class="panel">
      <legend>Data</legend>
      <div class="fields">
        {asks.map((ask) => (
          <FileField key={`${draft.app.id} ${ask.name}`} draft={draft} ask={ask} />
        ))}
      </div>
    </fieldset>
  );
}

function asksOf({ app, builtin }: Draft): Ask[] {
  if (!builtin) return app.manifest.inputs.map((input) => ({ ...input, optional: false }));
  return builtin.files.map((file) => {
    const sample = sampleName(file);
    return {
      ...file,
      sample: sample === undefined ? undefined : { name: sample, fetch: () => fetchSample(builtin, file) },
    };
  });
}

function FileField({ draft, ask }: { draft: Draft; ask: Ask }) {
  const [state, setState] = useState<"idle" | "loading" | { why: string }>("idle");
  const chosen = draft.files.value.get(ask.name);
  const id = `file-${ask.name}`;
  const take = async (name: string, read: () => Promise<Uint8Array<ArrayBuffer>>) => {
    setState("loading");
    try {
      draft.setFile(ask.name, { name, bytes: await read() });
      setState("idle");
    } catch (error) {
      setState({ why: wordsOf(error) });
    }
  };
  return (
    <div class="field wide">
      <label for={id}>
        {ask.title}
        {ask.optional && <span class="soft"> (optional)</span>}
      </label>
      <div class="row">
        <input
          id={id}
          type="file"
          class="visually-hidden file-input"
          accept={ask.accept}
          aria-describedby={`${id}-about`}
          onChange={(event) => {
            const file = event.currentTarget.files?.[0];
            if (file) take(file.name, async () => new Uint8Array(await file.arrayBuffer()));
          }}
        />
        <label for={id} class="button file-button" aria-hidden="true">
          Choose a file…
        </label>
        {ask.sample && (
          <button type="button" onClick={() => ask.sample && take(ask.sample.name, ask.sample.fetch)}>
            Use the sample
          </button>
        )}
        {chosen && (
          <button type="button" onClick={() => draft.setFile(ask.name, undefined)}>
            Remove
          </button>
        )}
      </div>
      <p class="small" role="status">
        {state === "loading"
          ? "Reading…"
          : chosen
            ? `${chosen.name}, ${formatBytes(chosen.bytes.length)}`
            : "No file chosen."}
      </p>
      {typeof state === "object" && <p class="small field-wrong">{state.why}</p>}
      <p id={`${id}-about`} class="soft small">
        {ask.description}
      </p>
    </div>
  );
}
