import { isDeepStrictEqual } from 'node:util';
import type { RpcCall, RpcOutcome } from '#shared/platform/chain/json-rpc.ts';
import type { Clock } from '#shared/platform/clock.ts';
import { hash32 } from '#test/support/fakes/ledger-transactions.ts';
import { type Contradiction, contradicted, isAboutTransactions } from './contradictions.ts';
import type { ChainState, ModelChain } from './model-chain.ts';
import type { ModelNode } from './model-node.ts';

/** What is the matter with the endpoint that gives second opinions. */
export type OtherTrouble =
  | { readonly kind: 'other contradicts'; readonly what: Contradiction }
  /** Its head is what it was when this began; or one from long before. */
  | { readonly kind: 'other stands still'; readonly isOld: boolean }
  /** Its head is fresh, and that many changes of the chain behind. */
  | { readonly kind: 'other lags'; readonly by: number }
  /** It gives no answer. */
  | { readonly kind: 'other is away' };

/** The last that it said to a question. */
export type OtherWord =
  /** True, by blocks that are or were the chain's. */
  | { readonly kind: 'true'; readonly blocks: ChainState }
  | { readonly kind: 'contradicts' }
  /** Nothing, or nothing that counts; since then, and since it contradicted without having said anything true. */
  | { readonly kind: 'none'; readonly sinceMs: number; readonly isDisputed: boolean };

/** An old head is by more than `MAX_CLOCK_SKEW_MS`, the clocks of a plan and the blocks on top: 45 minutes. */
const OLD_MS = 45 * 60_000;
/** Blocks by which an old head is behind the first of the model. */
const OLD_BLOCKS = 50;

/** The endpoint that is asked for second opinions: it has the chain's own blocks, unless something is the matter with it. */
export class OtherEndpoint {
  readonly #chain: ModelChain;
  readonly #node: ModelNode;
  readonly #clock: Clock;
  readonly #questions = new Map<OtherTrouble['kind'], number>();
  #trouble: OtherTrouble | undefined;
  #untilMs = 0;
  #frozen: ChainState = [];
  #word: OtherWord | undefined;

  /** @param clock what time it truly is */
  constructor(chain: ModelChain, node: ModelNode, clock: Clock) {
    this.#chain = chain;
    this.#node = node;
    this.#clock = clock;
  }

  /** How many questions it was asked while something was the matter, by what. */
  get questions(): ReadonlyMap<OtherTrouble['kind'], number> {
    return this.#questions;
  }

  /** What it said last; undefined: it was never asked. */
  get word(): OtherWord | undefined {
    return this.#word;
  }

  /** Lets something be the matter for a while, in place of what was. */
  suffer(trouble: OtherTrouble, durationMs: number): void {
    this.#trouble = trouble;
    this.#untilMs = this.#clock() + durationMs;
    if (trouble.kind === 'other stands still') this.#frozen = trouble.isOld ? [this.#oldHead()] : this.#chain.state();
  }

  /**
   * Answers a question.
   *
   * @param staleBy as a node of it that lags by that many changes
   * @returns undefined: it gives no answer
   */
  answer(calls: readonly RpcCall[], staleBy: number, isRefused: boolean): readonly RpcOutcome[] | undefined {
    const trouble = this.#clock() < this.#untilMs ? this.#trouble : undefined;
    if (trouble !== undefined) this.#questions.set(trouble.kind, (this.#questions.get(trouble.kind) ?? 0) + 1);
    if (isRefused || trouble?.kind === 'other is away') {
      this.#saysNothing();
      return undefined;
    }
    if (trouble?.kind === 'other contradicts') {
      const truth = this.#node.answer(calls);
      const told = contradicted(calls, truth, trouble.what);
      // A count matters to nonces only, and who was asked about no transaction contradicts nothing about them.
      const isAgainst = isAboutTransactions(trouble.what) && !isDeepStrictEqual(told, truth);
      this.#word = isAgainst ? { kind: 'contradicts' } : { kind: 'true', blocks: this.#chain.state() };
      return told;
    }
    const blocks = trouble?.kind === 'other stands still' ? this.#frozen : this.#chain.state(trouble?.by ?? staleBy);
    if (trouble?.kind === 'other stands still' && trouble.isOld) this.#saysNothing();
    else this.#word = { kind: 'true', blocks };
    return this.#node.answer(calls, blocks);
  }

  #saysNothing(): void {
    const before = this.#word;
    if (before?.kind === 'none') return;
    this.#word = { kind: 'none', sinceMs: this.#clock(), isDisputed: before?.kind === 'contradicts' };
  }

  #oldHead(): ChainState[number] {
    const number = (this.#chain.state()[0]?.number ?? 0) - OLD_BLOCKS;
    const timestampSeconds = Math.floor((this.#clock() - OLD_MS) / 1_000);
    return { number, hash: hash32(`block ${number}`), timestampSeconds, transactions: [] };
  }
}
