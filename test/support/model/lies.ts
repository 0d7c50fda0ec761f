import type { RpcCall } from '#shared/platform/chain/json-rpc.ts';
import type { ChainState } from './model-chain.ts';

/** The answers that will come from blocks that nobody else has. */
export class Lies {
  #blocks: ChainState = [];
  #left = 0;

  /** Lets the next answers come from blocks, in place of those of any lie before. */
  tell(blocks: ChainState, answers: number): void {
    this.#blocks = blocks;
    this.#left = answers;
  }

  /** The blocks that a batch is answered from; undefined: the true ones. */
  about(calls: readonly RpcCall[]): ChainState | undefined {
    if (this.#left === 0 || calls.some(({ method }) => method === 'eth_sendRawTransaction')) return undefined;
    this.#left -= 1;
    return this.#blocks;
  }
}
