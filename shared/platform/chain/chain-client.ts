import * as z from 'zod';
import type { Deadline } from '../deadline.ts';
import { anchoredTo } from './anchored-rpc.ts';
import type { CallOutcome } from './call-refusal.ts';
import { type ChainCall, estimateOf, readOf } from './chain-call.ts';
import { type FeeHistory, feeHistorySchema } from './fee-history.ts';
import type { JsonRpc, OtherAnswer, RpcCall, RpcOutcome } from './json-rpc.ts';
import { lookUp } from './look-up.ts';
import { expect, refusable, revertable } from './outcomes.ts';
import {
  type OtherEvidence,
  otherPaymentEvidence,
  type PaymentEvidence,
  type PaymentQuestion,
  paymentEvidence,
} from './payment-evidence.ts';
import { bigintQuantity, hashData, numberQuantity, toQuantity } from './quantities.ts';
import { type BalanceQuestion, readBalances } from './read-balances.ts';
import { type BlockRange, type RangeAnswer, readTransfers } from './read-transfers.ts';
import { type Receipt, receiptSchema } from './receipt.ts';
import { type SecondLook, type SecondQuestion, secondLook } from './second-look.ts';
import { type SecondSimulation, secondSimulation } from './second-simulation.ts';

/** A block's head. */
export interface BlockHead {
  readonly number: number;
  readonly hash: string;
  /** The block's own time, in seconds since the Unix epoch. */
  readonly timestampSeconds: number;
}

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

const codeData = z.string().regex(/^0x[0-9a-f]*$/i);

const blockWithTransactionsSchema = z.object({
  transactions: z.array(z.object({ hash: hashData, from: z.string(), nonce: numberQuantity })),
});

/** A transaction as its block lists it. */
export interface BlockTransaction {
  readonly hash: string;
  readonly from: string;
  readonly nonce: number;
}

/**
 * The questions Haven asks a chain, each answer parsed. Every method throws RpcTransportError when no endpoint gave a
 * usable answer; a refusal counts as none, except where it is an expected outcome of the call.
 */
export class ChainClient {
  readonly #rpc: JsonRpc;

  constructor(rpc: JsonRpc) {
    this.#rpc = rpc;
  }

