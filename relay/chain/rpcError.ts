// Errors of the embedded chain's JSON-RPC, as geth words them, since that is what wallets and libraries expect.

export class RpcError extends Error {
  override readonly name = "RpcError";
  readonly code: number;
  readonly data: unknown;

  constructor(code: number, message: string, data?: unknown) {
    super(message);
    this.code = code;
    this.data = data;
  }

  /** The engine nests a revert's data; geth has code 3 and the data as a hex string. */
  static fromEngine(error: { code: number; message: string; data?: unknown }): RpcError {
    const nested = (error.data as { data?: unknown } | null | undefined)?.data;
    return typeof nested === "string"
      ? new RpcError(3, error.message, nested)
      : new RpcError(error.code, error.message, error.data);
  }

  static readonly invalidRequest = (message: string) => new RpcError(-32600, message);
  static readonly invalidParams = (message: string) => new RpcError(-32602, message);
  static readonly noMethod = (method: string) =>
    new RpcError(-32601, `the method ${method} does not exist / is not available`);
  static readonly refused = (message: string) => new RpcError(-32000, message);
}
