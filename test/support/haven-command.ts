import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { ROOT } from '#local/instance.ts';

/** How a command ended. */
export interface CommandRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a command of the API, as `npx haven` does.
 *
 * @param env its settings: HAVEN_API_URL and the key; those of this process are left out
 * @param isRead whether anybody reads its results
 */
export async function runHavenCommand(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  isRead = true,
): Promise<CommandRun> {
  const { HAVEN_API_URL: _url, HAVEN_API_KEY: _key, HAVEN_API_KEY_FILE: _file, ...rest } = process.env;
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', 'bin/cli/main.ts', ...args], {
    cwd: ROOT,
    env: { ...rest, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  if (!isRead) child.stdout.destroy();
  const [stdout, stderr, code] = await Promise.all([isRead ? text(child.stdout) : '', text(child.stderr), ended]);
  return { code, stdout, stderr };
}
