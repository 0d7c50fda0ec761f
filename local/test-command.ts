import { join } from 'node:path';
import { runChecks } from './check-command.ts';
import { withCleanUp } from './clean-up.ts';
import { runInTerminal } from './commands.ts';
import { Instance, type LocalInfo, ROOT } from './instance.ts';
import { stopServices } from './services.ts';
import { startHaven } from './start.ts';

/** Tests have a Haven of their own beside one that may be running; this is its folder. */
const TEST_DIRECTORY = '.haven-test';

/** Looks through everything that is stored, and so comes after all that stores. */
const KEY_SEARCH = '**/key-material.test.ts';

/**
 * Where Node keeps what it has compiled, for all processes that the tests start: hundreds load the same modules, and most of them do
 * little else. Beside the packages, so that it goes with them; not in the Haven's folder, which is searched for key material.
 */
const COMPILED = join(ROOT, 'node_modules', '.cache', 'haven-compiled');

/** One step of a run of all tests. */
interface Step {
  readonly what: string;
  readonly run: () => Promise<number>;
}

/**
 * `npm test`: checks, then every kind of test, from the fast ones without services to those on a deployed stack of
 * their own, which is taken down at the end whatever happens. Stops at the first step that fails.
 */
export async function runTests(): Promise<number> {
  const instance = new Instance(TEST_DIRECTORY);
  process.env['NODE_COMPILE_CACHE'] ??= COMPILED;
  // What a run that was killed left behind has a past, and may be half changed by a test.
  await stopServices(instance);
  return withCleanUp(instance, () =>
    runSteps([
      { what: 'checks', run: () => runChecks(instance) },
      {
        what: 'unit, property, model and infrastructure tests',
        run: () => vitest('unit', 'property', 'model', 'infra'),
      },
      { what: 'a Haven to test', run: () => bringUp(instance) },
      { what: 'integration tests', run: () => vitestOn(instance, 'integration') },
      { what: 'crash tests of the lane worker', run: () => vitestOn(instance, 'crash') },
      { what: 'end-to-end tests', run: () => vitestOn(instance, 'e2e*', '--exclude', KEY_SEARCH) },
      // Last, when everything that the others did has left its traces.
      { what: 'search for key material', run: () => vitestOn(instance, 'e2e-alone', 'key-material') },
    ]),
  );
}

/** `npm run test:crash -- --runs N`: the crash tests for longer than `npm test` runs them. */
export async function runCrashTests(_instance: Instance, args: readonly string[]): Promise<number> {
  const instance = new Instance(TEST_DIRECTORY);
  const flag = args.indexOf('--runs');
  const runs = flag === -1 ? '1' : (args[flag + 1] ?? '1');
  if (!/^[1-9]\d{0,3}$/.test(runs)) {
    console.error('✖ --runs must be a whole number from 1 to 9999');
    return 1;
  }
  return withCleanUp(instance, () =>
    runSteps([
      { what: 'a Haven to test', run: () => bringUp(instance) },
      {
        what: `crash tests, ${runs} times`,
        run: () =>
          runInTerminal('vitest', ['run', '--project', 'crash', '--project', 'e2e-crash', 'crash'], {
            ...environmentOf(instance),
            HAVEN_CRASH_RUNS: runs,
          }),
      },
    ]),
  );
}

async function bringUp(instance: Instance): Promise<number> {
  const info: LocalInfo = await startHaven(instance);
  console.log(`  Haven under test: ${info.apiUrl}`);
  return 0;
}

function vitest(...projects: readonly string[]): Promise<number> {
  return runInTerminal('vitest', ['run', ...projects.flatMap((project) => ['--project', project])]);
}

function vitestOn(instance: Instance, project: string, ...args: readonly string[]): Promise<number> {
  return runInTerminal('vitest', ['run', '--project', project, ...args], environmentOf(instance));
}

function environmentOf(instance: Instance): NodeJS.ProcessEnv {
  return { ...process.env, HAVEN_LOCAL_DIR: instance.directory };
}

async function runSteps(steps: readonly Step[]): Promise<number> {
  for (const { what, run } of steps) {
    console.log(`\n■ ${what}`);
    const began = performance.now();
    const code = await run();
    const took = `${((performance.now() - began) / 1000).toFixed(1)} s`;
    if (code !== 0) {
      console.error(`\n✖ ${what} failed after ${took}`);
      return code;
    }
    console.log(`✔ ${what} (${took})`);
  }
  return 0;
}
