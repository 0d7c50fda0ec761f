import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { awsEnvironment } from '#local/aws-environment.ts';
import { ROOT } from '#local/instance.ts';
import type { LocalHaven } from './local-haven.ts';

/** How a command on data ended. */
export interface DataRun {
  /** null: it was killed. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a command on data, as `npm run data:…` does.
 *
 * @param killAt what it prints when it is killed, with a signal that nothing can catch
 * @param file of the command, where it is another than those on all data
 */
export async function runDataCommand(
  haven: Pick<LocalHaven, 'info'>,
  args: readonly string[],
  killAt?: string,
  file = 'bin/data/main.ts',
): Promise<DataRun> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', file, ...args], {
    cwd: ROOT,
    env: awsEnvironment(haven.info.awsEndpointUrl),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  let printed = '';
  child.stdout.on('data', (chunk: Buffer) => {
    printed += chunk.toString('utf8');
    if (killAt !== undefined && printed.includes(killAt)) child.kill('SIGKILL');
  });
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, stdout, stderr };
}
