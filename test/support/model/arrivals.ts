import { isoTime } from '#shared/platform/clock.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { acceptedTransaction } from '#test/support/fakes/ledger-transactions.ts';
import type { LaneLedger } from './lane-ledger.ts';
import type { LanePlan, PlannedIntent } from './lane-plan.ts';
import type { ModelChain } from './model-chain.ts';
import { dependsOn, MODEL_DATA } from './model-node.ts';
import type { ModelTime } from './model-time.ts';

/** Enough for everything a plan sends. */
const CREDIT_WEI = 10n ** 18n;
const EXPIRING_MS = 3_000;

/** What comes from outside when its time has come: money, transactions, and the end of a pause. */
export class Arrivals {
  readonly #plan: LanePlan;
  readonly #chain: ModelChain;
  readonly #ledger: LaneLedger;
  readonly #time: ModelTime;
  readonly #kick: () => void;
  #pausedUntilMs: number | undefined;
  #accepted = 0;
  #funded = false;

  /** @param kick tells the lane that there is news */
  constructor(plan: LanePlan, chain: ModelChain, ledger: LaneLedger, time: ModelTime, kick: () => void) {
    this.#plan = plan;
    this.#chain = chain;
    this.#ledger = ledger;
    this.#time = time;
    this.#kick = kick;
  }

  /** When something comes that no driver waits for: milliseconds since the Unix epoch. */
  dueMs(): readonly number[] {
    const intent = this.#plan.intents[this.#accepted];
    return [
      ...(intent === undefined ? [] : [TEST_NOW_MS + intent.atMs]),
      ...(this.#funded ? [] : [TEST_NOW_MS + this.#plan.fundedAtMs]),
      ...(this.#pausedUntilMs === undefined ? [] : [this.#pausedUntilMs]),
    ];
  }

  /** Lets everything come whose time has come. */
  arrive(): void {
    const nowMs = this.#time.now();
    if (!this.#funded && nowMs >= TEST_NOW_MS + this.#plan.fundedAtMs) {
      this.#funded = true;
      this.#chain.credit(CREDIT_WEI);
    }
    if (this.#pausedUntilMs !== undefined && nowMs >= this.#pausedUntilMs) {
      this.#pausedUntilMs = undefined;
      this.#ledger.setPaused(false);
    }
    for (
      let intent = this.#plan.intents[this.#accepted];
      intent !== undefined && nowMs >= TEST_NOW_MS + intent.atMs;
      intent = this.#plan.intents[this.#accepted]
    ) {
      this.#accepted += 1;
      this.#accept(intent, this.#accepted);
    }
  }

  /** Pauses the wallet for a while. */
  pauseFor(durationMs: number): void {
    this.#ledger.setPaused(true);
    this.#pausedUntilMs = this.#time.now() + durationMs;
  }

  #accept({ kind }: PlannedIntent, n: number): void {
    const nowMs = this.#time.now();
    const data: Readonly<Record<PlannedIntent['kind'], string>> = {
      plain: MODEL_DATA.plain,
      expiring: MODEL_DATA.plain,
      refused: MODEL_DATA.refused,
      'reverts late': MODEL_DATA.revertsLate,
      dependent: n === 1 ? MODEL_DATA.plain : dependsOn(n - 1),
    };
    const { transaction, entry } = acceptedTransaction(n, {
      data: data[kind],
      required_confirmations: this.#plan.requiredConfirmations,
      valid_until: kind === 'expiring' ? isoTime(nowMs + EXPIRING_MS) : null,
      created_at: isoTime(nowMs),
    });
    this.#ledger.enqueue(transaction, entry);
    this.#kick();
  }
}
