import type { Builtin } from "../builtin.ts";
import { manifest } from "./manifest.ts";
import { files, prepare } from "./prepare.ts";
import { present } from "./present.ts";

export const builtin: Builtin = { manifest, files, prepare, present };
