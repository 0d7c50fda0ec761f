import { parseEther, toQuantity } from 'ethers';
import * as z from 'zod';

/** A transaction in a block. */
export interface MinedTransaction {
  readonly hash: string;
  readonly nonce: number;
  /** EIP-2718: 0 before it, 2 with EIP-1559's fees. */
  readonly type: number;
  readonly to: string;
  readonly valueWei: bigint;
  /** Of type 0: its gas price. */
  readonly maxFeePerGasWei: bigint;
  readonly blockNumber: number;
}

/** PUSH1 0, PUSH1 0, REVERT. */
const REVERTING_CODE = '0x60006000fd';

/** An account without code. */
const STRANGERS_RECIPIENT = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8';

const answerSchema = z.array(
  z.object({ id: z.number(), result: z.unknown().optional(), error: z.object({ message: z.string() }).optional() }),
);
const quantity = z.string().transform((hex) => BigInt(hex));
const blockSchema = z.object({
  number: quantity,
  transactions: z.array(
    z.object({
      hash: z.string(),
      type: quantity,
      from: z.string(),
      to: z.string(),
      nonce: quantity,
      value: quantity,
      gasPrice: quantity,
      maxFeePerGas: quantity.optional(),
    }),
  ),
});

/** The cheats of a chain that belongs to one test: blocks when it wants them, money, fees, reorganisations. */
export class LabChain {
  readonly rpcUrl: string;
  readonly #fetch: typeof fetch;

  /** @param fetchImpl taken now, so that what a test puts in front of fetch later is not in front of its own questions */
  constructor(rpcUrl: string, fetchImpl: typeof fetch = fetch) {
    this.rpcUrl = rpcUrl;
    this.#fetch = fetchImpl;
  }

  /**
   * Asks one question.
   *
   * @throws Error with the node's words
   */
  async ask(method: string, params: readonly unknown[] = []): Promise<unknown> {
    const [answer] = await this.#batch([{ method, params }]);
    return answer;
  }

  /**
   * Mines one block of everything that waits.
   *
   * @param atMs the block's time; the chain's own clock goes by whole seconds, and never back
   */
  async mine(atMs: number): Promise<void> {
    await this.ask('evm_mine', [toQuantity(Math.floor(atMs / 1000))]);
  }

  /** Gives an account ether. */
  async fund(address: string, eth: string): Promise<void> {
    await this.ask('anvil_setBalance', [address, toQuantity(parseEther(eth))]);
  }

  /** Lets every call of an address revert. */
  async setReverting(address: string): Promise<void> {
    await this.ask('anvil_setCode', [address, REVERTING_CODE]);
  }

  /** Sets what the next block asks per gas; each empty one after it asks an eighth less (EIP-1559). */
  async setBaseFee(wei: bigint): Promise<void> {
    await this.ask('anvil_setNextBlockBaseFeePerGas', [toQuantity(wei)]);
  }

  /**
   * Lets blocks be too small for any transaction, or as large as ever: what is in the pool stays there, as when others
   * pay more.
   */
  async setFull(isFull: boolean): Promise<void> {
    await this.ask('evm_setBlockGasLimit', [toQuantity(isFull ? 20_000 : 30_000_000)]);
  }

  /** Sends 99 wei from an account as someone else who has its key does. */
  async sendAsStranger(from: string, nonce: number, feeWei: bigint): Promise<void> {
    await this.ask('anvil_impersonateAccount', [from]);
    const fees = { maxFeePerGas: toQuantity(feeWei), maxPriorityFeePerGas: toQuantity(feeWei) };
    const transaction = { from, to: STRANGERS_RECIPIENT, value: '0x63', nonce: toQuantity(nonce), ...fees };
    await this.ask('eth_sendTransaction', [transaction]);
  }

  /** The number of the newest block. */
  async head(): Promise<number> {
    return Number(quantity.parse(await this.ask('eth_blockNumber')));
  }

  /** The time of the newest block, in milliseconds since the Unix epoch. */
  async headTimeMs(): Promise<number> {
    const { timestamp } = z
      .object({ timestamp: quantity })
      .parse(await this.ask('eth_getBlockByNumber', ['latest', false]));
    return Number(timestamp) * 1000;
  }

  /** What an account has on the chain as it is now, from one block on, in order. */
  async history(from: string, firstBlock = 0): Promise<readonly MinedTransaction[]> {
    const head = await this.head();
    const numbers = Array.from({ length: head - firstBlock + 1 }, (_, index) => firstBlock + index);
    const blocks = await this.#batch(
      numbers.map((number) => ({ method: 'eth_getBlockByNumber', params: [toQuantity(number), true] })),
    );
    return blocks.flatMap((raw) => {
      const { number, transactions } = blockSchema.parse(raw);
      return transactions
        .filter((transaction) => transaction.from.toLowerCase() === from.toLowerCase())
        .map(({ hash, type, to, nonce, value, gasPrice, maxFeePerGas }) => ({
          hash,
          type: Number(type),
          to,
          nonce: Number(nonce),
          valueWei: value,
          maxFeePerGasWei: maxFeePerGas ?? gasPrice,
          blockNumber: Number(number),
        }));
    });
  }

  async #batch(
    calls: readonly { readonly method: string; readonly params: readonly unknown[] }[],
  ): Promise<readonly unknown[]> {
    if (calls.length === 0) return [];
    const answer = await this.#fetch(this.rpcUrl, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(calls.map((call, id) => ({ jsonrpc: '2.0', id, ...call }))),
    });
    const byId = new Map(answerSchema.parse(await answer.json()).map((one) => [one.id, one]));
    return calls.map(({ method }, id) => {
      const one = byId.get(id);
      if (one?.error !== undefined) throw new Error(`${method}: ${one.error.message}`);
      return one?.result;
    });
  }
}
