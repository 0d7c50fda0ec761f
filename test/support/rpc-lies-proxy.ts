import * as z from 'zod';
import { forward, type RpcProxy, startRpcProxy } from './rpc-proxy.ts';

/** A call that reached the proxy. */
export interface AskedCall {
  readonly method: string;
  readonly params: readonly unknown[];
}

/** What a proxy says in place of a node's true result. */
export type Lie = (call: AskedCall, result: unknown) => unknown;

const callSchema = z.object({ id: z.number(), method: z.string(), params: z.array(z.unknown()) });
const answerSchema = z.looseObject({ id: z.number(), result: z.unknown().optional() });

/** Puts a proxy in front of a node that changes its results: a node that says of some things what is not so. */
export function startLyingProxy(target: string, lie: Lie): Promise<RpcProxy> {
  return startRpcProxy(async (body) => {
    const asked = z.array(callSchema).parse(JSON.parse(body));
    const calls = new Map(asked.map((call) => [call.id, call]));
    const { status, text } = await forward(target, body);
    const answers = z.array(answerSchema).parse(JSON.parse(text));
    const changed = answers.map((one) => {
      const call = calls.get(one.id);
      return call === undefined || one.result === undefined ? one : { ...one, result: lie(call, one.result) };
    });
    return { status, text: JSON.stringify(changed) };
  });
}
