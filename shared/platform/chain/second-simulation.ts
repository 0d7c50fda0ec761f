import type { Deadline } from '../deadline.ts';
import type { CallOutcome } from './call-refusal.ts';
import type { JsonRpc, OtherAnswer, RpcCall, RpcOutcome } from './json-rpc.ts';
import { bigintQuantity, numberQuantity } from './quantities.ts';
import { headSchema, saidBy } from './second-look.ts';

/** What another endpoint says of a call, after its own latest block. */
export interface SecondSimulation {
  readonly headNumber: number;
  /** Transactions of the account in that block's state. */
  readonly latestCount: number;
  /** The gas that the call needs, or why it would fail. */
  readonly gas: CallOutcome<bigint>;
}

/**
 * Asks an endpoint other than some, in one request, to run a call after its own latest block, and how far it is.
 *
 * @param address the account whose transactions the call depends on
 * @param simulation an `eth_estimateGas` after the latest block
 * @param besides names of endpoints
 */
export function secondSimulation(
  rpc: JsonRpc,
  address: string,
  simulation: RpcCall,
  besides: ReadonlySet<string>,
  deadline: Deadline,
): Promise<OtherAnswer<SecondSimulation>> {
  if (rpc.askOther === undefined) return Promise.resolve({ kind: 'only' });
  const calls: readonly RpcCall[] = [
    { method: 'eth_getBlockByNumber', params: ['latest', false] },
    { method: 'eth_getTransactionCount', params: [address, 'latest'] },
    simulation,
  ];
  const read = ([head, count, gas]: readonly RpcOutcome[]): SecondSimulation => ({
    headNumber: saidBy(head, headSchema).number,
    latestCount: saidBy(count, numberQuantity),
    gas: gas?.ok === false ? gas : { ok: true, value: saidBy(gas, bigintQuantity) },
  });
  return rpc.askOther(besides, calls, read, deadline);
}
