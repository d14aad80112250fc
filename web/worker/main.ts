import { expose } from "comlink";
import { Executor } from "./executor.ts";
import { lockDown } from "./lockdown.ts";

lockDown(globalThis);
expose(new Executor());
