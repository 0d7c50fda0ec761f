import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { awsEnvironment } from '#local/aws-environment.ts';
import { ROOT } from '#local/instance.ts';
import type { LocalHaven } from './local-haven.ts';

/** How a command on keys ended. */
export interface KeysRun {
  /** null: it was killed. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How often a journal is looked at; a row takes longer. */
const LOOK_EVERY_MS = 5;

/**
 * Runs a command on keys as npm does, on the local stage.
 *
 * @param killAfter SIGKILL as soon as a journal has that many lines
 */
export async function runKeysCommand(
  haven: Pick<LocalHaven, 'info'>,
  args: readonly string[],
  killAfter?: { readonly journal: string; readonly lines: number },
): Promise<KeysRun> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', 'bin/keys/main.ts', ...args], {
    cwd: ROOT,
    env: { ...awsEnvironment(haven.info.awsEndpointUrl), INIT_CWD: ROOT },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const look =
    killAfter === undefined
      ? undefined
      : setInterval(() => {
          if (linesOf(killAfter.journal) >= killAfter.lines) child.kill('SIGKILL');
        }, LOOK_EVERY_MS);
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  clearInterval(look);
  return { code, stdout, stderr };
}

/** How many lines a file has; none when it isn't there. */
export function linesOf(path: string): number {
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n').length - 1 : 0;
}
