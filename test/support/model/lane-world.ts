import { isoTime } from '#shared/platform/clock.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { type ChangeRequest, requestCancel, requestSpeed } from '#shared/transactions/change-request.ts';
import { driveLane, type LaneRun } from '#shared/transactions/lane/driver.ts';
import type { LaneDependencies } from '#shared/transactions/lane/lane-dependencies.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { acceptedTransaction, TEST_CHAIN } from '#test/support/fakes/ledger-transactions.ts';
import { driverPorts } from './driver-ports.ts';
import { Lags } from './lags.ts';
import { type LaneLedger, type LedgerContents, MODEL_LANE } from './lane-ledger.ts';
import type { Act, LanePlan, PlannedIntent } from './lane-plan.ts';
import { Lies } from './lies.ts';
import type { Watch } from './memory-ledger.ts';
import { ModelChain } from './model-chain.ts';
import { createModelNode, dependsOn, MODEL_DATA } from './model-node.ts';
import { StepLaws } from './step-laws.ts';
import { CALM, isMeant, type ModelProcess, type Mood, type Parked, type Turn, Turns } from './turns.ts';

/** What a run of the model came to. */
export interface LaneOutcome {
  /** Whether all work was done before the run was given up. */
  readonly atRest: boolean;
  /** What was done that may never be done, in words. */
  readonly violations: readonly string[];
  readonly contents: LedgerContents;
  readonly chain: ModelChain;
  /** Errors that ended a driver's run and were not meant by the plan. */
  readonly faults: readonly string[];
}

/** Every access to a port takes this long. */
const ACCESS_MS = 5;
/** A worker that died gives its message back after this time. */
const REDELIVERY_MS = 1_000;
/** What a driver's run may take. */
const RUN_MS = 20_000;
/** A run that takes more accesses will never end. */
const MAX_ACCESSES = 20_000;
/** More drivers at once would only make runs longer. */
const MAX_DRIVERS = 3;
/** Enough for everything a plan sends. */
const CREDIT_WEI = 10n ** 18n;
const EXPIRING_MS = 3_000;

/** A driver that has nothing to wait for after that many turns of the event loop is stuck. */
const MAX_IDLE_TURNS = 50;
/** What a request may still change. */
const CHANGEABLE: ReadonlySet<string> = new Set(['queued', 'signed', 'submitted']);

/**
 * Runs lane drivers against a model chain until all work is done, as a plan has it: every access of every driver to a
 * port happens one at a time, and may fail or be its process's last.
 */
export class LaneWorld {
  readonly #plan: LanePlan;
  readonly #ledger: LaneLedger;
  readonly #chain: ModelChain;
  readonly #turns = new Turns();
  readonly #processes = new Set<ModelProcess>();
  readonly #faults: string[] = [];
  readonly #ports: (turn: Turn) => LaneDependencies;
  #nowMs = TEST_NOW_MS;
  readonly #driversClock = () => this.#nowMs + this.#plan.skewMs;
  #nextBlockMs = TEST_NOW_MS + TEST_CHAIN.block_time_ms;
  #startMs: number | undefined;
  #kicked = false;
  #pausedUntilMs: number | undefined;
  #started = 0;
  #accepted = 0;
  #funded = false;
  #acts = 0;
  #sinceAct = 0;
  #chosen = 0;
  readonly #lags = new Lags();
  readonly #lies = new Lies();
  readonly #laws: StepLaws;

