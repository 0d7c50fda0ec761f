import { inProcess } from '#test/support/in-process.ts';
import { localHaven } from '#test/support/local-haven.ts';
import type { BenchContext, BenchReport } from '../bench.ts';
import { walletWithHaven } from './accounts.ts';
import { measureBundles } from './bundle-times.ts';
import { withoutLaneKicker } from './deployed-kicker.ts';
import { raceWithFaults } from './fault-race.ts';
import { COUNTED_BATCHES, countOperations } from './operation-counts.ts';
import { race } from './race.ts';
import { lanesReport } from './report.ts';
import { measureStorePace } from './store-pace.ts';

/** Enough for a 95th percentile of one at once and a 99th of ten and a hundred; some ten minutes on two cores. */
const DEFAULT_ROUNDS = 5;

/**
 * Measures how one wallet sends: Haven as it is deployed, Haven's driver alone, and two libraries, in turns on the same
 * chain; what becomes of transfers when the node fails now and then; what Haven uses of AWS; what its functions weigh.
 */
export async function lanesBench({ rounds = DEFAULT_ROUNDS, say }: BenchContext): Promise<BenchReport> {
  const haven = localHaven();
  return withoutLaneKicker(haven.info.awsEndpointUrl, async () => {
    const raced = await race(haven, rounds, say);
    const faults = await raceWithFaults(haven, say);
    say('counting AWS calls and units');
    // Parts of its own: those that are timed must not be slowed by counting.
    const counted = await inProcess(haven);
    const { operations, shapes } = await countOperations(haven.info, counted, await walletWithHaven(haven));
    say('writing as much, and nothing else');
    const { client, tables } = await inProcess(haven);
    const pace = await measureStorePace(client, tables.ledger, shapes, Math.max(...COUNTED_BATCHES));
    say('importing bundles');
    const weighed = await measureBundles(haven.info.awsEndpointUrl);
    return lanesReport({ rounds, ...raced, ...weighed, faults, counts: operations, pace });
  });
}
