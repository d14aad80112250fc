// Makes an app known: its name is the content id of its canonical JSON, manifest and code together.
import { canonicalJson, type Manifest } from "../kernels/kernel.ts";
import type { Cid } from "../protocol/ids.ts";
import type { Blobs } from "./blobs/blobs.ts";
import type { AppRow } from "./store/apps.ts";
import type { Store } from "./store/store.ts";

export async function publishApp(
  { store, blobs }: { store: Store; blobs: Blobs },
  manifest: Manifest,
  code: Cid,
): Promise<AppRow> {
  const app = await blobs.put(new TextEncoder().encode(canonicalJson({ manifest, code })));
  const row = { app, code, manifest };
  store.apps.insert(row, Date.now());
  return row;
}