  constructor(plan: LanePlan, makeLedger: (watch: Watch) => LaneLedger) {
    this.#plan = plan;
    this.#chain = new ModelChain(plan, this.#nowMs);
    this.#laws = new StepLaws(
      plan,
      this.#chain,
      () => this.#nowMs,
      () => this.#ledger.contents().transactions,
    );
    this.#ledger = makeLedger((before, after) => this.#laws.check(before, after));
    const node = createModelNode(this.#chain, plan.dialect, (bytes) => {
      if (!this.#ledger.hasBytes(bytes)) this.#laws.violations.push('bytes were broadcast before they were stored');
    });
    this.#ports = driverPorts({
      ledger: this.#ledger,
      chain: { ...TEST_CHAIN, in_flight_cap: plan.cap, required_confirmations: plan.requiredConfirmations },
      node,
      lags: this.#lags,
      lies: this.#lies,
      hasOther: plan.hasOther,
      clock: this.#driversClock,
      trueClock: () => this.#nowMs,
    });
  }

  /** Runs the plan. */
  async run(): Promise<LaneOutcome> {
    let accesses = 0;
    let atRest = false;
    while (accesses < MAX_ACCESSES && !atRest) {
      this.#arrive();
      await this.#settled();
      const ready = this.#turns.parked.filter(({ wakeAtMs }) => wakeAtMs <= this.#nowMs);
      if (ready.length > 0) {
        accesses += 1;
        await this.#next(ready);
      } else {
        const wakes = this.#turns.parked.map(({ wakeAtMs }) => wakeAtMs);
        const nextMs = Math.min(...wakes, ...this.#arrivals());
        if (nextMs === Number.POSITIVE_INFINITY) atRest = true;
        else this.#advanceTo(nextMs);
      }
    }
    if (atRest && this.#processes.size > 0) this.#laws.violations.push('a driver waits for nothing');
    const contents = this.#ledger.contents();
    return { atRest, violations: this.#laws.violations, chain: this.#chain, faults: this.#faults, contents };
  }

  /** Waits until every driver waits for a port. */
  async #settled(): Promise<void> {
    for (let idle = 0; idle < MAX_IDLE_TURNS; idle += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      const waiting = new Set(this.#turns.parked.map(({ process }) => process));
      if ([...this.#processes].every((process) => waiting.has(process))) return;
    }
  }

  /** When something begins that no driver waits for. */
  #arrivals(): number[] {
    const intent = this.#plan.intents[this.#accepted];
    return [
      ...(this.#startMs === undefined ? [] : [this.#startMs]),
      ...(intent === undefined ? [] : [TEST_NOW_MS + intent.atMs]),
      ...(this.#funded ? [] : [TEST_NOW_MS + this.#plan.fundedAtMs]),
      ...(this.#pausedUntilMs === undefined ? [] : [this.#pausedUntilMs]),
    ];
  }

  /** Lets everything begin whose time has come. */
  #arrive(): void {
    if (!this.#funded && this.#nowMs >= TEST_NOW_MS + this.#plan.fundedAtMs) {
      this.#funded = true;
      this.#chain.credit(CREDIT_WEI);
    }
    if (this.#pausedUntilMs !== undefined && this.#nowMs >= this.#pausedUntilMs) {
      this.#pausedUntilMs = undefined;
      this.#ledger.setPaused(false);
    }
    for (
      let intent = this.#plan.intents[this.#accepted];
      intent !== undefined && this.#nowMs >= TEST_NOW_MS + intent.atMs;
      intent = this.#plan.intents[this.#accepted]
    ) {
      this.#accepted += 1;
      this.#accept(intent, this.#accepted);
    }
    if (this.#startMs !== undefined && this.#nowMs >= this.#startMs) {
      this.#startMs = undefined;
      if (this.#processes.size === 0) this.#start();
      else this.#kicked = true;
    }
  }

  #accept({ kind }: PlannedIntent, n: number): void {
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
      valid_until: kind === 'expiring' ? isoTime(this.#nowMs + EXPIRING_MS) : null,
      created_at: isoTime(this.#nowMs),
    });
    this.#ledger.enqueue(transaction, entry);
    if (this.#processes.size === 0) this.#startMs = this.#nowMs;
    else this.#kicked = true;
  }

  /** Starts a driver, as a message on the queue would. */
  #start(): void {
    this.#started += 1;
    const process: ModelProcess = { id: `invocation-${this.#started}`, alive: true };
    this.#processes.add(process);
    driveLane(
      this.#ports(this.#turns.of(process)),
      MODEL_LANE,
      process.id,
      Deadline.in(RUN_MS, this.#driversClock),
    ).then(
      (run) => this.#ended(process, run),
      (error: unknown) => this.#ended(process, undefined, error),
    );
  }

  #ended(process: ModelProcess, run: LaneRun | undefined, error?: unknown): void {
    if (!process.alive) return;
    this.#turns.end(process);
    this.#processes.delete(process);
    if (error !== undefined && !isMeant(error)) this.#faults.push(String(error));
    if (run === undefined) this.#startLater(REDELIVERY_MS);
    else if (run.kind === 'due') this.#startLater(run.inMs);
    else if (run.kind === 'unfinished') this.#startLater(0);
    if (this.#kicked) this.#startLater(0);
    this.#kicked = false;
  }

  #startLater(afterMs: number): void {
    this.#startMs = Math.min(this.#startMs ?? Number.POSITIVE_INFINITY, this.#nowMs + afterMs);
  }

  /** Lets one of the waiting accesses happen, with whatever the plan has for it. */
  async #next(ready: readonly Parked[]): Promise<void> {
    const choice = this.#plan.choices[this.#chosen % this.#plan.choices.length] ?? 0;
    if (ready.length > 1) this.#chosen += 1;
    const entry = ready[choice % ready.length];
    if (entry === undefined) return;
    const mood = this.#mood(entry);
    this.#advanceTo(this.#nowMs + ACCESS_MS);
    await this.#turns.take(entry, mood);
    if (!entry.process.alive) {
      this.#processes.delete(entry.process);
      this.#startLater(this.#kicked ? 0 : REDELIVERY_MS);
      this.#kicked = false;
    }
  }

  #mood({ port }: Parked): Mood {
    const planned = this.#plan.acts[this.#acts];
    this.#sinceAct += 1;
    if (planned === undefined || this.#sinceAct <= planned.after) return CALM;
    const { act } = planned;
    const isForRpc = act.kind === 'refuse' || act.kind === 'stale read';
    if (isForRpc && port !== 'rpc') return CALM;
    this.#acts += 1;
    this.#sinceAct = 0;
    switch (act.kind) {
      case 'kill':
        return { ...CALM, fate: `kill ${act.when}` };
      case 'fail':
        return port === 'sleep' ? CALM : { ...CALM, fate: `fail ${act.when}` };
      case 'refuse':
        return { ...CALM, refused: true };
      case 'stale read':
        return { ...CALM, staleBy: act.by };
      default:
        this.#happen(act);
        return CALM;
    }
  }

  #happen(act: Act): void {
    switch (act.kind) {
      case 'stale head':
        this.#lags.add(['head'], act.by, 1);
        break;
      case 'reorganise':
        // Deeper ones would undo what was final; how deep those are is the operator's choice of confirmations.
        this.#chain.reorganise(
          Math.min(act.depth, this.#plan.requiredConfirmations - 1),
          act.empty,
          act.forgets,
          this.#nowMs,
        );
        break;
      case 'stale simulation':
        this.#lags.add(['simulation'], act.by, 1);
        break;
      case 'stale receipts':
        this.#lags.add(['receipts'], act.by, act.reads);
        break;
      case 'split nodes':
        this.#lags.add(['receipts', 'blocks'], act.by, act.reads);
        break;
      case 'lie':
        this.#lies.tell(this.#chain.lie(act.depth, act.blocks, act.by, this.#nowMs), act.answers);
        break;
      case 'forget':
        this.#chain.forgetPool();
        break;
      case 'stall':
        this.#chain.stall(act.blocks);
        break;
      case 'spike':
        this.#chain.spike(act.blocks);
        break;
      case 'second driver':
        if (this.#processes.size < MAX_DRIVERS) this.#start();
        break;
      case 'pause':
        this.#ledger.setPaused(true);
        this.#pausedUntilMs = this.#nowMs + act.forMs;
        break;
      case 'revoke':
        if (this.#ledger.contents().custody.status === 'revoked') break;
        this.#ledger.revoke(isoTime(this.#nowMs));
        this.#laws.revoked();
        break;
      case 'stranger':
        this.#chain.poolStranger();
        break;
      case 'cancel':
        this.#request(act.nth, requestCancel);
        break;
      case 'accelerate':
        this.#request(act.nth, requestSpeed('fastest'));
        break;
      case 'slow':
        this.#advanceTo(this.#nowMs + act.ms);
        break;
      default:
        break;
    }
  }

  /** Somebody asks for a change of one of the open transactions, as the API would let them. */
  #request(nth: number, change: ChangeRequest): void {
    const open = this.#ledger.contents().transactions.filter(({ status }) => CHANGEABLE.has(status));
    const transaction = open[nth % Math.max(1, open.length)];
    if (transaction === undefined) return;
    this.#ledger.change(change(transaction, isoTime(this.#nowMs), { actor: 'key_tester', request_id: 'request-2' }));
    if (this.#processes.size === 0) this.#startMs = this.#nowMs;
    else this.#kicked = true;
  }

  #advanceTo(nowMs: number): void {
    while (this.#nextBlockMs <= nowMs) {
      this.#chain.mine(this.#nextBlockMs);
      this.#nextBlockMs += TEST_CHAIN.block_time_ms;
    }
    this.#nowMs = Math.max(this.#nowMs, nowMs);
  }
}
