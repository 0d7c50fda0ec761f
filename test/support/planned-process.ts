import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { ROOT } from '#local/instance.ts';
import type { KillPoint } from './crash/crash-plan.ts';
import type { LocalHaven } from './local-haven.ts';

/** By default: a process that does more than this hangs. */
const TIMEOUT_MS = 90_000;

/**
 * Runs a process of `test/support/processes` to its end.
 *
 * @param script the name of its file there
 * @param plan what it is told, as JSON on its standard input: of which local stage, and where it dies
 * @param timeoutMs after which it hangs
 * @returns what it printed; undefined when it was killed as its plan says
 * @throws Error with what it said when it ended in any other way
 */
export async function runPlanned(
  script: string,
  plan: { readonly info: LocalHaven['info']; readonly kill?: KillPoint | undefined },
  timeoutMs = TIMEOUT_MS,
): Promise<string | undefined> {
  const child = spawn(process.execPath, [`test/support/processes/${script}`], {
    cwd: ROOT,
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: timeoutMs,
  });
  child.stdin.end(JSON.stringify(plan));
  const ended = new Promise<number | string | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(signal ?? code));
  });
  const [said, complaints, end] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  if (end === 'SIGKILL' && plan.kill !== undefined) return undefined;
  if (end !== 0) throw new Error(`The process ended with ${end}:\n${complaints}`);
  return said;
}
