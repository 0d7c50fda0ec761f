import { BadArguments, parseBenchArguments } from '../bench/arguments.ts';
import { BENCHES, benchUsage } from '../bench/catalogue.ts';
import { withCleanUp } from './clean-up.ts';
import { runInTerminal } from './commands.ts';
import { LocalFailure } from './failure.ts';
import { Instance } from './instance.ts';
import { stopServices } from './services.ts';
import { startHaven } from './start.ts';

/** Benches have a Haven of their own, so that nothing else is on its chain. */
const BENCH_DIRECTORY = '.haven-bench';

/**
 * `npm run bench -- name...`: measures on a new Haven of its own, and takes it down. Without a name it says which there
 * are.
 *
 * @throws LocalFailure when there is no such bench
 */
export async function runBench(_instance: Instance, args: readonly string[]): Promise<number> {
  if (namesIn(args).length === 0) {
    console.log(benchUsage());
    return 0;
  }
  const instance = new Instance(BENCH_DIRECTORY);
  return withCleanUp(instance, async () => {
    // What a run that was killed left behind has a past; measuring begins on a chain without one.
    await stopServices(instance);
    await startHaven(instance);
    return runInTerminal(process.execPath, ['bench/main.ts', ...args], {
      ...process.env,
      HAVEN_LOCAL_DIR: instance.directory,
    });
  });
}

/** Looked at before anything is brought up, which takes a minute. */
function namesIn(args: readonly string[]): readonly string[] {
  try {
    return parseBenchArguments(args, Object.keys(BENCHES)).names;
  } catch (error) {
    if (error instanceof BadArguments) throw new LocalFailure(error.message, benchUsage().replaceAll('\n', '\n  '));
    throw error;
  }
}
