import { hash32 } from '#test/support/fakes/ledger-transactions.ts';
import { ModelPool, type PoolLimits } from './model-pool.ts';

/** A signed transaction as a chain sees it. One account sends them all. */
export interface ModelTransaction {
  readonly hash: string;
  readonly nonce: number;
  readonly valueWei: bigint;
  readonly gasLimit: bigint;
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
  readonly data: string;
}

/** A block. */
export interface ModelBlock {
  readonly number: number;
  readonly hash: string;
  readonly timestampSeconds: number;
  readonly transactions: readonly ModelTransaction[];
}

/** The canonical blocks, oldest first. */
export type ChainState = readonly ModelBlock[];

/** What a test decides about a chain. */
export interface ModelChainOptions {
  /** Transactions that the account sent before the test. */
  readonly startCount: number;
  /** Transactions that fit a block. */
  readonly perBlock: number;
  /** Beyond which pools let the account's transactions go; absent: they keep everything. */
  readonly limits?: PoolLimits | undefined;
}

/** Every model transaction uses as much gas as a plain transfer. */
export const MODEL_GAS = 21_000n;
/** What every block asks, unless fees are high: 1 gwei. */
const BASE_FEE_WEI = 1_000_000_000n;
/** What is really paid per gas, unless fees are high. */
export const MODEL_PRICE_WEI = BASE_FEE_WEI + 1_000_000_000n;
/** Above the cap of the test chain. */
const SPIKE_FEE_WEI = 1_000_000_000_000n;
/** What everyone tips: 1 gwei. */
export const MODEL_TIP_WEI = 1_000_000_000n;
/** What strangers send, whatever it costs. */
const STRANGERS = {
  valueWei: 0n,
  gasLimit: MODEL_GAS,
  maxFeePerGas: 10n * SPIKE_FEE_WEI,
  maxPriorityFeePerGas: MODEL_TIP_WEI,
  data: '0x',
} as const;
/** Transactions of strangers in one lie. */
const MAX_LIES = 3;
/** The block at which every test begins. */
const FIRST_BLOCK = 100;

/** Where a transaction is in some blocks. */
interface Inclusion {
  readonly block: ModelBlock;
  /** 1: in the newest. */
  readonly depth: number;
}

function inclusionIn(blocks: ChainState, hash: string | null): Inclusion | undefined {
  const block = blocks.find(({ transactions }) => transactions.some((one) => one.hash === hash));
  const head = blocks.at(-1);
  return block === undefined || head === undefined ? undefined : { block, depth: head.number - block.number + 1 };
}

/** How deep a transaction is in some blocks; 0: it is in none of them. */
export function depthIn(blocks: ChainState, hash: string | null): number {
  return inclusionIn(blocks, hash)?.depth ?? 0;
}

/** A chain with one account: blocks, a pool of transactions in the order of their nonces, reorganisations. */
export class ModelChain {
  readonly #options: ModelChainOptions;
  readonly #pool: ModelPool<ModelTransaction>;
  readonly #history: ChainState[] = [];
  #blocks: ChainState;
  #forks = 0;
  #strangers = 0;
  #lies = 0;
  #stalledBlocks = 0;
  #spikeBlocks = 0;
  #creditWei = 0n;

  constructor(options: ModelChainOptions, nowMs: number) {
    this.#options = options;
    this.#pool = new ModelPool(options.limits);
    this.#blocks = [this.#block(FIRST_BLOCK, nowMs, [])];
  }

  /**
   * The canonical blocks.
   *
   * @param staleBy as a node that lags has them: that many changes ago
   */
  state(staleBy = 0): ChainState {
    return staleBy === 0 ? this.#blocks : (this.#history.at(-staleBy) ?? this.#history[0] ?? this.#blocks);
  }

  /** The next nonce of the account in a state. */
  count(state: ChainState = this.#blocks): number {
    return this.#options.startCount + state.reduce((sum, { transactions }) => sum + transactions.length, 0);
  }

  /** What the account has in a state. */
  balanceWei(state: ChainState = this.#blocks): bigint {
    const spent = state
      .flatMap(({ transactions }) => transactions)
      .reduce((sum, { valueWei }) => sum + valueWei + MODEL_GAS * (BASE_FEE_WEI + MODEL_TIP_WEI), 0n);
    return this.#creditWei - spent;
  }

  /** What the next block asks per gas, in wei. */
  get baseFeeWei(): bigint {
    return this.#spikeBlocks > 0 ? SPIKE_FEE_WEI : BASE_FEE_WEI;
  }

  /** The pooled transaction with that nonce. */
  pooled(nonce: number): ModelTransaction | undefined {
    return this.#pool.get(nonce);
  }

  /** The pooled transactions that could be mined now, in the order of their nonces. */
  executable(): readonly ModelTransaction[] {
    return this.#pool.executable(this.count());
  }

  /** How many transactions its pool has. */
  get poolSize(): number {
    return this.#pool.all().length;
  }

  /** How many transactions its pool let go because they were too many. */
  get dropped(): number {
    return this.#pool.dropped;
  }

