import { runInTerminal } from './commands.ts';
import { Instance } from './instance.ts';
import { stopServices } from './services.ts';
import { startHaven } from './start.ts';

/** Benches have a Haven of their own, so that nothing else is on its chain. */
const BENCH_DIRECTORY = '.haven-bench';

/** `npm run bench [-- name ...]`: measures on a Haven of its own, and takes it down. */
export async function runBench(_instance: Instance, args: readonly string[]): Promise<number> {
  const instance = new Instance(BENCH_DIRECTORY);
  try {
    await startHaven(instance);
    return await runInTerminal(process.execPath, ['bench/main.ts', ...args], {
      ...process.env,
      HAVEN_LOCAL_DIR: instance.directory,
    });
  } finally {
    await stopServices(instance);
  }
}
