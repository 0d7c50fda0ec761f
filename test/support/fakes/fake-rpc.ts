import type { JsonRpc, RpcCall, RpcOutcome } from '#shared/platform/chain/json-rpc.ts';
import { RpcResponseError } from '#shared/platform/chain/rpc-errors.ts';

/** JSON-RPC without a network, which keeps what it was asked. */
export interface FakeRpc extends JsonRpc {
  /** Every batch, in order. */
  readonly asked: readonly (readonly RpcCall[])[];
}

/** A call that was answered. */
export const answered = (result: unknown): RpcOutcome => ({ ok: true, result });

/** A call that the node refused. */
export const refused = (message = 'no'): RpcOutcome => ({
  ok: false,
  error: new RpcResponseError(message, -32000, undefined),
});

/**
 * Makes an endpoint.
 *
 * @param answer the outcomes of a batch, by its calls and its place among all batches, from 0; an endpoint that is
 *   down throws here
 */
export function createFakeRpc(answer: (calls: readonly RpcCall[], place: number) => readonly RpcOutcome[]): FakeRpc {
  const asked: (readonly RpcCall[])[] = [];
  return {
    asked,
    async ask(calls, read) {
      asked.push(calls);
      return read(answer(calls, asked.length - 1));
    },
  };
}
