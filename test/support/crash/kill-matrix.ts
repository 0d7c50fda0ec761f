import type { LabTables } from '../lane-lab/lab-tables.ts';
import { workLane } from '../lane-lab/lab-worker.ts';
import { type LabLane, LaneLab } from '../lane-lab/lane-lab.ts';
import { expectLaneLaws } from '../lane-lab/lane-laws.ts';
import type { LocalHaven } from '../local-haven.ts';
import { seededRandom } from '../seeded-random.ts';
import type { KillPoint } from './crash-plan.ts';
import { CRASH_CHAIN, type CrashScenario, REFUSING } from './scenarios.ts';
import type { WorkerEnd, WorkerProcesses } from './worker-process.ts';

/** One lane's work in which a worker is killed: at a point of its first execution, and of the one after it. */
export interface KillCase {
  readonly first: KillPoint;
  readonly second: KillPoint;
}

/** What a kill case came to. */
export interface KillResult {
  readonly killed: KillCase;
  readonly wasHit: { readonly first: boolean; readonly second: boolean };
}

/** The next execution begins so long after the last block that the one before it saw, in the lab's time. */
const BETWEEN_EXECUTIONS_MS = 60_000;

/** Accesses that change the state in which the next execution finds a lane. */
const WRITES: ReadonlySet<string> = new Set(['TransactWriteItems', 'eth_sendRawTransaction']);

/** Runs kill cases, one after the other, each on a lane of its own. */
export class KillBench {
  readonly #haven: LocalHaven;
  readonly #tables: LabTables;
  readonly #workers: WorkerProcesses;
  readonly #lab: LaneLab;

  private constructor(haven: LocalHaven, tables: LabTables, workers: WorkerProcesses, lab: LaneLab) {
    this.#haven = haven;
    this.#tables = tables;
    this.#workers = workers;
    this.#lab = lab;
  }

  /** Opens a bench with a chain of its own; whoever opens it closes it. */
  static async open(haven: LocalHaven, tables: LabTables, workers: WorkerProcesses): Promise<KillBench> {
    const lab = await LaneLab.open(haven, tables, CRASH_CHAIN);
    await lab.chain.setReverting(REFUSING);
    return new KillBench(haven, tables, workers, lab);
  }

  /** Ends its chain. */
  close(): Promise<void> {
    return this.#lab.close();
  }

  /**
   * Records what an execution accesses, in order.
   *
   * @param scenario the work
   * @param first where the execution before it was killed; null: it is the first
   */
  async record(scenario: CrashScenario, first: KillPoint | null): Promise<WorkerEnd> {
    const { lane, firstBlock } = await this.#begin(scenario);
    if (first !== null) await this.#execute(lane, first);
    const end = await this.#execute(lane, null);
    await this.#expectDone(scenario, lane, firstBlock);
    return end;
  }

  /** Runs a case to its end: kills where it says, lets a clean worker finish, and asserts what must hold then. */
  async run(scenario: CrashScenario, killed: KillCase): Promise<KillResult> {
    const { lane, firstBlock } = await this.#begin(scenario);
    const first = await this.#execute(lane, killed.first);
    const second = await this.#execute(lane, killed.second);
    await workLane(this.#lab.parts, lane.key);
    await this.#expectDone(scenario, lane, firstBlock);
    return { killed, wasHit: { first: first.wasKilled, second: second.wasKilled } };
  }

  async #begin({ prepare }: CrashScenario): Promise<{ readonly lane: LabLane; readonly firstBlock: number }> {
    const lane = await this.#lab.newLane();
    const firstBlock = await this.#lab.chain.head();
    await prepare(this.#lab, lane);
    return { lane, firstBlock };
  }

  async #execute({ key }: LabLane, kill: KillPoint | null): Promise<WorkerEnd> {
    const {
      config: chain,
      chain: { rpcUrl },
      time,
    } = this.#lab;
    const { info } = this.#haven;
    const startMs = time.clock();
    const end = await this.#workers.run({ info, tables: this.#tables.names, chain, rpcUrl, lane: key, startMs, kill });
    const seenMs = Math.max(0, (await this.#lab.chain.headTimeMs()) - time.clock());
    time.skip(seenMs + BETWEEN_EXECUTIONS_MS);
    return end;
  }

  async #expectDone(
    { ends, foreignNonces, expectTaken }: CrashScenario,
    lane: LabLane,
    firstBlock: number,
  ): Promise<void> {
    await expectLaneLaws(this.#lab, lane, ends, firstBlock, foreignNonces);
    expectTaken(await this.#lab.transactions(lane));
  }
}

/** Both sides of every access. */
export function killPoints({ accesses }: WorkerEnd): readonly KillPoint[] {
  return accesses.flatMap((_, index) => [
    { index, side: 'before' as const },
    { index, side: 'after' as const },
  ]);
}

/**
 * The same with one point for each two between which nothing happens outside the process: before an access is after the one
 * ahead of it, unless that has no answer yet.
 */
export function distinctKillPoints(end: WorkerEnd): readonly KillPoint[] {
  return killPoints(end).filter(
    ({ index, side }) => side === 'after' || index === 0 || end.accesses[index]?.isBeside === true,
  );
}

/**
 * Names the state in which a worker killed at a point leaves a lane: how much was written and how many blocks were mined.
 */
export function stateAt({ accesses }: WorkerEnd, { index, side }: KillPoint): string {
  const done = accesses.slice(0, side === 'after' ? index + 1 : index);
  const writes = done.filter(({ name }) => WRITES.has(name)).length;
  return `${writes} writes, ${accesses[index]?.blocksBefore ?? 0} blocks`;
}

/** One of the points that leave a lane in the same state, for each state; the same for the same seed. */
export function onePointByState(end: WorkerEnd, seed: number): readonly KillPoint[] {
  const points = shuffled(distinctKillPoints(end), seed);
  return [...Map.groupBy(points, (point) => stateAt(end, point)).values()].flatMap(([point]) => point ?? []);
}

/** In another order, the same for the same seed (Fisher and Yates). */
export function shuffled<T>(items: readonly T[], seed: number): readonly T[] {
  const random = seededRandom(seed);
  return items
    .map((item) => ({ item, order: random() }))
    .toSorted((a, b) => a.order - b.order)
    .map(({ item }) => item);
}
