import * as z from 'zod';
import { forward, type RpcProxy, startRpcProxy } from '../rpc-proxy.ts';

const callSchema = z.object({ id: z.number(), method: z.string() });
const answerSchema = z.looseObject({ id: z.number(), result: z.unknown() });
const quantity = z.string().transform(Number);
const blockSchema = z.object({ number: quantity });
const placedSchema = z.object({ blockNumber: quantity });

/**
 * Puts an endpoint in front of a node that is asked for its second opinion on transactions: as long as one of them is as deep as
 * `silentAt` the connection breaks, one block later it knows none of them, and from then on it says what the node says. All else it
 * passes on. It goes by the chain alone, so that it says the same to every execution that asks at the same block.
 *
 * @param silentAt in blocks, the including one counted
 */
export function startDoubtingEndpoint(target: string, silentAt: number): Promise<RpcProxy> {
  return startRpcProxy(async (body) => {
    const truth = await forward(target, body);
    const calls = z.array(callSchema).parse(JSON.parse(body));
    const doubted = new Set(calls.filter(({ method }) => method === 'eth_getTransactionByHash').map(({ id }) => id));
    if (doubted.size === 0) return truth;
    const answers = z.array(answerSchema).parse(JSON.parse(truth.text));
    const head = calls.find(({ method }) => method === 'eth_getBlockByNumber');
    const { number } = blockSchema.parse(answers.find(({ id }) => id === head?.id)?.result);
    const depths = answers.flatMap(({ id, result }) => {
      const placed = placedSchema.safeParse(result);
      return doubted.has(id) && placed.success ? [number - placed.data.blockNumber + 1] : [];
    });
    const least = Math.min(...depths);
    if (least === silentAt) return undefined;
    if (least !== silentAt + 1) return truth;
    const denied = answers.map((one) => (doubted.has(one.id) ? { ...one, result: null } : one));
    return { ...truth, text: JSON.stringify(denied) };
  });
}
