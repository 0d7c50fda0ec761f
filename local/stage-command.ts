import { parseArgs } from 'node:util';
import { awsEnvironment } from './aws-environment.ts';
import { runInTerminal } from './commands.ts';
import { LocalFailure } from './failure.ts';
import type { Instance } from './instance.ts';

const LOCAL_STAGE = 'local';

/**
 * `npm run data:<command>`: runs a command on all of a stage's data, as `runKeys` runs one on keys.
 *
 * @throws LocalFailure when the local stage is not up
 */
export async function runData(instance: Instance, args: readonly string[]): Promise<number> {
  return runInTerminal(process.execPath, ['bin/data/main.ts', ...args], environmentFor(instance, args));
}

/**
 * `npm run keys:<command>`: runs a command on keys, with the AWS settings of whoever calls it; on the stage `local` with
 * those of the local endpoint, and no others.
 *
 * @throws LocalFailure when the local stage is not up
 */
export async function runKeys(instance: Instance, args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  // A command of its own: it needs an administrator's rights, and no role of those who work on keys.
  const script = name === 'orphans' ? ['bin/kms-orphans.ts', ...rest] : ['bin/keys/main.ts', ...args];
  return runInTerminal(process.execPath, script, environmentFor(instance, args));
}

/**
 * `npx haven ...`: the commands of the API. With `--stage local` it asks the Haven that is up here, with its admin key.
 *
 * @throws LocalFailure when the local stage is not up, or another one is named: those are named by their URL
 */
export async function runCli(instance: Instance, args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: { stage: { type: 'string' } }, strict: false });
  if (values.stage === undefined) return runInTerminal(process.execPath, ['bin/cli/main.ts', ...args]);
  if (values.stage !== LOCAL_STAGE) {
    throw new LocalFailure('--stage can be local only', 'name another Haven by its URL: HAVEN_API_URL or --api-url');
  }
  const info = instance.info();
  if (info === undefined) throw new LocalFailure('Haven is not up', 'npm start brings it up');
  const env = { ...process.env, HAVEN_API_URL: info.apiUrl, HAVEN_API_KEY: info.adminApiKey };
  return runInTerminal(process.execPath, ['bin/cli/main.ts', ...args], env);
}

/**
 * `npm run payments:export`: writes a stage's payments, as `runData` runs a command on its data.
 *
 * @throws LocalFailure when the local stage is not up
 */
export async function runPaymentsExport(instance: Instance, args: readonly string[]): Promise<number> {
  return runInTerminal(process.execPath, ['bin/payments/export.ts', ...args], environmentFor(instance, args));
}

function environmentFor(instance: Instance, args: readonly string[]): NodeJS.ProcessEnv {
  // Strict parsing is the command's own: it says what it doesn't understand.
  const { values } = parseArgs({ args: [...args], options: { stage: { type: 'string' } }, strict: false });
  if (values.stage !== LOCAL_STAGE) return process.env;
  const info = instance.info();
  if (info === undefined) throw new LocalFailure('Haven is not up', 'npm start brings it up');
  return awsEnvironment(info.awsEndpointUrl);
}
