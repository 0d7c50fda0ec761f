import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { TEST_CHAIN } from '#test/support/fakes/ledger-transactions.ts';
import type { ModelChain } from './model-chain.ts';

/** The true time of a model, in milliseconds since the Unix epoch; its chain mines as it passes. */
export class ModelTime {
  readonly #chain: ModelChain;
  #nowMs = TEST_NOW_MS;
  #nextBlockMs = TEST_NOW_MS + TEST_CHAIN.block_time_ms;

  constructor(chain: ModelChain) {
    this.#chain = chain;
  }

  /** What time it truly is. */
  readonly now = (): number => this.#nowMs;

  /** Lets it be that time, unless it is later already. */
  advanceTo(nowMs: number): void {
    for (; this.#nextBlockMs <= nowMs; this.#nextBlockMs += TEST_CHAIN.block_time_ms)
      this.#chain.mine(this.#nextBlockMs);
    this.#nowMs = Math.max(this.#nowMs, nowMs);
  }
}
