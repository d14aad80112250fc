import type { EngineFamily } from "../../kernels/probe/probe.ts";

/** Whose WGSL compiler a browser has. Browsers name each other in what they say of themselves: the order matters. */
export function engineFamily(userAgent: string): EngineFamily {
  if (/\bFirefox\//.test(userAgent)) return "gecko";
  if (/\b(Chrome|Chromium|HeadlessChrome)\//.test(userAgent)) return "chromium";
  if (/\bAppleWebKit\//.test(userAgent)) return "webkit";
  return "other";
}
