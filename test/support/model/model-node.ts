import { Transaction as EthereumTransaction } from 'ethers';
import * as z from 'zod';
import type { RpcCall, RpcOutcome } from '#shared/platform/chain/json-rpc.ts';
import { toQuantity } from '#shared/platform/chain/quantities.ts';
import { RpcResponseError, RpcTransportError } from '#shared/platform/chain/rpc-errors.ts';
import { TEST_WALLET } from '#test/support/fakes/ledger-transactions.ts';
import {
  type ChainState,
  MODEL_GAS,
  MODEL_PRICE_WEI,
  MODEL_TIP_WEI,
  type ModelBlock,
  type ModelChain,
  type ModelTransaction,
} from './model-chain.ts';
import { GETH_LIMITS, type PoolLimits } from './model-pool.ts';

/** How a client words its refusals, whether it keeps a transaction whose nonce is not the next, and what it says to one too many. */
export type Dialect = 'geth' | 'anvil' | 'nethermind' | 'reth';

/** What calldata makes of a transaction on the model chain. */
export const MODEL_DATA = {
  plain: '0x',
  /** Fails whenever it is simulated. */
  refused: '0xdead',
  /** Passes its simulation and is mined as reverted. */
  revertsLate: '0x1a7e',
} as const;

/** Calldata that fails in simulation until a transaction of that value in wei is mined or pooled before it. */
export function dependsOn(valueWei: number): string {
  return `0xde9e${valueWei.toString(16).padStart(8, '0')}`;
}

const DEPENDENT = /^0xde9e([0-9a-f]{8})$/;

interface Wordings {
  readonly known: string;
  low(count: number, nonce: number): string;
  readonly funds: string;
  /** Which of an account's transactions it refuses as too many, and how; absent: none, its pool lets them go later. */
  readonly excess?: {
    readonly words: string;
    isExcess(limit: number, nonce: number, count: number, pooled: number): boolean;
  };
}

/**
 * Sources: go-ethereum core/txpool, anvil eth/error.rs, Nethermind AcceptTxResult and FutureNonceFilter
 * (`MaxPendingTxsPerSender`), reth RpcPoolError (`SpammerExceededCapacity` is worded as `TxPoolOverflow`) and `ensure_valid`
 * of its pool, which holds replacements to the limit, too, but never the account's next nonce.
 */
const WORDINGS: Readonly<Record<Dialect, Wordings>> = {
  geth: {
    known: 'already known',
    low: (count, nonce) => `nonce too low: next nonce ${count}, tx nonce ${nonce}`,
    funds: 'insufficient funds for gas * price + value: balance 0, tx cost 42000000000001, overshot 42000000000001',
  },
  anvil: {
    known: 'transaction already imported',
    low: () => 'nonce too low',
    funds: 'Insufficient funds for gas * price + value',
  },
  nethermind: {
    known: 'AlreadyKnown',
    low: (count, nonce) => `OldNonce, Current nonce: ${count}, nonce of rejected tx: ${nonce}`,
    funds: 'InsufficientFunds, Account balance: 0, cumulative cost: 42000000000001',
    excess: { words: 'NonceTooFarInFuture', isExcess: (limit, nonce, count) => nonce > count + limit },
  },
  reth: {
    known: 'already known',
    low: (count, nonce) => `nonce too low: next nonce ${count}, tx nonce ${nonce}`,
    funds: 'insufficient funds for gas * price + value: have 0 want 42000000000001',
    excess: {
      words: 'txpool is full',
      isExcess: (limit, nonce, count, pooled) => pooled >= limit && nonce > count,
    },
  },
};

/** All clients say so of what they can't read a sender from; this one is wrong. */
const FOR_GOOD = 'invalid sender';

const callSchema = z.object({ data: z.string() });

