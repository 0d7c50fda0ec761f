/** How many transactions of one account a pool keeps. */
export interface PoolLimits {
  /** That could be mined now; by clients that count all alike: in all. */
  readonly pending: number;
  /** Whose nonce is further on than the next. */
  readonly queued: number;
}

/** geth's own: `AccountSlots` and `AccountQueue` of core/txpool/legacypool. */
export const GETH_LIMITS: PoolLimits = { pending: 16, queued: 64 };

/** What a node keeps of one account's transactions, by nonce. */
export class ModelPool<T extends { readonly nonce: number }> {
  readonly #limits: PoolLimits | undefined;
  readonly #byNonce = new Map<number, T>();
  #dropped = 0;

  /** @param limits beyond which it lets transactions go; undefined: it keeps everything */
  constructor(limits: PoolLimits | undefined) {
    this.#limits = limits;
  }

  /** How many transactions it let go, of which nobody was told. */
  get dropped(): number {
    return this.#dropped;
  }

  /** What it has with that nonce. */
  get(nonce: number): T | undefined {
    return this.#byNonce.get(nonce);
  }

  /** All that it has. */
  all(): readonly T[] {
    return [...this.#byNonce.values()];
  }

  /**
   * What could be mined now, in the order of nonces.
   *
   * @param count the account's next nonce
   */
  executable(count: number): readonly T[] {
    const found: T[] = [];
    for (let nonce = count; ; nonce += 1) {
      const transaction = this.#byNonce.get(nonce);
      if (transaction === undefined) return found;
      found.push(transaction);
    }
  }

  /**
   * Takes a transaction, and lets go what is then one too many: the highest nonces, whichever came last.
   *
   * @param count the account's next nonce
   */
  put(transaction: T, count: number): void {
    this.#byNonce.set(transaction.nonce, transaction);
    this.#trim(count);
  }

  /** Lets a transaction go that was mined. */
  take(nonce: number): void {
    this.#byNonce.delete(nonce);
  }

  /** Lets all go. */
  clear(): void {
    this.#byNonce.clear();
  }

  #trim(count: number): void {
    if (this.#limits === undefined) return;
    const pending = this.executable(count).map(({ nonce }) => nonce);
    const last = pending.at(-1) ?? count - 1;
    const queued = [...this.#byNonce.keys()].filter((nonce) => nonce > last).toSorted((a, b) => a - b);
    const excess = [...pending.slice(this.#limits.pending), ...queued.slice(this.#limits.queued)];
    for (const nonce of excess) this.#byNonce.delete(nonce);
    this.#dropped += excess.length;
  }
}
