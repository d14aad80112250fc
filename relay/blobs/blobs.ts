// Blobs on disk, one file each, named by content id. A file appears under its name only when it is whole and on the disk.
import { randomBytes } from "node:crypto";
import { globSync, mkdirSync, rmSync, statSync } from "node:fs";
import { open, readFile, rename, stat } from "node:fs/promises";
import { join } from "node:path";
import { type BlobTree, treeOf } from "../../protocol/cid.ts";
import { SuperEdgeError } from "../../protocol/errors.ts";
import type { Cid } from "../../protocol/ids.ts";
import { MAX_BLOB_BYTES } from "../../protocol/limits.ts";

/** Leaf hashes kept in memory, blobs: a tree is 32 bytes a chunk. */
const TREES_KEPT = 1000;

/** The disk that one or several folders of blobs share. */
export class Room {
  readonly #maxBytes: number;
  #bytes = 0;

  /** `maxBytes`: anybody may upload, so the disk needs a bound. */
  constructor(maxBytes = Number.POSITIVE_INFINITY) {
    this.#maxBytes = maxBytes;
  }

  has(bytes: number): boolean {
    return this.#bytes + bytes <= this.#maxBytes;
  }

  take(bytes: number): void {
    this.#bytes += bytes;
  }
}

export class Blobs {
  readonly #folder: string;
  readonly #room: Room;
  readonly #trees = new Map<Cid, BlobTree>();
  readonly #building = new Map<Cid, Promise<BlobTree>>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(folder: string, room = new Room()) {
    this.#folder = folder;
    this.#room = room;
    mkdirSync(join(folder, "incoming"), { recursive: true });
    // What was arriving when the relay last stopped was acknowledged to nobody.
    rmSync(join(folder, "incoming"), { recursive: true });
    mkdirSync(join(folder, "incoming"));
    for (const file of globSync("*/baf*", { cwd: folder })) room.take(statSync(join(folder, file)).size);
  }

  path(cid: Cid): string {
    return join(this.#folder, cid.slice(-2), cid);
  }

  async has(cid: Cid): Promise<boolean> {
    return (await this.size(cid)) !== undefined;
  }

  /** Bytes, or undefined if the relay does not have it. */
  async size(cid: Cid): Promise<number | undefined> {
    try {
      return (await stat(this.path(cid))).size;
    } catch {
      return undefined;
    }
  }

  /** Stores `bytes` and returns their content id. Throws `bad-blob` if that is not `expected`, `too-large`. */
  async put(bytes: Uint8Array, expected?: Cid): Promise<Cid> {
    if (bytes.length > MAX_BLOB_BYTES)
      throw new SuperEdgeError("too-large", `expected at most ${MAX_BLOB_BYTES} bytes, found ${bytes.length}`);
    const tree = await treeOf(bytes);
    if (expected && tree.cid !== expected)
      throw new SuperEdgeError("bad-blob", `expected bytes of ${expected}, found those of ${tree.cid}`);
    this.#remember(tree);
    if (await this.has(tree.cid)) return tree.cid;
    if (!this.#room.has(bytes.length))
      throw new SuperEdgeError("too-large", "the relay has no room for more blobs; ask its operator");
    this.#room.take(bytes.length);
    const arriving = join(this.#folder, "incoming", randomBytes(8).toString("hex"));
    const file = await open(arriving, "wx");
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    const path = this.path(tree.cid);
    mkdirSync(join(path, ".."), { recursive: true });
    await rename(arriving, path);
    await syncFolder(join(path, ".."));
    return tree.cid;
  }

  /** Throws `not-found`. */
  async get(cid: Cid): Promise<Uint8Array> {
    try {
      return await readFile(this.path(cid));
    } catch (cause) {
      throw new SuperEdgeError("not-found", `this relay has no blob ${cid}`, { cause });
    }
  }

  /** Its leaf hashes, so that a receiver verifies chunk by chunk. Throws `not-found`. */
  async tree(cid: Cid): Promise<BlobTree> {
    const known = this.#trees.get(cid) ?? this.#building.get(cid);
    if (known) return known;
    // One after the other: each is read whole, and anybody may ask for any.
    const building = this.#turn
      .then(async () => this.#remember(await treeOf(await this.get(cid))))
      .finally(() => this.#building.delete(cid));
    this.#building.set(cid, building);
    this.#turn = building.catch(() => {});
    return building;
  }

  #remember(tree: BlobTree): BlobTree {
    if (this.#trees.size >= TREES_KEPT) this.#trees.delete(this.#trees.keys().next().value!);
    this.#trees.set(tree.cid, tree);
    return tree;
  }
}

/** The name is on the disk too. Windows does not open folders, and journals names by itself. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  await handle.sync().finally(() => handle.close());
}
