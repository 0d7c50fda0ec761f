import type { RpcCall, RpcOutcome } from '#shared/platform/chain/json-rpc.ts';
import { RpcResponseError } from '#shared/platform/chain/rpc-errors.ts';

/** As Alchemy says it, inside an answer with HTTP 200. */
export const TOO_MANY_REQUESTS: RpcOutcome = {
  ok: false,
  error: new RpcResponseError('Your app has exceeded its compute units per second capacity.', 429, undefined),
};

/** What a batch of calls is about. */
export type Subject = 'head' | 'receipts' | 'blocks' | 'simulation';

/** By the first method; a look at the head has others too. */
const SUBJECTS: Readonly<Record<string, Subject>> = {
  eth_getTransactionReceipt: 'receipts',
  eth_getBlockByNumber: 'blocks',
  eth_estimateGas: 'simulation',
};

/** The answers that will come from nodes that lag. */
export class Lags {
  readonly #due: { readonly on: readonly Subject[]; readonly by: number; left: number }[] = [];

  /**
   * Lets answers lag.
   *
   * @param by changes of the chain
   * @param answers how many of them
   */
  add(on: readonly Subject[], by: number, answers: number): void {
    this.#due.push({ on, by, left: answers });
  }

  /** How many changes the node lags that answers a batch. */
  of(calls: readonly RpcCall[]): number {
    const methods = calls.map(({ method }) => method);
    const subject = methods.includes('eth_getTransactionCount') ? 'head' : SUBJECTS[methods[0] ?? ''];
    const lag = this.#due.find(({ on, left }) => left > 0 && subject !== undefined && on.includes(subject));
    if (lag === undefined) return 0;
    lag.left -= 1;
    return lag.by;
  }
}
