import * as z from 'zod';
import type { JsonRpc, RpcCall } from './json-rpc.ts';
import { hashData, toQuantity } from './quantities.ts';
import { ChainMovedError } from './rpc-errors.ts';

const blockSchema = z.object({ hash: hashData }).nullable().catch(null);

/**
 * The same endpoint, whose answers count only while it has a given block. Behind one URL there are often several nodes,
 * some a few blocks late or on a fork that the others have left: facts from different requests belong together only
 * when each comes from a node that knows the same head.
 *
 * @throws (from `ask`) ChainMovedError when the endpoint doesn't have the block
 */
export function anchoredTo(rpc: JsonRpc, head: { readonly number: number; readonly hash: string }): JsonRpc {
  const anchor: RpcCall = { method: 'eth_getBlockByNumber', params: [toQuantity(head.number), false] };
  return {
    ask(calls, read, deadline) {
      if (calls.length === 0) return rpc.ask(calls, read, deadline);
      return rpc.ask(
        [...calls, anchor],
        (outcomes, endpoint) => {
          const outcome = outcomes[calls.length];
          const block = outcome?.ok === true ? blockSchema.parse(outcome.result) : null;
          if (block?.hash !== head.hash) {
            throw new ChainMovedError(`The endpoint does not have block ${head.number} that was the head before`);
          }
          return read(outcomes.slice(0, calls.length), endpoint);
        },
        deadline,
      );
    },
  };
}
