import { Deadline } from '#shared/platform/deadline.ts';
import { driveLane, type LaneRun } from '#shared/transactions/lane/driver.ts';
import type { LaneDependencies } from '#shared/transactions/lane/lane-dependencies.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { TEST_CHAIN } from '#test/support/fakes/ledger-transactions.ts';
import { createRecordingMetrics, type RecordingMetrics } from '#test/support/fakes/recording-metrics.ts';
import { Arrivals } from './arrivals.ts';
import { driverPorts } from './driver-ports.ts';
import { happen, type Stage } from './happen.ts';
import { Lags } from './lags.ts';
import { type LaneLedger, type LedgerContents, MODEL_LANE } from './lane-ledger.ts';
import type { LanePlan } from './lane-plan.ts';
import { Lies } from './lies.ts';
import type { Watch } from './memory-ledger.ts';
import { ModelChain } from './model-chain.ts';
import { createModelNode, type ModelNode } from './model-node.ts';
import { ModelTime } from './model-time.ts';
import { OtherEndpoint } from './other-endpoint.ts';
import { StepLaws } from './step-laws.ts';
import { CALM, isMeant, type ModelProcess, type Mood, type Parked, type Turn, Turns } from './turns.ts';
import { WordLaws } from './word-laws.ts';

/** What a run of the model came to. */
export interface LaneOutcome {
  /** Whether all work was done before the run was given up. */
  readonly atRest: boolean;
  /** What was done that may never be done, in words. */
  readonly violations: readonly string[];
  readonly contents: LedgerContents;
  /** Every transition that happened: `signed mined`. */
  readonly transitions: ReadonlySet<string>;
  readonly chain: ModelChain;
  /** Errors that ended a driver's run and were not meant by the plan. */
  readonly faults: readonly string[];
  /** Transactions that the node refused because they were too many of the account. */
  readonly tooMany: number;
  /** What the drivers counted. */
  readonly counts: ReturnType<RecordingMetrics['counts']>;
  /** Questions to the other endpoint while something was the matter with it, by what. */
  readonly otherQuestions: OtherEndpoint['questions'];
  /** Transactions that ended by one endpoint's word, because the other was away. */
  readonly endedAlone: number;
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
/** A driver that has nothing to wait for after that many turns of the event loop is stuck. */
const MAX_IDLE_TURNS = 50;

/**
 * Runs lane drivers against a model chain until all work is done, as a plan has it: every access of every driver to a
 * port happens one at a time, and may fail or be its process's last.
 */
export class LaneWorld {
  readonly #plan: LanePlan;
  readonly #stage: Stage;
  readonly #node: ModelNode;
  readonly #words: WordLaws;
  readonly #metrics = createRecordingMetrics();
  readonly #turns = new Turns();
  readonly #processes = new Set<ModelProcess>();
  readonly #faults: string[] = [];
  readonly #ports: (turn: Turn) => LaneDependencies;
  readonly #driversClock = () => this.#stage.time.now() + this.#plan.skewMs;
  #startMs: number | undefined;
  #kicked = false;
  #started = 0;
  #acts = 0;
  #sinceAct = 0;
  #chosen = 0;

