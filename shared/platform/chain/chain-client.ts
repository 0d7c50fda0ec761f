import * as z from 'zod';
import type { Deadline } from '../deadline.ts';
import { HavenError } from '../errors/haven-error.ts';
import type { JsonRpc, RpcCall, RpcOutcome } from './json-rpc.ts';
import { bigintQuantity, hashData, numberQuantity, toQuantity } from './quantities.ts';
import { type RpcResponseError, RpcTransportError } from './rpc-errors.ts';

/** A block's head. */
export interface BlockHead {
  readonly number: number;
  readonly hash: string;
  /** The block's own time, in seconds since the Unix epoch. */
  readonly timestampSeconds: number;
}

/** What became of a mined transaction. */
export interface Receipt {
  readonly transactionHash: string;
  readonly blockNumber: number;
  readonly blockHash: string;
  readonly succeeded: boolean;
  readonly gasUsed: bigint;
  /** Wei per gas that was really paid. */
  readonly effectiveGasPrice: bigint;
}

/** What recent blocks paid, oldest first (eth_feeHistory). */
export interface FeeHistory {
  /** Base fees in wei; the last one is the next block's. Empty or zero on a chain without EIP-1559. */
  readonly baseFees: readonly bigint[];
  /** Priority fees in wei by block, at the percentiles asked for. */
  readonly rewards: readonly (readonly bigint[])[];
}

/** A call as eth_estimateGas and eth_call take it. */
export interface ChainCall {
  readonly from?: string;
  readonly to: string;
  readonly valueWei?: bigint;
  readonly data: string;
}

/** What became of a call that the node may refuse. */
export type CallOutcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: RpcResponseError };

/** The state of one account at the head of the chain. */
export interface AccountView {
  readonly head: BlockHead;
  /** Transactions of the account in the latest block's state: all nonces below are used. */
  readonly latestCount: number;
  readonly balanceWei: bigint;
}

const blockSchema = z
  .object({ number: numberQuantity, hash: hashData, timestamp: numberQuantity })
  .transform(({ number, hash, timestamp }): BlockHead => ({ number, hash, timestampSeconds: timestamp }));

const receiptSchema = z
  .object({
    transactionHash: hashData,
    blockNumber: numberQuantity,
    blockHash: hashData,
    status: numberQuantity,
    gasUsed: bigintQuantity,
    effectiveGasPrice: bigintQuantity,
  })
  .transform(({ status, ...rest }): Receipt => ({ ...rest, succeeded: status === 1 }));

const feeHistorySchema = z
  .object({ baseFeePerGas: z.array(bigintQuantity), reward: z.array(z.array(bigintQuantity)).nullish() })
  .transform(({ baseFeePerGas, reward }): FeeHistory => ({ baseFees: baseFeePerGas, rewards: reward ?? [] }));

/**
 * The questions Haven asks a chain, each answer parsed. Every method throws RpcTransportError when no endpoint gave a
 * usable answer; one that an endpoint refuses, where refusal is not an expected outcome, becomes RPC_CONNECTION.
 */
export class ChainClient {
  readonly #rpc: JsonRpc;

  constructor(rpc: JsonRpc) {
    this.#rpc = rpc;
  }

  /** The chain id that the endpoint serves. */
  async chainId(deadline: Deadline): Promise<number> {
    const [outcome] = await this.#rpc.batch([{ method: 'eth_chainId', params: [] }], deadline);
    return expect(outcome, numberQuantity, 'eth_chainId');
  }

