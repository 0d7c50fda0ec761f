import type { Clock } from '#shared/platform/clock.ts';
import { MAX_CLOCK_SKEW_MS } from '#shared/transactions/lane/lane-time.ts';
import type { Transaction } from '#shared/transactions/transaction.ts';
import type { LanePlan } from './lane-plan.ts';
import type { ModelChain } from './model-chain.ts';

const UNMINED: ReadonlySet<Transaction['status']> = new Set(['signed', 'submitted']);

/** What must hold of every single change, at the very moment at which it is stored. */
export class StepLaws {
  /** What was done that may never be done, in words. */
  readonly violations: string[] = [];
  readonly #plan: LanePlan;
  readonly #chain: ModelChain;
  readonly #driversClock: Clock;
  readonly #all: () => readonly Transaction[];

  /** @param all every transaction as it is stored */
  constructor(plan: LanePlan, chain: ModelChain, driversClock: Clock, all: () => readonly Transaction[]) {
    this.#plan = plan;
    this.#chain = chain;
    this.#driversClock = driversClock;
    this.#all = all;
  }

  /** Judges one change. */
  check(before: Transaction | undefined, after: Transaction): void {
    if (before !== undefined && after.version !== before.version + 1) {
      this.violations.push(`${after.id} went from version ${before.version} to ${after.version}`);
    }
    const isDisplaced = after.status === 'queued' && before?.status !== 'queued';
    if (before?.nonce !== undefined && before.nonce !== null && after.nonce !== before.nonce && !isDisplaced) {
      this.violations.push(`${after.id} changed its nonce from ${before.nonce} to ${after.nonce}`);
    }
    if (after.status === 'signed' && before?.status !== 'signed') this.#checkCap();
    if (after.status === 'confirmed' || after.status === 'reverted') this.#checkDepth(after);
    if (after.status === 'expired') this.#checkTime(after);
  }

  /** Two drivers at once may pass the cap by what each of them has not seen of the other; one may not. */
  #checkCap(): void {
    if (this.#plan.acts.some(({ act }) => act.kind === 'second driver')) return;
    // What fills a gap comes on top: what is in flight already waits for it.
    const unmined = this.#all().filter(({ status, value }) => UNMINED.has(status) && value !== '0');
    if (unmined.length > this.#plan.cap) this.violations.push(`${unmined.length} were unmined at once`);
  }

  /** A clock that is wrong ends nothing before its time, by the chain's. */
  #checkTime({ id, valid_until }: Transaction): void {
    const headMs = 1_000 * (this.#chain.state().at(-1)?.timestampSeconds ?? 0);
    const passedMs = Math.max(headMs, this.#driversClock() - MAX_CLOCK_SKEW_MS);
    if (Date.parse(valid_until ?? '') > passedMs) this.violations.push(`${id} expired before its time`);
  }

  #checkDepth({ id, status, hash, block_hash, required_confirmations }: Transaction): void {
    const found = this.#chain.inclusion(hash ?? '');
    if (found === undefined || found.depth < required_confirmations || found.block.hash !== block_hash) {
      this.violations.push(`${id} became ${status} at depth ${found?.depth ?? 'none'}`);
    }
  }
}
