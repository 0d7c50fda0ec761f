import { createHash } from 'node:crypto';
import { existsSync, linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { run } from './commands.ts';
import { LocalFailure } from './failure.ts';
import { processSchema, ROOT } from './instance.ts';
import { ENDPOINT_WAYS, type Python } from './preflight.ts';
import { isRunning, thisProcess } from './process-control.ts';

const ENVIRONMENT = join(ROOT, '.venv');
const REQUIREMENTS = join(ROOT, 'local', 'aws-endpoint', 'requirements.txt');
const STAMP = join(ENVIRONMENT, '.haven-requirements');
const LOCK = join(ROOT, '.venv.lock');
const LOCK_POLL_MS = 200;

/**
 * The Python of a private virtual environment with the pinned local AWS endpoint in it; made when it is missing or
 * its requirements have changed.
 *
 * @param report says what is going on
 * @throws LocalFailure
 */
export async function pythonEnvironment(python: Python, report: (text: string) => void): Promise<string> {
  const binary = join(ENVIRONMENT, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
  const wanted = createHash('sha256').update(readFileSync(REQUIREMENTS)).update(python.version).digest('hex');
  if (isReady(binary, wanted)) return binary;
  await locked(async () => {
    if (isReady(binary, wanted)) return;
    report(`Installing the local AWS endpoint into .venv (Python ${python.version})`);
    rmSync(ENVIRONMENT, { recursive: true, force: true });
    try {
      await run(python.command, ['-m', 'venv', ENVIRONMENT]);
      await run(binary, [
        '-m',
        'pip',
        'install',
        '--quiet',
        '--disable-pip-version-check',
        '--requirement',
        REQUIREMENTS,
      ]);
    } catch (cause) {
      throw new LocalFailure(`The local AWS endpoint could not be installed: ${String(cause)}`, ENDPOINT_WAYS, cause);
    }
    writeFileSync(STAMP, wanted);
  });
  return binary;
}

function isReady(binary: string, wanted: string): boolean {
  return existsSync(binary) && existsSync(STAMP) && readFileSync(STAMP, 'utf8') === wanted;
}

/** One installation at a time: a lock that only one process can make. One left by a crash is taken over. */
async function locked(work: () => Promise<void>): Promise<void> {
  while (!tryLock()) {
    if (!ownerLives()) rmSync(LOCK, { recursive: true, force: true });
    await delay(LOCK_POLL_MS);
  }
  try {
    await work();
  } finally {
    rmSync(LOCK, { force: true });
  }
}

/** A link appears whole or not at all, so that nobody sees a lock that doesn't say yet whose it is. */
function tryLock(): boolean {
  const mine = `${LOCK}.${process.pid}`;
  writeFileSync(mine, JSON.stringify(thisProcess()));
  try {
    linkSync(mine, LOCK);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(mine, { force: true });
  }
}

function ownerLives(): boolean {
  try {
    const owner = processSchema.parse(JSON.parse(readFileSync(LOCK, 'utf8')));
    return isRunning(owner);
  } catch {
    return false;
  }
}
