// The frame that kernels run in: another host than the page's, no network by policy, one dedicated worker. It holds
// nothing of the volunteer: no key, no socket, no storage.
//
//   worker ──run──▶ busy ──done──▶ worker          busy ──too long──▶ killed ──▶ new worker ("restarted")
import { type Remote, wrap } from "comlink";
import * as v from "valibot";
import { parseManifest } from "../../kernels/kernel.ts";
import { SuperEdgeError } from "../../protocol/errors.ts";
import type { Executor, Outcome } from "../worker/executor.ts";
import { type FrameMessage, GREETING, type HostMessage, hostMessage, READY } from "./messages.ts";

/** The worker's whole script, put here by the build: the policy lets the frame load nothing. */
declare const __WORKER_SOURCE__: string;

/** Compiling a large shader on a slow machine, milliseconds. */
const LOAD_TIMEOUT_MS = 60_000;
/** The reference kernels take 0.3 s, more where they are to rest or compile slowly, milliseconds. */
const MEASURE_TIMEOUT_MS = 30_000;

let worker: Worker | undefined;
let executor: Remote<Executor> | undefined;
/** Those who wait for an answer of the worker that is killed. */
const killed = new Set<() => void>();

function startWorker(): Remote<Executor> {
  if (executor) return executor;
  const url = URL.createObjectURL(new Blob([__WORKER_SOURCE__], { type: "text/javascript" }));
  worker = new Worker(url, { name: "superedge kernels" });
  URL.revokeObjectURL(url);
  executor = wrap<Executor>(worker);
  return executor;
}

function killWorker(): void {
  worker?.terminate();
  worker = undefined;
  executor = undefined;
  for (const tell of killed) tell();
}

/**
 * Waits for the worker's answer; a worker that gives none in time is killed, with everything it was asked for. Infinity
 * leaves the killing to others.
 */
async function answerOf<T>(work: Promise<Outcome<T>>, timeoutMs: number, port: MessagePort): Promise<Outcome<T>> {
  const { promise: failed, resolve: fail } = Promise.withResolvers<Outcome<T>>();
  const message = Number.isFinite(timeoutMs)
    ? `the kernel did not finish within ${timeoutMs} ms and was killed`
    : "another kernel did not finish, and all were killed";
  const onKill = () => fail({ ok: false, code: "kernel-timeout", message });
  const onError = (event: ErrorEvent) => {
    event.preventDefault();
    fail({ ok: false, code: "kernel-trap", message: `the worker failed: ${event.message}`.slice(0, 1000) });
  };
  const asked = worker;
  killed.add(onKill);
  asked?.addEventListener("error", onError);
  const giveUp = () => {
    killWorker();
    port.postMessage({ type: "restarted" } satisfies FrameMessage);
  };
  const timer = Number.isFinite(timeoutMs) ? setTimeout(giveUp, timeoutMs) : undefined;
  try {
    return await Promise.race([work, failed]);
  } finally {
    clearTimeout(timer);
    killed.delete(onKill);
    asked?.removeEventListener("error", onError);
  }
}

async function serve(message: HostMessage, port: MessagePort): Promise<void> {
  const fail = (id: number, { code, message }: { code: string; message: string }) =>
    port.postMessage({ type: "failed", id, code, message: message.slice(0, 4000) } satisfies FrameMessage);
  switch (message.type) {
    case "probe": {
      const { engines, adapter, why } = await startWorker().probe();
      const probed: FrameMessage = { type: "probed", id: message.id, engines, adapter, why: why.slice(0, 1000) };
      return port.postMessage(probed);
    }
    case "load": {
      const manifest = parseManifest(message.manifest);
      const work = startWorker().load(message.program, manifest, message.code, message.params, message.inputs);
      const outcome = await answerOf(work, LOAD_TIMEOUT_MS, port);
      return outcome.ok ? port.postMessage({ type: "loaded", id: message.id }) : fail(message.id, outcome);
    }
    case "classify": {
      // It waits for the GPU behind a task's dispatches, which have a time of their own.
      const outcome = await answerOf(startWorker().classify(message.code), Number.POSITIVE_INFINITY, port);
      if (!outcome.ok) return fail(message.id, outcome);
      return port.postMessage({
        type: "classified",
        id: message.id,
        numericClass: outcome.value,
      } satisfies FrameMessage);
    }
    case "measure": {
      const work = startWorker().measure(message.code, message.share);
      const outcome = await answerOf(work, MEASURE_TIMEOUT_MS, port);
      if (!outcome.ok) return fail(message.id, outcome);
      return port.postMessage({ type: "measured", id: message.id, gflops: outcome.value } satisfies FrameMessage);
    }
    case "run": {
      const work = startWorker().run(message.program, message.first, message.count, message.share);
      const outcome = await answerOf(work, message.timeoutMs, port);
      if (!outcome.ok) return fail(message.id, outcome);
      const { output, tookMs, busyMs } = outcome.value;
      return port.postMessage({ type: "ran", id: message.id, output, tookMs, busyMs } satisfies FrameMessage, [
        output.buffer,
      ]);
    }
    case "stop":
      return void executor?.stop();
  }
}

function onHostMessage(data: unknown, port: MessagePort): void {
  const parsed = v.safeParse(hostMessage, data);
  // A page that does not speak the protocol gets no answer: there is no id to answer to.
  if (!parsed.success) return;
  const message = parsed.output;
  serve(message, port).catch((error) => {
    if (message.type === "stop") return;
    const code = error instanceof SuperEdgeError ? error.code : "kernel-trap";
    port.postMessage({ type: "failed", id: message.id, code, message: String(error.message).slice(0, 4000) });
  });
}

addEventListener("message", function greet(event) {
  // Whoever embeds the frame may use it: it has nothing to give but this machine's arithmetic, and only to one page.
  const [port] = event.ports;
  if (event.data !== GREETING || event.source !== parent || !port) return;
  removeEventListener("message", greet);
  port.onmessage = ({ data }) => onHostMessage(data, port);
});
parent.postMessage(READY, "*");
