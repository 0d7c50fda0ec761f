import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { walletAt } from '#shared/custody/import/import-wallet.ts';
import { addressOf, generatePrivateKey } from '#shared/custody/private-key.ts';
import { inProcess } from '#test/support/in-process.ts';
import { linesOf, runKeysCommand } from '#test/support/keys-command.ts';
import { localHaven } from '#test/support/local-haven.ts';
import { seededRandom } from '#test/support/seeded-random.ts';
import type { BenchContext, BenchReport } from '../bench.ts';
import { number } from '../lanes/times-tables.ts';

const KEYS = 10_000;
const KILLS = 3;
const CONCURRENCY = 16;
const SEED = 20_261_122;
/** The endpoint is what bounds it here. */
const RATE = 2_000;

const summarySchema = z.object({
  summary: z.object({ aws_calls: z.record(z.string(), z.number()), max_rss_bytes: z.number() }),
});

/** What one run of a command took. */
interface Step {
  readonly what: string;
  readonly rows: number;
  readonly seconds: number;
  /** Of a killed run nobody knows it. */
  readonly calls: Readonly<Record<string, number>> | undefined;
  readonly maxRssBytes: number | undefined;
}

/** Imports ten thousand keys by a command that is killed three times at rows drawn with a fixed seed, then proves them all. */
export async function keysBench({ say }: BenchContext): Promise<BenchReport> {
  const haven = localHaven();
  const folder = mkdtempSync(join(tmpdir(), 'haven-keys-bench-'));
  try {
    say(`making ${KEYS} keys`);
    const source = join(folder, 'keys.csv');
    const addresses = writeSource(source);
    const journal = join(folder, 'journal');
    const report = join(folder, 'report.json');
    const pace = ['--rate', String(RATE), '--concurrency', String(CONCURRENCY), '--report', report];
    const args = [
      'import',
      '--stage',
      'local',
      '--file',
      source,
      '--purpose',
      'user',
      '--journal',
      journal,
      '--write',
      ...pace,
    ];
    const steps: Step[] = [];
    const random = seededRandom(SEED);
    const kills = Array.from({ length: KILLS }, () => 1 + Math.floor(random() * KEYS)).sort((a, b) => a - b);
    for (const lines of [...kills, undefined]) {
      say(lines === undefined ? 'the last run' : `a run that is killed after ${lines} rows`);
      const before = linesOf(journal);
      const began = performance.now();
      const run = await runKeysCommand(haven, args, lines === undefined ? undefined : { journal, lines });
      const seconds = (performance.now() - began) / 1_000;
      if (run.code !== (lines === undefined ? 0 : null)) throw new Error(`It ended with ${run.code}:\n${run.stderr}`);
      steps.push({
        what: lines === undefined ? 'import, to its end' : 'import, killed',
        rows: linesOf(journal) - Math.max(1, before),
        seconds,
        ...(lines === undefined ? usageIn(report) : { calls: undefined, maxRssBytes: undefined }),
      });
    }
    say('looking for each address');
    await checkWallets(haven, addresses);
    say('proving all');
    const began = performance.now();
    const verified = await runKeysCommand(haven, [
      'verify',
      '--stage',
      'local',
      '--all',
      '--journal',
      join(folder, 'verify'),
      ...pace,
    ]);
    if (verified.code !== 0) throw new Error(`keys:verify ended with ${verified.code}:\n${verified.stderr}`);
    const rows = Number(/^(\d+) verified, 0 not$/m.exec(verified.stdout)?.[1]);
    steps.push({ what: 'verify, all', rows, seconds: (performance.now() - began) / 1_000, ...usageIn(report) });
    return { tables: [tableOf(steps)], data: { keys: KEYS, kills, steps } };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function writeSource(path: string): string[] {
  const keys = Array.from({ length: KEYS }, generatePrivateKey);
  const rows = keys.map((key) => `0x${Buffer.from(key).toString('hex')}`);
  writeFileSync(path, `private_key\n${rows.join('\n')}\n`, { mode: 0o600 });
  return keys.map(addressOf);
}

function usageIn(report: string): Pick<Step, 'calls' | 'maxRssBytes'> {
  const { summary } = summarySchema.parse(JSON.parse(readFileSync(report, 'utf8')));
  return { calls: summary.aws_calls, maxRssBytes: summary.max_rss_bytes };
}

/** @throws Error when an address has no wallet, or two have the same */
async function checkWallets(haven: ReturnType<typeof localHaven>, addresses: readonly string[]): Promise<void> {
  const parts = await inProcess(haven);
  const found = new Set<string>();
  for (const address of addresses) {
    const id = await walletAt(parts.client, parts.tables.ledger, address);
    if (id !== undefined) found.add(id);
  }
  if (found.size !== addresses.length) throw new Error(`${found.size} wallets of ${addresses.length} keys`);
}

function tableOf(steps: readonly Step[]) {
  return {
    title: 'Keys',
    text: `${KEYS} keys from a CSV, ${CONCURRENCY} at once, by a command that is killed (SIGKILL) ${KILLS} times at rows drawn with a fixed seed and run again; then every wallet proven. Every key has one wallet in the end, or the bench fails. Starting the process is part of its time. What a killed run asked of KMS nobody says: a key that was under way is encrypted again, at most ${CONCURRENCY} for each kill.`,
    columns: ['Run', 'Settled', 'Seconds', 'A second', 'KMS calls', 'DynamoDB calls', 'Memory at most, MB'],
    rows: steps.map(({ what, rows, seconds, calls, maxRssBytes }) => [
      what,
      String(rows),
      number(seconds, 1),
      number(rows / seconds, 1),
      countOf(calls, /DataKey|Decrypt/),
      countOf(calls, /Item|Query/),
      maxRssBytes === undefined ? '' : number(maxRssBytes / 2 ** 20),
    ]),
  };
}

function countOf(calls: Step['calls'], name: RegExp): string {
  if (calls === undefined) return '';
  return String(Object.entries(calls).reduce((sum, [command, count]) => sum + (name.test(command) ? count : 0), 0));
}
