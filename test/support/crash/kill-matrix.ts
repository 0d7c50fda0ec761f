import type { InProcess } from '../in-process.ts';
import type { LabTables } from '../lane-lab/lab-tables.ts';
import { workLane } from '../lane-lab/lab-worker.ts';
import { type LabLane, LaneLab } from '../lane-lab/lane-lab.ts';
import { expectLaneLaws } from '../lane-lab/lane-laws.ts';
import type { LocalHaven } from '../local-haven.ts';
import type { RpcProxy } from '../rpc-proxy.ts';
import type { CrashPlan, KillPoint } from './crash-plan.ts';
import { startDoubtingEndpoint } from './doubting-endpoint.ts';
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

/** Runs kill cases, one after the other, each on a lane of its own. */
export class KillBench {
  readonly #haven: LocalHaven;
  readonly #tables: LabTables;
  readonly #workers: WorkerProcesses<CrashPlan>;
  readonly #lab: LaneLab;
  readonly #other: RpcProxy;
  /** Parts of a worker that also asks the other endpoint. */
  readonly #doubted: InProcess;

  private constructor(
    haven: LocalHaven,
    tables: LabTables,
    workers: WorkerProcesses<CrashPlan>,
    lab: LaneLab,
    other: RpcProxy,
    doubted: InProcess,
  ) {
    this.#haven = haven;
    this.#tables = tables;
    this.#workers = workers;
    this.#lab = lab;
    this.#other = other;
    this.#doubted = doubted;
  }

  /** Opens a bench with a chain of its own; whoever opens it closes it. */
  static async open(haven: LocalHaven, tables: LabTables, workers: WorkerProcesses<CrashPlan>): Promise<KillBench> {
    const lab = await LaneLab.open(haven, tables, CRASH_CHAIN);
    await lab.chain.setReverting(REFUSING);
    const other = await startDoubtingEndpoint(lab.chain.rpcUrl, CRASH_CHAIN.required_confirmations);
    return new KillBench(haven, tables, workers, lab, other, await lab.partsWith([other.url]));
  }

  /** Ends its chain. */
  async close(): Promise<void> {
    await this.#other.close();
    await this.#lab.close();
  }

  /**
   * Records what an execution accesses, in order.
   *
   * @param scenario the work
   * @param first where the execution before it was killed; null: it is the first
   */
  async record(scenario: CrashScenario, first: KillPoint | null): Promise<WorkerEnd> {
    const { lane, firstBlock } = await this.#begin(scenario);
    if (first !== null) await this.#execute(scenario, lane, first);
    const end = await this.#execute(scenario, lane, null);
    await this.#expectDone(scenario, lane, firstBlock);
    return end;
  }

  /** Runs a case to its end: kills where it says, lets a clean worker finish, and asserts what must hold then. */
  async run(scenario: CrashScenario, killed: KillCase): Promise<KillResult> {
    const { lane, firstBlock } = await this.#begin(scenario);
    const first = await this.#execute(scenario, lane, killed.first);
    const second = await this.#execute(scenario, lane, killed.second);
    await workLane(scenario.hasDoubts ? this.#doubted : this.#lab.parts, lane.key);
    await this.#expectDone(scenario, lane, firstBlock);
    return { killed, wasHit: { first: first.wasKilled, second: second.wasKilled } };
  }

  async #begin({ prepare }: CrashScenario): Promise<{ readonly lane: LabLane; readonly firstBlock: number }> {
    const lane = await this.#lab.newLane();
    const firstBlock = await this.#lab.chain.head();
    await prepare(this.#lab, lane);
    return { lane, firstBlock };
  }

  async #execute({ hasDoubts }: CrashScenario, { key }: LabLane, kill: KillPoint | null): Promise<WorkerEnd> {
    const {
      config: chain,
      chain: { rpcUrl },
      time,
    } = this.#lab;
    const { info } = this.#haven;
    const startMs = time.clock();
    const otherRpcUrls = hasDoubts ? [this.#other.url] : [];
    const { names: tables, queues } = this.#tables;
    const { walletKeyArn } = this.#lab.parts;
    const own = { tables, queues, walletKeyArn, chain, rpcUrl, otherRpcUrls };
    const end = await this.#workers.run({ info, ...own, lane: key, startMs, kill });
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
