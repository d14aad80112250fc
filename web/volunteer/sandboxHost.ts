// The page's end of the sandbox frame: a hidden frame of another host, one port, questions and answers by number.
import * as v from "valibot";
import type { Manifest } from "../../kernels/kernel.ts";
import type { ReferenceCode } from "../../kernels/reference/measure.ts";
import type { Speeds } from "../../protocol/categories.ts";
import { type ErrorCode, SuperEdgeError } from "../../protocol/errors.ts";
import { type FrameMessage, frameMessage, GREETING, type HostMessage, READY } from "../sandbox/messages.ts";

/** A frame that does not answer in this time is not there: a blocker, or a wrong address. Milliseconds. */
const START_MS = 20_000;

export interface LoadedKernel {
  /** One name a job: app, parameters and inputs. */
  name: string;
  manifest: Manifest;
  code: Uint8Array;
  params: Record<string, number>;
  inputs: Uint8Array[];
}

type Answer = Exclude<FrameMessage, { type: "restarted" | "failed" }>;
type WithId = Extract<HostMessage, { id: number }>;
type Question = WithId extends infer Q ? (Q extends WithId ? Omit<Q, "id"> : never) : never;

export class SandboxHost {
  readonly #port: MessagePort;
  readonly #frame: HTMLIFrameElement;
  readonly #waiting = new Map<number, { resolve: (answer: Answer) => void; reject: (error: Error) => void }>();
  #loaded = new Set<string>();
  #lastId = 0;

  /** Throws `no-engine` if the frame cannot be had. */
  static async open(sandboxOrigin: string): Promise<SandboxHost> {
    const frame = document.createElement("iframe");
    frame.src = `${sandboxOrigin}/sandbox/`;
    frame.sandbox.add("allow-scripts", "allow-same-origin");
    frame.allow = "";
    frame.title = "SuperEdge sandbox";
    frame.hidden = true;
    const ready = new Promise<void>((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new SuperEdgeError("no-engine", `the sandbox at ${sandboxOrigin} did not start`)),
        START_MS,
      );
      addEventListener("message", function onMessage(event) {
        if (event.source !== frame.contentWindow || event.origin !== sandboxOrigin || event.data !== READY) return;
        removeEventListener("message", onMessage);
        clearTimeout(timer);
        resolve();
      });
    });
    document.body.append(frame);
    try {
      await ready;
    } catch (error) {
      frame.remove();
      throw error;
    }
    const { port1, port2 } = new MessageChannel();
    frame.contentWindow!.postMessage(GREETING, sandboxOrigin, [port2]);
    return new SandboxHost(frame, port1);
  }

  private constructor(frame: HTMLIFrameElement, port: MessagePort) {
    this.#frame = frame;
    this.#port = port;
    port.onmessage = ({ data }) => this.#receive(data);
  }

  #receive(data: unknown): void {
    const parsed = v.safeParse(frameMessage, data);
    if (!parsed.success) return;
    const message = parsed.output;
    if (message.type === "restarted") {
      this.#loaded = new Set();
      return;
    }
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.type !== "failed") return waiting?.resolve(message);
    if (message.code === "device-lost" || message.code === "out-of-order") this.#loaded = new Set();
    waiting?.reject(new SuperEdgeError(message.code as ErrorCode, message.message));
  }

  #ask<T extends Answer["type"]>(question: Question, expected: T): Promise<Extract<Answer, { type: T }>> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, {
        resolve: (answer) =>
          answer.type === expected
            ? resolve(answer as Extract<Answer, { type: T }>)
            : reject(new SuperEdgeError("out-of-order", `expected ${expected} of the sandbox, found ${answer.type}`)),
        reject,
      });
      this.#port.postMessage({ ...question, id });
    });
  }

  probe(): Promise<Extract<FrameMessage, { type: "probed" }>> {
    return this.#ask({ type: "probe" }, "probed");
  }

  /** The machine's numeric class. `code` is the probe's shader. Throws the kernel errors of protocol/errors.ts. */
  async classify(code: string): Promise<string | undefined> {
    return (await this.#ask({ type: "classify", code }, "classified")).numericClass;
  }

  /** Throws `too-many` while a kernel runs, `cancelled` when stopped. */
  async measure(code: ReferenceCode, share: number): Promise<Speeds> {
    return (await this.#ask({ type: "measure", code, share }, "measured")).gflops ?? {};
  }

  /** Throws the kernel errors of protocol/errors.ts. */
  async run(
    kernel: LoadedKernel,
    { first, count }: { first: number; count: number },
    share: number,
    timeoutMs: number,
  ): Promise<{ output: Uint8Array; tookMs: number; busyMs: number }> {
    if (!this.#loaded.has(kernel.name)) {
      const { name, manifest, code, params, inputs } = kernel;
      await this.#ask(
        { type: "load", program: name, manifest: manifest as unknown as Record<string, unknown>, code, params, inputs },
        "loaded",
      );
      this.#loaded.add(name);
    }
    const { output, tookMs, busyMs } = await this.#ask(
      { type: "run", program: kernel.name, first, count, share, timeoutMs },
      "ran",
    );
    return { output, tookMs, busyMs };
  }

  /** Ends what runs now; it answers `cancelled`. */
  stop(): void {
    this.#port.postMessage({ type: "stop" } satisfies HostMessage);
  }

  close(): void {
    for (const { reject } of this.#waiting.values()) reject(new SuperEdgeError("cancelled", "the sandbox was closed"));
    this.#waiting.clear();
    this.#port.close();
    this.#frame.remove();
  }
}
