import { execFileSync } from 'node:child_process';
import { statfsSync } from 'node:fs';
import { LocalFailure } from './failure.ts';
import { ROOT } from './instance.ts';

/** Packages, bundles and the endpoint's state take about 1.2 GB; half as much again is room to work. */
const MIN_FREE_BYTES = 2 * 1024 ** 3;
/** What MiniStack asks for. */
const MIN_PYTHON = [3, 10] as const;

/** A Python that can run the local AWS endpoint. */
export interface Python {
  readonly command: string;
  readonly version: string;
}

/**
 * Checks what a local Haven can't do without.
 *
 * @param needsPython whether the local AWS endpoint is ours to start
 * @throws LocalFailure saying what is missing and how to get it
 */
export function preflight(needsPython: boolean): Python | undefined {
  const free = freeBytes();
  if (free < MIN_FREE_BYTES) {
    const gib = (bytes: number) => `${(bytes / 1024 ** 3).toFixed(1)} GB`;
    throw new LocalFailure(
      `Only ${gib(free)} of disk are free in ${ROOT}`,
      `Free ${gib(MIN_FREE_BYTES - free)} and run this again.`,
    );
  }
  return needsPython ? findPython() : undefined;
}

function freeBytes(): number {
  const { bavail, bsize } = statfsSync(ROOT);
  return bavail * bsize;
}

/** The first Python on the path that is new enough. */
function findPython(): Python {
  const seen: string[] = [];
  for (const command of process.platform === 'win32' ? ['py', 'python'] : ['python3', 'python']) {
    const version = versionOf(command);
    if (version === undefined) continue;
    const [major = 0, minor = 0] = version.split('.').map(Number);
    if (major > MIN_PYTHON[0] || (major === MIN_PYTHON[0] && minor >= MIN_PYTHON[1])) return { command, version };
    seen.push(`${command} is ${version}`);
  }
  throw new LocalFailure(
    `There is no Python ${MIN_PYTHON.join('.')} or newer${seen.length > 0 ? ` (${seen.join(', ')})` : ''}; the local AWS endpoint needs it`,
    ENDPOINT_WAYS,
  );
}

function versionOf(command: string): string | undefined {
  try {
    return execFileSync(command, ['-c', 'import platform; print(platform.python_version())'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return undefined;
  }
}

/** The two ways to a local AWS endpoint. */
export const ENDPOINT_WAYS = [
  'Either install Python 3.10 or newer with venv (https://www.python.org/downloads/, on Debian: apt install python3-venv)',
  '  and run this again,',
  '  or start the endpoint from its Docker image, and name it in another terminal:',
  '    docker run --rm --network host -e AUTH=true -e IOT_MTLS_ENABLED=0 -e MINISTACK_WORKER_THREADS=512 \\',
  '      -v "$PWD/local/aws-endpoint/launch.py:/launch.py:ro" --entrypoint python ministackorg/ministack:1.5.33 /launch.py',
  '    AWS_ENDPOINT_URL=http://127.0.0.1:4566 AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test npm start',
].join('\n  ');