/** A node of a model chain. */
export interface ModelNode {
  /** How many transactions it refused because they were too many of an account. */
  tooMany(): number;
  /** Lets it refuse the next so many signed bytes, in words that mean for ever. */
  refuseForGood(sends: number): void;
  /** Lets the next so many of its answers to signed bytes get lost. */
  loseAnswers(answers: number): void;
  /**
   * Answers a batch.
   *
   * @param from reads are answered as that many changes of the chain ago, or from those blocks
   * @throws RpcTransportError when the answer gets lost
   */
  answer(calls: readonly RpcCall[], from?: number | ChainState): readonly RpcOutcome[];
}

/** Parsed bytes by themselves: parsing is the dearest thing here, and runs of a property repeat each other's bytes. */
const parsed = new Map<string, ModelTransaction>();

/**
 * Makes a node.
 *
 * @param onBytes told of all signed bytes that are handed over, whatever becomes of them
 * @param limits of a client that refuses what is more
 */
export function createModelNode(
  chain: ModelChain,
  dialect: Dialect,
  onBytes: (bytes: string) => void,
  limits: PoolLimits = GETH_LIMITS,
): ModelNode {
  const words = WORDINGS[dialect];
  let tooMany = 0;
  let refusesForGood = 0;
  let losesAnswers = 0;

  function send(bytes: string): RpcOutcome {
    onBytes(bytes);
    const transaction = parse(bytes);
    const { nonce, hash } = transaction;
    if (refusesForGood > 0) {
      refusesForGood -= 1;
      return refusal(FOR_GOOD);
    }
    const count = chain.count();
    if (nonce < count) return refusal(words.low(count, nonce));
    const rival = chain.pooled(nonce);
    if (rival?.hash === hash) return refusal(words.known);
    if (words.excess?.isExcess(limits.pending, nonce, count, chain.poolSize) === true) {
      tooMany += 1;
      return refusal(words.excess.words);
    }
    if (rival !== undefined && !outbids(transaction, rival)) return refusal('replacement transaction underpriced');
    if (chain.balanceWei() < transaction.valueWei + transaction.gasLimit * transaction.maxFeePerGas) {
      return refusal(words.funds);
    }
    const next = count + chain.executable().length;
    if (dialect === 'nethermind' && nonce > next) return refusal(`NonceGap, Future nonce. Expected nonce: ${next}`);
    chain.pool(transaction);
    return { ok: true, result: hash };
  }

  function estimate(params: readonly unknown[], state: ChainState): RpcOutcome {
    const { data } = callSchema.parse(params[0]);
    const needed = DEPENDENT.exec(data)?.[1];
    // A node that lags does not know what was sent to others meanwhile.
    const pooled = state === chain.state() ? chain.executable() : [];
    const pending = [...state.flatMap(({ transactions }) => transactions), ...pooled];
    const fails =
      data === MODEL_DATA.refused ||
      (needed !== undefined && !pending.some(({ valueWei }) => valueWei === BigInt(`0x${needed}`)));
    if (fails) return { ok: false, error: new RpcResponseError('execution reverted', 3, '0x') };
    return { ok: true, result: toQuantity(MODEL_GAS) };
  }

  function answerOne({ method, params }: RpcCall, state: ChainState): RpcOutcome {
    switch (method) {
      case 'eth_getBlockByNumber':
        return { ok: true, result: blockAt(state, params[0], params[1] === true) };
      case 'eth_getTransactionCount':
        return countAt(chain, state, params[1]);
      case 'eth_getBalance':
        return { ok: true, result: toQuantity(chain.balanceWei(state)) };
      case 'eth_getTransactionByHash':
        return { ok: true, result: transactionOf(state, params[0]) };
      case 'eth_getTransactionReceipt':
        return { ok: true, result: receiptOf(state, params[0]) };
      case 'eth_feeHistory':
        return { ok: true, result: feeHistory(chain) };
      case 'eth_estimateGas':
        return estimate(params, state);
      case 'eth_sendRawTransaction':
        return send(String(params[0]));
      default:
        return refusal(`the method ${method} does not exist`);
    }
  }

  return {
    tooMany: () => tooMany,
    refuseForGood(sends) {
      refusesForGood = sends;
    },
    loseAnswers(answers) {
      losesAnswers = answers;
    },
    answer(calls, from = 0) {
      const state = typeof from === 'number' ? chain.state(from) : from;
      const outcomes = calls.map((call) => answerOne(call, state));
      if (losesAnswers === 0 || !calls.some(({ method }) => method === 'eth_sendRawTransaction')) return outcomes;
      losesAnswers -= 1;
      throw new RpcTransportError('The answer got lost');
    },
  };
}

