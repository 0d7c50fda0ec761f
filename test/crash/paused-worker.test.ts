import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { standAround } from '#test/support/crash/access-points.ts';
import { inProcess } from '#test/support/in-process.ts';
import { createLabTables, type LabTables } from '#test/support/lane-lab/lab-tables.ts';
import { workLane } from '#test/support/lane-lab/lab-worker.ts';
import { LaneLab } from '#test/support/lane-lab/lane-lab.ts';
import { expectLaneLaws } from '#test/support/lane-lab/lane-laws.ts';
import { type LocalHaven, localHaven } from '#test/support/local-haven.ts';

const INTENTS = [{ valueWei: 1n }, { valueWei: 2n }, { valueWei: 3n }];
const ENDS = INTENTS.map(({ valueWei }) => ({ valueWei, status: 'confirmed' as const }));

let haven: LocalHaven;
let tables: LabTables;
let lab: LaneLab;

beforeAll(async () => {
  haven = localHaven();
  tables = await createLabTables(haven.info.awsEndpointUrl);
  lab = await LaneLab.open(haven, tables, { block_time_ms: 12_000, required_confirmations: 2 });
});
afterAll(async () => {
  await lab.close();
  await tables.drop();
});

/**
 * Lets one worker stop before one of its accesses while another does all that is left to do, as when a message comes back to
 * its queue too soon; then the first goes on with what it knew.
 *
 * @param pauseAt at which access; none: it isn't paused
 * @returns how many accesses the first worker made
 */
async function runBeside(pauseAt?: number): Promise<number> {
  const lane = await lab.newLane();
  const firstBlock = await lab.chain.head();
  await lab.accept(lane, INTENTS);
  // A URL that only this worker uses: its requests are told from the other's.
  const rpcUrl = `${lab.chain.rpcUrl}/?paused`;
  const { clock, sleep } = lab.time;
  const own = { tables: tables.names, queues: tables.queues, chains: [lab.config] };
  const paused = await inProcess(haven, { ...own, rpcUrl, clock, sleep });
  let accesses = 0;
  const stop = standAround(paused, [rpcUrl], async (_name, effect) => {
    const index = accesses;
    accesses += 1;
    if (index === pauseAt) await workLane(lab.parts, lane.key);
    return effect();
  });
  try {
    await workLane(paused, lane.key);
  } finally {
    stop();
  }
  await workLane(lab.parts, lane.key);
  await expectLaneLaws(lab, lane, ENDS, firstBlock);
  return accesses;
}

describe('two lane workers on one lane', () => {
  it('send everything once, wherever the first stands still while the second does all of the work', async () => {
    const accesses = await runBeside();
    for (let index = 0; index < accesses; index += 1) await runBeside(index);
    process.stdout.write(`\n  Stood still before each of ${accesses} accesses\n`);
    expect(accesses).toBeGreaterThan(20);
  });
});
