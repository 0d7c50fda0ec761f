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
 * @param killWhen asked now and then; once it says so, the command is killed with a signal that nothing can catch
 */
export async function runDataCommand(
  haven: Pick<LocalHaven, 'info'>,
  args: readonly string[],
  killWhen?: () => Promise<boolean>,
): Promise<DataRun> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', 'bin/data/main.ts', ...args], {
    cwd: ROOT,
    env: awsEnvironment(haven.info.awsEndpointUrl),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let hasEnded = false;
  const ended = new Promise<number | null>((resolve) =>
    child.once('close', (code) => {
      hasEnded = true;
      resolve(code);
    }),
  );
  const killed = (async () => {
    while (killWhen !== undefined && !hasEnded) if (await killWhen()) child.kill('SIGKILL');
  })();
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended, killed]);
  return { code, stdout, stderr };
}
