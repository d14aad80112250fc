export { openGpu } from "../../kernels/openGpu.ts";
