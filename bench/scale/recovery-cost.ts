import type { CrashPlan, KillPoint } from '#test/support/crash/crash-plan.ts';
import { type WorkerEnd, WorkerProcesses } from '#test/support/crash/worker-process.ts';
import { createLabTables, type LabTables } from '#test/support/lane-lab/lab-tables.ts';
import { type LabLane, LaneLab } from '#test/support/lane-lab/lane-lab.ts';
import type { LocalHaven } from '#test/support/local-haven.ts';
import { seededRandom } from '#test/support/seeded-random.ts';

/** Executions; each finds one transaction more than the one before it. */
const EXECUTIONS = 100;
const SEED = 20_261_122;
/** Every execution that finds something to send makes more accesses than this, so every kill hits. */
const KILLED_WITHIN = 20;
/** A message whose worker died comes back after its hold. */
const RETURN_MS = 6_000;

/** What the work on one lane's transactions took. */
export interface RecoveryCost {
  readonly kills: number;
  readonly transactions: number;
  /** Of all executions, by what they were made to: accesses of killed ones count. */
  readonly awsCalls: number;
  readonly rpcRequests: number;
  /** Of them by the last worker, which leaves the lane at rest. */
  readonly lastAwsCalls: number;
  /** Of the chain's time, that the last worker took; most of it is waiting for blocks. */
  readonly lastSeconds: number;
}

/**
 * Measures what a hundred kills cost: a hundred times a transaction is accepted and a process works the lane, and is killed
 * at an access drawn with a fixed seed; a last one lives. Beside it another lane, where none is killed. Both end with every
 * transaction on the chain once, or the bench fails.
 */
export async function measureRecovery(
  haven: LocalHaven,
  say: (text: string) => void,
): Promise<readonly RecoveryCost[]> {
  const tables = await createLabTables(haven.info.awsEndpointUrl);
  const workers = new WorkerProcesses<CrashPlan>('lane-worker.ts');
  try {
    await workers.prepare();
    const costs: RecoveryCost[] = [];
    for (const isKilled of [false, true]) {
      say(`${EXECUTIONS} workers on one lane, ${isKilled ? 'each' : 'none'} of them killed`);
      costs.push(await work(haven, tables, workers, isKilled));
    }
    return costs;
  } finally {
    workers.remove();
    await tables.drop();
  }
}

async function work(
  haven: LocalHaven,
  tables: LabTables,
  workers: WorkerProcesses<CrashPlan>,
  isKilled: boolean,
): Promise<RecoveryCost> {
  const lab = await LaneLab.open(haven, tables);
  try {
    const lane = await lab.newLane();
    const random = seededRandom(SEED);
    const ends: WorkerEnd[] = [];
    for (let nth = 1; nth <= EXECUTIONS; nth += 1) {
      await lab.accept(lane, [{ valueWei: BigInt(nth) }]);
      const kill = { index: Math.floor(random() * KILLED_WITHIN), side: random() < 0.5 ? 'before' : 'after' } as const;
      ends.push(await workers.run(await planFor(haven, tables, lab, lane, isKilled ? kill : null)));
    }
    const startMs = await lab.chain.headTimeMs();
    const last = await workers.run(await planFor(haven, tables, lab, lane, null));
    ends.push(last);
    const lastSeconds = ((await lab.chain.headTimeMs()) - startMs) / 1000;
    await checkChain(lab, lane);
    const all = ends.map(countCalls);
    const sum = (pick: (of: (typeof all)[number]) => number) => all.reduce((total, of) => total + pick(of), 0);
    return {
      kills: ends.filter(({ wasKilled }) => wasKilled).length,
      transactions: EXECUTIONS,
      awsCalls: sum(({ aws }) => aws),
      rpcRequests: sum(({ rpc }) => rpc),
      lastAwsCalls: countCalls(last).aws,
      lastSeconds,
    };
  } finally {
    await lab.close();
  }
}

function countCalls({ accesses }: WorkerEnd): { readonly aws: number; readonly rpc: number } {
  const rpc = accesses.filter(({ name }) => name.startsWith('eth_')).length;
  return { aws: accesses.length - rpc, rpc };
}

async function planFor(
  { info }: LocalHaven,
  tables: LabTables,
  lab: LaneLab,
  lane: LabLane,
  kill: KillPoint | null,
): Promise<CrashPlan> {
  const startMs = (await lab.chain.headTimeMs()) + RETURN_MS;
  const {
    config: chain,
    chain: { rpcUrl },
    parts: { queues, walletKeyArn },
  } = lab;
  const own = { tables: tables.names, queues, walletKeyArn, chain, rpcUrl, otherRpcUrls: [] };
  return { info, ...own, lane: lane.key, startMs, kill };
}

/** @throws Error when not every transaction is on the chain once, with consecutive nonces */
async function checkChain(lab: LaneLab, lane: LabLane): Promise<void> {
  const mined = await lab.chain.history(lane.wallet.address);
  const values = new Set(mined.map(({ valueWei }) => valueWei));
  const isConsecutive = mined.every(({ nonce }, index) => nonce === index);
  if (mined.length !== EXECUTIONS || values.size !== EXECUTIONS || !isConsecutive) {
    throw new Error(`${mined.length} transactions are on the chain, of ${values.size} intents out of ${EXECUTIONS}`);
  }
}