  /** The same questions, each answered only by an endpoint that has that block; ChainMovedError when it doesn't. */
  at(head: BlockHead): ChainClient {
    return new ChainClient(anchoredTo(this.#rpc, head));
  }

  /** The same questions; the name of whoever answers one is added to a set, where there are several endpoints. */
  noting(endpoints: Set<string>): ChainClient {
    const rpc = this.#rpc;
    return new ChainClient({
      async ask(calls, read, deadline) {
        const [value, endpoint] = await rpc.ask(calls, (outcomes, by) => [read(outcomes, by), by] as const, deadline);
        if (endpoint !== undefined) endpoints.add(endpoint);
        return value;
      },
    });
  }

  /** What an endpoint says that is none of those. See `secondLook`. */
  other(question: SecondQuestion, besides: ReadonlySet<string>, deadline: Deadline): Promise<OtherAnswer<SecondLook>> {
    return secondLook(this.#rpc, question, besides, deadline);
  }

  /** How a call ends on an endpoint that is none of those. See `secondSimulation`. */
  simulateElsewhere(
    address: string,
    call: ChainCall,
    besides: ReadonlySet<string>,
    deadline: Deadline,
  ): Promise<OtherAnswer<SecondSimulation>> {
    return secondSimulation(this.#rpc, address, estimateOf(call, 'latest'), besides, deadline);
  }

  /** Uses endpoints for a while only where no other gives an answer. */
  distrust(names: ReadonlySet<string>): void {
    this.#rpc.distrust?.(names);
  }

  /** The head of the chain. */
  head(deadline: Deadline): Promise<BlockHead> {
    return this.#rpc.ask([LATEST_BLOCK], ([head]) => expect(head, blockSchema, 'eth_getBlockByNumber'), deadline);
  }

  /** Head, transaction count and balance of an account, in one request. */
  account(address: string, deadline: Deadline): Promise<AccountView> {
    return this.#rpc.ask(
      [
        LATEST_BLOCK,
        { method: 'eth_getTransactionCount', params: [address, 'latest'] },
        { method: 'eth_getBalance', params: [address, 'latest'] },
      ],
      ([head, count, balance]) => ({
        head: expect(head, blockSchema, 'eth_getBlockByNumber'),
        latestCount: expect(count, numberQuantity, 'eth_getTransactionCount'),
        balanceWei: expect(balance, bigintQuantity, 'eth_getBalance'),
      }),
      deadline,
    );
  }

  /** What an account has after a block; undefined when the node has let go of its state: most keep the last 128. */
  balanceAt(address: string, blockNumber: number, deadline: Deadline): Promise<bigint | undefined> {
    return this.#rpc.ask(
      [{ method: 'eth_getBalance', params: [address, toQuantity(blockNumber)] }],
      ([outcome]) => (outcome?.ok === true ? expect(outcome, bigintQuantity, 'eth_getBalance') : undefined),
      deadline,
    );
  }

  /** Whether an address has code after the newest block: a contract, or an account that runs one (EIP-7702). */
  hasCode(address: string, deadline: Deadline): Promise<boolean> {
    return this.#rpc.ask(
      [{ method: 'eth_getCode', params: [address, 'latest'] }],
      ([outcome]) => expect(outcome, codeData, 'eth_getCode') !== '0x',
      deadline,
    );
  }

  /** Receipts by transaction hash; a hash that is in no block of the canonical chain is absent. */
  receipts(hashes: readonly string[], deadline: Deadline): Promise<ReadonlyMap<string, Receipt>> {
    return lookUp(
      this.#rpc,
      hashes,
      (hash) => ({ method: 'eth_getTransactionReceipt', params: [hash] }),
      receiptSchema,
      deadline,
    );
  }

  /** Hashes of canonical blocks by number; a number beyond the head is absent. */
  async blockHashes(numbers: readonly number[], deadline: Deadline): Promise<ReadonlyMap<number, string>> {
    const blocks = await this.heads(numbers, deadline);
    return new Map([...blocks].map(([number, block]) => [number, block.hash]));
  }

  /** Canonical blocks by number; a number beyond the head is absent. */
  heads(numbers: readonly number[], deadline: Deadline): Promise<ReadonlyMap<number, BlockHead>> {
    return lookUp(
      this.#rpc,
      numbers,
      (number) => ({ method: 'eth_getBlockByNumber', params: [toQuantity(number), false] }),
      blockSchema,
      deadline,
    );
  }

  /** What some blocks moved. See `readTransfers`. */
  transfers(range: BlockRange, deadline: Deadline): Promise<RangeAnswer> {
    return readTransfers(this.#rpc, range, deadline);
  }

  /** What addresses have of a token or the coin, as of blocks. See `readBalances`. */
  balances(questions: readonly BalanceQuestion[], deadline: Deadline): Promise<readonly (bigint | undefined)[]> {
    return readBalances(this.#rpc, questions, deadline);
  }

  /** What the chain has of payments. See `paymentEvidence`. */
  payments(questions: readonly PaymentQuestion[], deadline: Deadline): Promise<readonly PaymentEvidence[]> {
    return paymentEvidence(this.#rpc, questions, deadline);
  }

  /** What an endpoint has of payments that is none of those. See `otherPaymentEvidence`. */
  paymentsElsewhere(
    questions: readonly PaymentQuestion[],
    besides: ReadonlySet<string>,
    deadline: Deadline,
  ): Promise<OtherAnswer<OtherEvidence>> {
    return otherPaymentEvidence(this.#rpc, questions, besides, deadline);
  }

  /** What the last blocks paid, at percentiles of priority fees. */
  feeHistory(blocks: number, percentiles: readonly number[], deadline: Deadline): Promise<FeeHistory> {
    return this.#rpc.ask(
      [{ method: 'eth_feeHistory', params: [toQuantity(blocks), 'latest', percentiles] }],
      ([outcome]) => expect(outcome, feeHistorySchema, 'eth_feeHistory'),
      deadline,
    );
  }

  /** What the node suggests to pay per gas, in wei: for chains without a base fee. */
  gasPrice(deadline: Deadline): Promise<bigint> {
    return this.#rpc.ask(
      [{ method: 'eth_gasPrice', params: [] }],
      ([outcome]) => expect(outcome, bigintQuantity, 'eth_gasPrice'),
      deadline,
    );
  }

  /**
   * Transaction counts of an account after each of some blocks, in their order. Blocks whose state the node has let go
   * of are undefined: most keep the last 128.
   */
  countsAt(
    address: string,
    blockNumbers: readonly number[],
    deadline: Deadline,
  ): Promise<readonly (number | undefined)[]> {
    const calls = blockNumbers.map(
      (number): RpcCall => ({ method: 'eth_getTransactionCount', params: [address, toQuantity(number)] }),
    );
    const read = (outcomes: readonly RpcOutcome[]) =>
      outcomes.map((outcome) => (outcome.ok ? expect(outcome, numberQuantity, 'eth_getTransactionCount') : undefined));
    return this.#rpc.ask(calls, read, deadline);
  }

  /** The transaction count of an account with everything that the node has in its pool, and the latest head's. */
  counts(address: string, deadline: Deadline): Promise<{ readonly latest: number; readonly pending: number }> {
    const ask = (block: string): RpcCall => ({ method: 'eth_getTransactionCount', params: [address, block] });
    return this.#rpc.ask(
      [ask('latest'), ask('pending')],
      ([latest, pending]) => ({
        latest: expect(latest, numberQuantity, 'eth_getTransactionCount'),
        pending: expect(pending, numberQuantity, 'eth_getTransactionCount'),
      }),
      deadline,
    );
  }

  /** All transactions of a block: who sent each, with which nonce. */
  blockTransactions(blockNumber: number, deadline: Deadline): Promise<readonly BlockTransaction[]> {
    return this.#rpc.ask(
      [{ method: 'eth_getBlockByNumber', params: [toQuantity(blockNumber), true] }],
      ([outcome]) => expect(outcome, blockWithTransactionsSchema, 'eth_getBlockByNumber').transactions,
      deadline,
    );
  }

  /**
   * Runs calls against the pending state, or that after a block: the gas each needs, or why it would fail.
   *
   * @param blockNumber undefined: pending
   */
  estimateGas(
    calls: readonly ChainCall[],
    deadline: Deadline,
    blockNumber?: number,
  ): Promise<readonly CallOutcome<bigint>[]> {
    const block = blockNumber === undefined ? 'pending' : toQuantity(blockNumber);
    return this.#rpc.ask(
      calls.map((call) => estimateOf(call, block)),
      (outcomes) => outcomes.map((outcome) => refusable(outcome, bigintQuantity, 'eth_estimateGas')),
      deadline,
    );
  }

  /** Hands signed bytes to the node, in their order: the hash it gives each, or why it refused. */
  sendRaw(signed: readonly string[], deadline: Deadline): Promise<readonly CallOutcome<string>[]> {
    return this.#rpc.ask(
      signed.map((bytes): RpcCall => ({ method: 'eth_sendRawTransaction', params: [bytes] })),
      (outcomes) => outcomes.map((outcome) => refusable(outcome, hashData, 'eth_sendRawTransaction')),
      deadline,
    );
  }

  /** Reads contract state, all at one block: the head, and the returned bytes or the revert of each call. */
  async read(
    calls: readonly ChainCall[],
    deadline: Deadline,
  ): Promise<{ readonly head: BlockHead; readonly results: readonly CallOutcome<string>[] }> {
    const head = await this.head(deadline);
    const results = await this.#rpc.ask(
      calls.map((call) => readOf(call, toQuantity(head.number))),
      (outcomes) => outcomes.map((outcome) => revertable(outcome, z.string(), 'eth_call')),
      deadline,
    );
    return { head, results };
  }
}

const LATEST_BLOCK: RpcCall = { method: 'eth_getBlockByNumber', params: ['latest', false] };
