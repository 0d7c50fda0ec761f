import { HavenError } from '../errors/haven-error.ts';

/** The node answered with an error: the call did not happen. */
export class RpcResponseError extends Error {
  /** JSON-RPC error code, https://www.jsonrpc.org/specification#error_object. */
  readonly rpcCode: number;
  /** What the node added, such as revert data. */
  readonly data: unknown;

  constructor(message: string, rpcCode: number, data: unknown) {
    super(message);
    this.name = 'RpcResponseError';
    this.rpcCode = rpcCode;
    this.data = data;
  }
}

/**
 * No usable answer came: time-out, dropped connection, HTTP error, or a text that is no JSON-RPC. Whether the call
 * happened is not known.
 */
export class RpcTransportError extends HavenError {
  constructor(message: string, cause?: unknown) {
    super('RPC_CONNECTION', message, { cause });
    this.name = 'RpcTransportError';
  }
}

/**
 * What the endpoint answers is of another chain than what is known already: it doesn't have the block that was the head
 * when a look began, or is older than what was seen before. It lags, or a reorganisation took a block away. The look is
 * to be begun anew.
 */
export class ChainMovedError extends RpcTransportError {
  constructor(message: string) {
    super(message);
    this.name = 'ChainMovedError';
  }
}
