import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Presentation } from "../../../kernels/builtin.ts";
import { formatBytes } from "../format/bytes.ts";
import { formatCount } from "../format/count.ts";
import { wordsOf } from "../format/wordsOf.ts";
import { DistributionView } from "../results/DistributionView.tsx";
import { downloadBytes } from "../results/download.ts";
import { ImageView } from "../results/ImageView.tsx";
import { MatrixView } from "../results/MatrixView.tsx";
import { Presenter } from "./presenter.ts";
import type { JobWatch, Watched } from "./watchJob.ts";

/** The output as it fills up, shown in the way that fits its kernel. */
export function Results({ watch, watched, version }: { watch: JobWatch; watched: Watched; version: number }) {
  const [presenter, setPresenter] = useState<Presenter>();
  useEffect(() => {
    const next = new Presenter(watch, watched.app);
    setPresenter(next);
    return () => next.close();
  }, [watch, watched.app]);
  useEffect(() => presenter?.refresh(), [presenter, version]);
  if (!presenter) return null;
  const shown = presenter.shown.value;
  const name = watched.app.manifest.name;
  const done = watch.results.size === watched.view.tasks;
  const raw = <RawDownload watch={watch} name={name} done={done} />;
  return (
    <section class="panel results" aria-labelledby="results-title">
      <h2 id="results-title">Result{done ? "" : " so far"}</h2>
      {shown.state === "waiting" && <p class="soft">It appears here as tasks are certified.</p>}
      {shown.state === "failed" && <p class="notice wrong">It cannot be shown: {shown.why}</p>}
      {shown.state === "raw" && (
        <>
          <p class="soft">
            {formatBytes(shown.bytes)} of {shown.type} in {formatCount(shown.items)} items. The page does not know this
            app’s results by sight: download them.
          </p>
          <div class="row">{raw}</div>
        </>
      )}
      {shown.state === "shown" && (
        <View presentation={shown.presentation} version={shown.version} name={name}>
          {raw}
        </View>
      )}
    </section>
  );
}

interface ViewProps {
  presentation: Presentation;
  version: number;
  name: string;
  children: ComponentChildren;
}

function View({ presentation, version, name, children }: ViewProps) {
  switch (presentation.kind) {
    case "matrix":
      return (
        <MatrixView matrix={presentation} version={version} name={name}>
          {children}
        </MatrixView>
      );
    case "image":
      return (
        <ImageView image={presentation} name={name}>
          {children}
        </ImageView>
      );
    case "distribution":
      return (
        <DistributionView distribution={presentation} name={name}>
          {children}
        </DistributionView>
      );
  }
}

function RawDownload({ watch, name, done }: { watch: JobWatch; name: string; done: boolean }) {
  const [state, setState] = useState<"idle" | "busy" | { why: string }>("idle");
  const download = async () => {
    setState("busy");
    try {
      // The output that was checked part by part on its way here; fetched and checked whole if it was too large to keep.
      downloadBytes(`${name}.bin`, watch.output ?? (await watch.job.output()), "application/octet-stream");
      setState("idle");
    } catch (error) {
      setState({ why: wordsOf(error) });
    }
  };
  return (
    <>
      <button type="button" onClick={download} disabled={!done || state === "busy"}>
        Raw output
      </button>
      {typeof state === "object" && <p class="notice wrong">{state.why}</p>}
    </>
  );
}
