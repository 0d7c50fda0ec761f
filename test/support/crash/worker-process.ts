import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { build } from 'esbuild';
import { ROOT } from '#local/instance.ts';
import { ACCESS_LINE, ANSWER_LINE, BLOCK_LINE, type KillPoint } from './crash-plan.ts';

/** One access of a worker process. */
export interface Access {
  readonly name: string;
  /** How many blocks were mined before it. */
  readonly blocksBefore: number;
  /** Whether it began while another had no answer yet. */
  readonly isBeside: boolean;
}

/** How a worker process ended. */
export interface WorkerEnd {
  /** Everything it accessed, in order. */
  readonly accesses: readonly Access[];
  readonly wasKilled: boolean;
}

/**
 * A process that takes longer hangs. Its time passes only while it sleeps, so that all of it takes a second or two; on a machine that
 * does much else, half a minute.
 */
const WORKER_TIMEOUT_MS = 180_000;

/** What every worker process is told: where it dies. Null: it lives until there is nothing left to do. */
interface MortalPlan {
  readonly kill: KillPoint | null;
}

/** Worker processes for one test file: bundled once, so that each starts within a third of a second. */
export class WorkerProcesses<Plan extends MortalPlan> {
  readonly #directory = mkdtempSync(join(tmpdir(), 'haven-crash-'));
  readonly #script: string;

  /** @param script the name of its file in `test/support/processes` */
  constructor(script: string) {
    this.#script = script;
  }

  /** Bundles them. */
  async prepare(): Promise<void> {
    await build({
      absWorkingDir: ROOT,
      entryPoints: [`test/support/processes/${this.#script}`],
      outfile: join(this.#directory, 'worker.mjs'),
      bundle: true,
      // Less to read at each start; names are left, for who reads a stack.
      minifyWhitespace: true,
      minifySyntax: true,
      platform: 'node',
      target: 'node24',
      format: 'esm',
      mainFields: ['module', 'main'],
      packages: 'bundle',
      external: ['aws-cdk-lib'],
      banner: {
        js: "import{createRequire as hvnR}from'node:module';const require=hvnR(import.meta.url);",
      },
      logLevel: 'warning',
    });
  }

  /**
   * Runs one to its end.
   *
   * @throws Error with what it said when it ended in any other way than its plan has it
   */
  async run(plan: Plan): Promise<WorkerEnd> {
    const child = spawn(process.execPath, [join(this.#directory, 'worker.mjs')], {
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: WORKER_TIMEOUT_MS,
      env: { ...process.env, NODE_COMPILE_CACHE: join(this.#directory, 'cache') },
    });
    child.stdin.end(JSON.stringify(plan));
    const [said, complaints, end] = await Promise.all([text(child.stdout), text(child.stderr), ended(child)]);
    const accesses = readAccesses(said);
    const wasKilled = end === 'SIGKILL' && plan.kill !== null;
    if (!wasKilled && end !== 0)
      throw new Error(`The worker ended with ${end} after ${accesses.length} accesses:\n${complaints}`);
    return { accesses, wasKilled };
  }

  /** Removes what was prepared. */
  remove(): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

function readAccesses(said: string): readonly Access[] {
  const accesses: Access[] = [];
  let blocksBefore = 0;
  let answers = 0;
  for (const line of said.split('\n')) {
    if (line === BLOCK_LINE) blocksBefore += 1;
    else if (line === ANSWER_LINE) answers += 1;
    else if (line.startsWith(ACCESS_LINE)) {
      const isBeside = answers < accesses.length;
      accesses.push({ name: line.slice(ACCESS_LINE.length), blocksBefore, isBeside });
    }
  }
  return accesses;
}

function ended(child: ChildProcessByStdio<Writable, Readable, Readable>): Promise<number | NodeJS.Signals | null> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(signal ?? code));
  });
}