  constructor(plan: LanePlan, makeLedger: (watch: Watch) => LaneLedger) {
    this.#plan = plan;
    // Others refuse what is more, and Anvil keeps all that it is given.
    const limits = plan.dialect === 'geth' ? plan.limits : undefined;
    const chain = new ModelChain({ ...plan, limits }, TEST_NOW_MS);
    const time = new ModelTime(chain);
    const onBytes = (bytes: string) => {
      if (!ledger.hasBytes(bytes)) laws.violations.push('bytes were broadcast before they were stored');
    };
    const node = createModelNode(chain, plan.dialect, onBytes, plan.limits);
    this.#node = node;
    const other = new OtherEndpoint(chain, node, time.now);
    const words = new WordLaws(other, chain, time.now);
    const all = () => ledger.contents().transactions;
    const laws = new StepLaws(plan, chain, time.now, all, plan.hasOther ? words : undefined);
    const ledger = makeLedger((before, after) => laws.check(before, after));
    this.#words = words;
    const kick = () => this.#kick();
    this.#stage = {
      node,
      plan,
      chain,
      ledger,
      time,
      laws,
      lags: new Lags(),
      lies: new Lies(),
      other,
      arrivals: new Arrivals(plan, chain, ledger, time, kick),
      startBeside: () => {
        if (this.#processes.size < MAX_DRIVERS) this.#start();
      },
      kick,
    };
    this.#ports = driverPorts({
      ledger,
      chain: { ...TEST_CHAIN, in_flight_cap: plan.cap, required_confirmations: plan.requiredConfirmations },
      node,
      lags: this.#stage.lags,
      lies: this.#stage.lies,
      other: plan.hasOther ? other : undefined,
      metrics: this.#metrics.metrics,
      clock: this.#driversClock,
      trueClock: time.now,
    });
  }

  /** Runs the plan. */
  async run(): Promise<LaneOutcome> {
    const { arrivals, time, laws, ledger, chain } = this.#stage;
    let accesses = 0;
    let atRest = false;
    while (accesses < MAX_ACCESSES && !atRest) {
      arrivals.arrive();
      this.#startDue();
      await this.#settled();
      const ready = this.#turns.parked.filter(({ wakeAtMs }) => wakeAtMs <= time.now());
      if (ready.length > 0) {
        accesses += 1;
        await this.#next(ready);
      } else {
        const wakes = this.#turns.parked.map(({ wakeAtMs }) => wakeAtMs);
        const nextMs = Math.min(...wakes, ...arrivals.dueMs(), this.#startMs ?? Number.POSITIVE_INFINITY);
        if (nextMs === Number.POSITIVE_INFINITY) atRest = true;
        else time.advanceTo(nextMs);
      }
    }
    if (atRest && this.#processes.size > 0) laws.violations.push('a driver waits for nothing');
    return {
      atRest,
      violations: laws.violations,
      transitions: laws.transitions,
      contents: ledger.contents(),
      chain,
      faults: this.#faults,
      tooMany: this.#node.tooMany(),
      counts: this.#metrics.counts(),
      otherQuestions: this.#stage.other.questions,
      endedAlone: this.#words.endedAlone,
    };
  }

  /** Waits until every driver waits for a port. */
  async #settled(): Promise<void> {
    for (let idle = 0; idle < MAX_IDLE_TURNS; idle += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      const waiting = new Set(this.#turns.parked.map(({ process }) => process));
      if ([...this.#processes].every((process) => waiting.has(process))) return;
    }
  }

  #startDue(): void {
    if (this.#startMs === undefined || this.#stage.time.now() < this.#startMs) return;
    this.#startMs = undefined;
    if (this.#processes.size === 0) this.#start();
    else this.#kicked = true;
  }

  /** A message comes that says that there is news. */
  #kick(): void {
    if (this.#processes.size === 0) this.#startMs = this.#stage.time.now();
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
    this.#startMs = Math.min(this.#startMs ?? Number.POSITIVE_INFINITY, this.#stage.time.now() + afterMs);
  }

  /** Lets one of the waiting accesses happen, with whatever the plan has for it. */
  async #next(ready: readonly Parked[]): Promise<void> {
    const choice = this.#plan.choices[this.#chosen % this.#plan.choices.length] ?? 0;
    if (ready.length > 1) this.#chosen += 1;
    const entry = ready[choice % ready.length];
    if (entry === undefined) return;
    const mood = this.#mood(entry);
    this.#stage.time.advanceTo(this.#stage.time.now() + ACCESS_MS);
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
        happen(act, this.#stage);
        return CALM;
    }
  }
}
