import { forward, type RpcProxy, startRpcProxy } from '#test/support/rpc-proxy.ts';
import { seededRandom } from '#test/support/seeded-random.ts';

/** A node that fails now and then: a proxy in front of one that doesn't. */
export interface FaultyNode extends RpcProxy {
  /** Until then it works. */
  beginFaults(): void;
}

/** Whether and when a request meets its fault: before the node has it, or when the node's answer is on its way back. */
type Fault = 'none' | 'before' | 'after';

/**
 * Puts a proxy in front of a node. Some requests lose their connection: half of these before the node sees them, half
 * after it has done what they ask. Nobody who sends can tell the two apart.
 *
 * @param faultPercent of a hundred requests, how many
 * @param seed the same faults for the same numbers of requests
 */
export async function startFaultyNode(rpcUrl: string, faultPercent: number, seed: number): Promise<FaultyNode> {
  const random = seededRandom(seed);
  let faulty = false;
  const nextFault = (): Fault => {
    if (!faulty) return 'none';
    const drawn = random() * 100;
    if (drawn >= faultPercent) return 'none';
    return drawn < faultPercent / 2 ? 'before' : 'after';
  };
  const proxy = await startRpcProxy(async (body) => {
    const fault = nextFault();
    if (fault === 'before') return undefined;
    const answer = await forward(rpcUrl, body);
    return fault === 'after' ? undefined : answer;
  });
  return {
    ...proxy,
    beginFaults() {
      faulty = true;
    },
  };
}
