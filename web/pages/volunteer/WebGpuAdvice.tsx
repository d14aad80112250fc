/** What to do where the browser offers no GPU. Looks only whether the interface exists: no GPU is touched before consent. */
export function WebGpuAdvice({ why }: { why?: string }) {
  const missing = why ?? missingReason();
  if (!missing) return null;
  return (
    <section class="panel advice" aria-labelledby="advice-title">
      <h2 id="advice-title">No WebGPU here</h2>
      <p>{missing} This tab can still compute tasks that need only the main processor.</p>
      <ul>
        <li>Current versions of Chrome, Edge and Safari have it on most machines, Firefox on many.</li>
        <li>Look for “Use graphics acceleration” in the browser’s settings: WebGPU needs it on.</li>
        <li>Chrome on Linux may need “Unsafe WebGPU Support” switched on in chrome://flags.</li>
      </ul>
    </section>
  );
}

function missingReason(): string | undefined {
  if ("gpu" in navigator) return undefined;
  return globalThis.isSecureContext
    ? "This browser does not offer WebGPU."
    : "This page was opened over plain http from another machine, and browsers offer WebGPU only over https or on localhost.";
}
