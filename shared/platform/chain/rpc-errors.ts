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
 * The endpoint doesn't have the block that was the head when a look at the chain began: it lags, or a reorganisation
 * took the block away. The look is to be begun anew.
 */
export class ChainMovedError extends RpcTransportError {
  constructor(blockNumber: number) {
    super(`The endpoint does not have block ${blockNumber} that was the head before`);
    this.name = 'ChainMovedError';
  }
}