  /** Head, transaction count and balance of an account, in one request. */
  async account(address: string, deadline: Deadline): Promise<AccountView> {
    const [head, count, balance] = await this.#rpc.batch(
      [
        { method: 'eth_getBlockByNumber', params: ['latest', false] },
        { method: 'eth_getTransactionCount', params: [address, 'latest'] },
        { method: 'eth_getBalance', params: [address, 'latest'] },
      ],
      deadline,
    );
    return {
      head: expect(head, blockSchema, 'eth_getBlockByNumber'),
      latestCount: expect(count, numberQuantity, 'eth_getTransactionCount'),
      balanceWei: expect(balance, bigintQuantity, 'eth_getBalance'),
    };
  }

  /** Receipts by transaction hash; a hash that is in no block of the canonical chain is absent. */
  async receipts(hashes: readonly string[], deadline: Deadline): Promise<ReadonlyMap<string, Receipt>> {
    const calls = hashes.map((hash): RpcCall => ({ method: 'eth_getTransactionReceipt', params: [hash] }));
    const outcomes = await this.#rpc.batch(calls, deadline);
    const found = new Map<string, Receipt>();
    for (const [index, outcome] of outcomes.entries()) {
      const hash = hashes[index];
      const receipt = expect(outcome, receiptSchema.nullable(), 'eth_getTransactionReceipt');
      if (receipt !== null && hash !== undefined) found.set(hash, receipt);
    }
    return found;
  }

  /** Hashes of canonical blocks by number; a number beyond the head is absent. */
  async blockHashes(numbers: readonly number[], deadline: Deadline): Promise<ReadonlyMap<number, string>> {
    const calls = numbers.map(
      (number): RpcCall => ({ method: 'eth_getBlockByNumber', params: [toQuantity(number), false] }),
    );
    const outcomes = await this.#rpc.batch(calls, deadline);
    const found = new Map<number, string>();
    for (const [index, outcome] of outcomes.entries()) {
      const block = expect(outcome, blockSchema.nullable(), 'eth_getBlockByNumber');
      const number = numbers[index];
      if (block !== null && number !== undefined) found.set(number, block.hash);
    }
    return found;
  }

  /** What the last blocks paid, at percentiles of priority fees. */
  async feeHistory(blocks: number, percentiles: readonly number[], deadline: Deadline): Promise<FeeHistory> {
    const [outcome] = await this.#rpc.batch(
      [{ method: 'eth_feeHistory', params: [toQuantity(blocks), 'latest', percentiles] }],
      deadline,
    );
    return expect(outcome, feeHistorySchema, 'eth_feeHistory');
  }

  /** Runs calls against the pending state: the gas each needs, or why it would fail. */
  async estimateGas(calls: readonly ChainCall[], deadline: Deadline): Promise<readonly CallOutcome<bigint>[]> {
    const outcomes = await this.#rpc.batch(
      calls.map((call): RpcCall => ({ method: 'eth_estimateGas', params: [encodeCall(call), 'pending'] })),
      deadline,
    );
    return outcomes.map((outcome) =>
      outcome.ok ? { ok: true, value: expect(outcome, bigintQuantity, 'eth_estimateGas') } : outcome,
    );
  }

  /** Hands signed bytes to the node, in their order: the hash it gives each, or why it refused. */
  async sendRaw(signed: readonly string[], deadline: Deadline): Promise<readonly CallOutcome<string>[]> {
    const outcomes = await this.#rpc.batch(
      signed.map((bytes): RpcCall => ({ method: 'eth_sendRawTransaction', params: [bytes] })),
      deadline,
    );
    return outcomes.map((outcome) =>
      outcome.ok ? { ok: true, value: expect(outcome, hashData, 'eth_sendRawTransaction') } : outcome,
    );
  }

  /** Reads contract state at the latest block: the head, and the returned bytes or the refusal of each call. */
  async read(
    calls: readonly ChainCall[],
    deadline: Deadline,
  ): Promise<{ readonly head: BlockHead; readonly results: readonly CallOutcome<string>[] }> {
    const [headOutcome] = await this.#rpc.batch(
      [{ method: 'eth_getBlockByNumber', params: ['latest', false] }],
      deadline,
    );
    const head = expect(headOutcome, blockSchema, 'eth_getBlockByNumber');
    // All at the same block, so that the answers belong together.
    const outcomes = await this.#rpc.batch(
      calls.map((call): RpcCall => ({ method: 'eth_call', params: [encodeCall(call), toQuantity(head.number)] })),
      deadline,
    );
    const results = outcomes.map(
      (outcome): CallOutcome<string> =>
        outcome.ok ? { ok: true, value: expect(outcome, z.string(), 'eth_call') } : outcome,
    );
    return { head, results };
  }
}

function encodeCall(call: ChainCall): Record<string, string> {
  return {
    ...(call.from === undefined ? {} : { from: call.from }),
    ...(call.valueWei === undefined ? {} : { value: toQuantity(call.valueWei) }),
    to: call.to,
    data: call.data,
  };
}

function expect<S extends z.ZodType>(outcome: RpcOutcome | undefined, schema: S, method: string): z.output<S> {
  if (outcome === undefined) throw new RpcTransportError(`The endpoint left ${method} unanswered`);
  if (!outcome.ok) {
    throw new HavenError('RPC_CONNECTION', `The chain's endpoint refused ${method}`, { cause: outcome.error });
  }
  const parsed = schema.safeParse(outcome.result);
  if (!parsed.success) throw new RpcTransportError(`The endpoint's answer to ${method} is not valid`, parsed.error);
  return parsed.data;
}
