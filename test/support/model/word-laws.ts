import type { Clock } from '#shared/platform/clock.ts';
import { AWAY_AFTER_MS } from '#shared/transactions/lane/witness.ts';
import type { Transaction } from '#shared/transactions/transaction.ts';
import { isFinal } from '#shared/transactions/transition.ts';
import { depthIn, type ModelChain } from './model-chain.ts';
import type { OtherEndpoint } from './other-endpoint.ts';

/**
 * What one endpoint's word is not enough for: that a mined transaction ends, or a signed one loses its nonce. Judged by what
 * the other endpoint said last, so only where one driver runs at a time.
 */
export class WordLaws {
  readonly #other: OtherEndpoint;
  readonly #chain: ModelChain;
  readonly #clock: Clock;
  #endedAlone = 0;

  /** @param clock what time it truly is */
  constructor(other: OtherEndpoint, chain: ModelChain, clock: Clock) {
    this.#other = other;
    this.#chain = chain;
    this.#clock = clock;
  }

  /** How many transactions ended while the other endpoint was away, which they may after a while. */
  get endedAlone(): number {
    return this.#endedAlone;
  }

  /** What is wrong with one change; undefined: nothing. */
  breachOf(before: Transaction | undefined, after: Transaction): string | undefined {
    if (before?.status === 'mined' && isFinal(after.status)) return this.#breachOfEnd(after);
    const wasSigned = before?.status === 'signed' || before?.status === 'submitted';
    const isGivenUp = wasSigned && (after.status === 'queued' || isFinal(after.status));
    return isGivenUp ? this.#breachOfUse(before) : undefined;
  }

  #breachOfEnd({ id, status, hash, required_confirmations }: Transaction): string | undefined {
    const { word } = this.#other;
    if (word?.kind === 'true') {
      const depth = depthIn(word.blocks, hash);
      return depth >= required_confirmations ? undefined : `${id} became ${status} at depth ${depth} elsewhere`;
    }
    if (word?.kind !== 'none')
      return `${id} became ${status} although the other endpoint ${word?.kind ?? 'was not asked'}`;
    const forMs = this.#clock() - word.sinceMs;
    if (word.isDisputed || forMs < AWAY_AFTER_MS) return `${id} became ${status} by one endpoint after ${forMs} ms`;
    this.#endedAlone += 1;
    return undefined;
  }

  #breachOfUse({ id, nonce, required_confirmations }: Transaction): string | undefined {
    const { word } = this.#other;
    const stranger = this.#chain.transactions().find((one) => one.nonce === nonce);
    const depth = word?.kind === 'true' ? depthIn(word.blocks, stranger?.hash ?? null) : 0;
    return depth >= required_confirmations ? undefined : `${id} gave up nonce ${nonce} at depth ${depth} elsewhere`;
  }
}