/** Ten percent more of both fees, as all clients want it. */
function outbids(transaction: ModelTransaction, rival: ModelTransaction): boolean {
  return (
    transaction.maxFeePerGas * 10n >= rival.maxFeePerGas * 11n &&
    transaction.maxPriorityFeePerGas * 10n >= rival.maxPriorityFeePerGas * 11n
  );
}

function parse(bytes: string): ModelTransaction {
  const known = parsed.get(bytes);
  if (known !== undefined) return known;
  const ethereum = EthereumTransaction.from(bytes);
  if (ethereum.hash === null || ethereum.maxFeePerGas === null) throw new Error('The bytes are no signed transaction');
  const transaction = {
    hash: ethereum.hash,
    nonce: ethereum.nonce,
    valueWei: ethereum.value,
    gasLimit: ethereum.gasLimit,
    maxFeePerGas: ethereum.maxFeePerGas,
    maxPriorityFeePerGas: ethereum.maxPriorityFeePerGas ?? 0n,
    data: ethereum.data,
  };
  parsed.set(bytes, transaction);
  return transaction;
}

function refusal(message: string): RpcOutcome {
  return { ok: false, error: new RpcResponseError(message, -32_000, undefined) };
}

function countAt(chain: ModelChain, state: ChainState, which: unknown): RpcOutcome {
  if (which === 'latest' || which === 'pending') return { ok: true, result: toQuantity(chain.count(state)) };
  const index = state.findIndex(({ number }) => toQuantity(number) === which);
  if (index === -1) return refusal('missing trie node');
  return { ok: true, result: toQuantity(chain.count(state.slice(0, index + 1))) };
}

function blockAt(state: ChainState, which: unknown, whole: boolean): unknown {
  const block = which === 'latest' ? state.at(-1) : state.find(({ number }) => toQuantity(number) === which);
  if (block === undefined) return null;
  if (!whole) return wireBlock(block);
  const sent = block.transactions.map(({ hash, nonce }) => ({
    hash,
    from: TEST_WALLET.address,
    nonce: toQuantity(nonce),
  }));
  return { ...wireBlock(block), transactions: sent };
}

function wireBlock(block: ModelBlock): object {
  return { number: toQuantity(block.number), hash: block.hash, timestamp: toQuantity(block.timestampSeconds) };
}

function receiptOf(state: ChainState, hash: unknown): unknown {
  for (const block of state) {
    const transaction = block.transactions.find((one) => one.hash === hash);
    if (transaction === undefined) continue;
    return {
      transactionHash: transaction.hash,
      blockNumber: toQuantity(block.number),
      blockHash: block.hash,
      status: transaction.data === MODEL_DATA.revertsLate ? '0x0' : '0x1',
      gasUsed: toQuantity(MODEL_GAS),
      effectiveGasPrice: toQuantity(MODEL_PRICE_WEI),
    };
  }
  return null;
}

function transactionOf(state: ChainState, hash: unknown): unknown {
  for (const { number, transactions } of state) {
    const transaction = transactions.find((one) => one.hash === hash);
    if (transaction === undefined) continue;
    return { from: TEST_WALLET.address, nonce: toQuantity(transaction.nonce), blockNumber: toQuantity(number) };
  }
  return null;
}

function feeHistory(chain: ModelChain): unknown {
  const tip = toQuantity(MODEL_TIP_WEI);
  const base = toQuantity(chain.baseFeeWei);
  return { baseFeePerGas: [base, base], reward: [[tip, tip, tip, tip]] };
}