  /** Gives the account money. */
  credit(wei: bigint): void {
    this.#creditWei += wei;
  }

  /** Takes a transaction into the pool, which may let it go at once. */
  pool(transaction: ModelTransaction): void {
    this.#pool.put(transaction, this.count());
  }

  /** The account's owner sends something without Haven, with the next nonce, and outbids whatever is pooled with it. */
  poolStranger(): void {
    this.#strangers += 1;
    this.pool({ ...STRANGERS, hash: hash32(`stranger ${this.#strangers}`), nonce: this.count() });
  }

  /** Whether that is the hash of a transaction that was sent without Haven. */
  isStranger(hash: string): boolean {
    return Array.from({ length: this.#strangers }, (_, n) => hash32(`stranger ${n + 1}`)).includes(hash);
  }

  /** Forgets all of the pool, as nodes do that restart or are short of memory. */
  forgetPool(): void {
    this.#pool.clear();
  }

  /** Leaves the next blocks empty. */
  stall(blocks: number): void {
    this.#stalledBlocks += blocks;
  }

  /** Makes fees higher than Haven pays, for some blocks. */
  spike(blocks: number): void {
    this.#spikeBlocks += blocks;
  }

  /** Mines a block. */
  mine(nowMs: number): void {
    this.#remember();
    this.#extend(nowMs, this.#stalledBlocks > 0);
    this.#stalledBlocks = Math.max(0, this.#stalledBlocks - 1);
    this.#spikeBlocks = Math.max(0, this.#spikeBlocks - 1);
  }

  /**
   * Replaces the last blocks by as many others and one more. What was in them goes back into the pool.
   *
   * @param empty whether the new blocks leave the pool alone
   * @param forgets whether the pool is lost, and what was in the blocks with it
   */
  reorganise(depth: number, empty: boolean, forgets: boolean, nowMs: number): void {
    const removed = Math.min(depth, this.#blocks.length - 1);
    if (removed === 0) return;
    this.#remember();
    this.#forks += 1;
    const gone = this.#blocks.slice(-removed).flatMap(({ transactions }) => transactions);
    this.#blocks = this.#blocks.slice(0, -removed);
    for (const transaction of gone) if (this.pooled(transaction.nonce) === undefined) this.pool(transaction);
    if (forgets) this.forgetPool();
    for (let block = 0; block <= removed; block += 1) this.#extend(nowMs, empty);
  }

  /**
   * The blocks of a node that lies, or is on a fork of its own: the last ones are others, and have what Haven signed, or
   * what nobody did.
   *
   * @param depth of the canonical blocks that it leaves out
   * @param count of the blocks that it has in their place
   */
  lie(depth: number, count: number, by: 'ours' | 'strangers', nowMs: number): ChainState {
    this.#lies += 1;
    const base = this.#blocks.slice(0, Math.max(1, this.#blocks.length - depth));
    const left = this.#blocks.slice(base.length).flatMap(({ transactions }) => transactions);
    const known = new Map([...this.#pool.all(), ...left].map((transaction) => [transaction.nonce, transaction]));
    const first = this.count(base);
    const blocks = Array.from({ length: count }, (_, index): ModelBlock => {
      const nonce = first + index;
      const strangers = { ...STRANGERS, hash: hash32(`lie ${this.#lies} at nonce ${nonce}`), nonce };
      const transaction = by === 'ours' ? known.get(nonce) : index < MAX_LIES ? strangers : undefined;
      const number = FIRST_BLOCK + base.length + index;
      const hash = hash32(`block ${number} of lie ${this.#lies}`);
      const isNext = by === 'strangers' || [...Array(index).keys()].every((before) => known.has(first + before));
      const transactions = transaction !== undefined && isNext ? [transaction] : [];
      return { number, hash, timestampSeconds: Math.floor(nowMs / 1_000), transactions };
    });
    return [...base, ...blocks];
  }

  /** Where a transaction is on the canonical chain. */
  inclusion(hash: string): Inclusion | undefined {
    return inclusionIn(this.#blocks, hash);
  }

  /** Everything on the canonical chain, in the order of nonces. */
  transactions(): readonly ModelTransaction[] {
    return this.#blocks.flatMap(({ transactions }) => transactions);
  }

  #remember(): void {
    this.#history.push(this.#blocks);
  }

  #extend(nowMs: number, empty: boolean): void {
    const executable = empty ? [] : this.executable();
    // What offers too little keeps all behind it waiting.
    const poor = executable.findIndex(({ maxFeePerGas }) => maxFeePerGas < this.baseFeeWei);
    const taken = executable.slice(0, Math.min(poor === -1 ? executable.length : poor, this.#options.perBlock));
    for (const { nonce } of taken) this.#pool.take(nonce);
    const number = FIRST_BLOCK + this.#blocks.length;
    this.#blocks = [...this.#blocks, this.#block(number, nowMs, taken)];
  }

  #block(number: number, nowMs: number, transactions: readonly ModelTransaction[]): ModelBlock {
    const hash = hash32(`block ${number} of fork ${this.#forks}`);
    return { number, hash, timestampSeconds: Math.floor(nowMs / 1000), transactions };
  }
}
