import type { Clock } from '#shared/platform/clock.ts';
import type { Transaction } from '#shared/transactions/transaction.ts';
import { isFinal } from '#shared/transactions/transition.ts';
import type { LanePlan } from './lane-plan.ts';
import type { ModelChain } from './model-chain.ts';
import { hasCause } from './transition-causes.ts';
import type { WordLaws } from './word-laws.ts';

/** As far as a clock may be wrong without anything telling. */
const CLOSE_MS = 15_000;

const UNMINED: ReadonlySet<Transaction['status']> = new Set(['signed', 'submitted']);

/** What must hold of every single change, at the very moment at which it is stored. */
export class StepLaws {
  /** What was done that may never be done, in words. */
  readonly violations: string[] = [];
  /** Every transition that happened: `signed mined`. */
  readonly transitions = new Set<string>();
  readonly #plan: LanePlan;
  readonly #chain: ModelChain;
  readonly #clock: Clock;
  readonly #all: () => readonly Transaction[];
  readonly #words: WordLaws | undefined;
  /** Whether two drivers may run at once. */
  readonly #hasRivals: boolean;
  #isRevoked = false;

  /**
   * @param clock what time it truly is
   * @param all every transaction as it is stored
   * @param words undefined: there is one endpoint
   */
  constructor(plan: LanePlan, chain: ModelChain, clock: Clock, all: () => readonly Transaction[], words?: WordLaws) {
    this.#plan = plan;
    this.#chain = chain;
    this.#clock = clock;
    this.#all = all;
    this.#hasRivals = plan.acts.some(({ act }) => act.kind === 'second driver');
    // Which of two drivers asked can't be told.
    this.#words = this.#hasRivals ? undefined : words;
  }

  /** From now on nothing may be signed. */
  revoked(): void {
    this.#isRevoked = true;
  }

  /** Judges one change. */
  check(before: Transaction | undefined, after: Transaction): void {
    if (before !== undefined && after.version !== before.version + 1) {
      this.violations.push(`${after.id} went from version ${before.version} to ${after.version}`);
    }
    if (this.#isRevoked && after.attempts.length > (before?.attempts.length ?? 0)) {
      this.violations.push(`${after.id} was signed after the wallet was revoked`);
    }
    if (before !== undefined && before.status !== after.status) this.#checkCause(before, after);
    const breach = this.#words?.breachOf(before, after);
    if (breach !== undefined) this.violations.push(breach);
    const isDisplaced = after.status === 'queued' && before?.status !== 'queued';
    const wasOpen = before !== undefined && UNMINED.has(before.status);
    if (wasOpen && (isDisplaced || isFinal(after.status))) this.#checkGivenUp(before);
    if (before?.nonce !== undefined && before.nonce !== null && after.nonce !== before.nonce && !isDisplaced) {
      this.violations.push(`${after.id} changed its nonce from ${before.nonce} to ${after.nonce}`);
    }
    if (after.status === 'signed' && before?.status !== 'signed') {
      this.#checkCap();
      this.#checkNonce(after);
    }
    if (before?.status === 'mined' && isFinal(after.status)) this.#checkDepth(after);
    if (after.status === 'expired') this.#checkTime(after);
  }

  /** For the reason that docs/lanes.md gives. */
  #checkCause(before: Transaction, after: Transaction): void {
    this.transitions.add(`${before.status} ${after.status}`);
    if (hasCause({ before, after, chain: this.#chain })) return;
    this.violations.push(
      `${after.id} went from ${before.status} to ${after.status} for another reason than is written`,
    );
  }

  /** Two drivers at once may pass the cap by what each of them has not seen of the other; one may not. */
  #checkCap(): void {
    if (this.#hasRivals) return;
    // What fills a gap comes on top: what is in flight already waits for it.
    const unmined = this.#all().filter(({ status, value }) => UNMINED.has(status) && value !== '0');
    if (unmined.length > this.#plan.cap) this.violations.push(`${unmined.length} were unmined at once`);
  }

  /** What has a nonce keeps it to itself until it is final. */
  #checkNonce({ id, nonce }: Transaction): void {
    const rival = this.#all().find((one) => one.nonce === nonce && one.id !== id && !isFinal(one.status));
    if (rival !== undefined) this.violations.push(`${id} got nonce ${nonce}, which ${rival.id} has`);
  }

  /** Only to a stranger who has it for good: else what was signed for it could be executed beside what will be. */
  #checkGivenUp({ id, nonce, required_confirmations }: Transaction): void {
    const stranger = this.#chain.transactions().find((one) => one.nonce === nonce && this.#chain.isStranger(one.hash));
    const depth = this.#chain.inclusion(stranger?.hash ?? '')?.depth ?? 0;
    if (depth < required_confirmations)
      this.violations.push(`${id} gave up nonce ${nonce} to a stranger at depth ${depth}`);
  }

  /** Neither a clock that is wrong nor a node that lags ends anything before its time. */
  #checkTime({ id, valid_until }: Transaction): void {
    if (Date.parse(valid_until ?? '') > this.#clock() + CLOSE_MS) this.violations.push(`${id} expired before its time`);
  }

  #checkDepth({ id, status, hash, block_hash, required_confirmations }: Transaction): void {
    const found = this.#chain.inclusion(hash ?? '');
    if (found === undefined || found.depth < required_confirmations || found.block.hash !== block_hash) {
      this.violations.push(`${id} became ${status} at depth ${found?.depth ?? 'none'}`);
    }
  }
}
