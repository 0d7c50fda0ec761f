import type * as z from 'zod';
import type { Deadline } from '../deadline.ts';
import type { JsonRpc, RpcCall, RpcOutcome } from './json-rpc.ts';
import { expect } from './outcomes.ts';

/** Providers take 100 calls and more in a batch (geth 1,000, Alchemy 1,000, some public ones 100), the anchor counted. */
const MAX_LOOK_UPS = 98;

/**
 * Asks the same of many keys; those that the chain answers with null are absent.
 *
 * @throws RpcTransportError
 */
export async function lookUp<K, S extends z.ZodType>(
  rpc: JsonRpc,
  keys: readonly K[],
  call: (key: K) => RpcCall,
  schema: S,
  deadline: Deadline,
): Promise<ReadonlyMap<K, z.output<S>>> {
  const found = new Map<K, z.output<S>>();
  for (let start = 0; start < keys.length; start += MAX_LOOK_UPS) {
    const part = keys.slice(start, start + MAX_LOOK_UPS);
    const calls = part.map(call);
    const read = (outcomes: readonly RpcOutcome[]) =>
      part.map((_key, index) => expect(outcomes[index], schema.nullable(), calls[index]?.method ?? ''));
    const values = await rpc.ask(calls, read, deadline);
    for (const [index, key] of part.entries()) {
      const value = values[index];
      if (value !== undefined && value !== null) found.set(key, value);
    }
  }
  return found;
}
