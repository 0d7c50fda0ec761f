import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import * as z from 'zod';
import { BadJournal, Journal } from '#shared/custody/journal.ts';
import { decryptClient } from '#shared/custody/kms-client.ts';
import { createKmsKeyDecryptor } from '#shared/custody/kms-key-decryptor.ts';
import { recordCommand } from '#shared/custody/maintenance/command-audit.ts';
import { ABSENCES, KEY_FAULTS } from '#shared/custody/maintenance/stored-key.ts';
import { type KeyFinding, verifyKeys } from '#shared/custody/maintenance/verify-keys.ts';
import { countWallets, sampleOf, walletIds } from '#shared/custody/maintenance/walk-wallets.ts';
import { systemClock } from '#shared/platform/clock.ts';
import type { Output } from '../output.ts';
import { duration, Progress } from '../progress.ts';
import { verifyOptions } from './options.ts';
import { describeUsage, refuseForeignReport, usageOf, writeReport } from './report.ts';
import { describeTarget, openTarget, type Target } from './target.ts';

type Options = ReturnType<typeof verifyOptions>;

const REPORT_COLUMNS = ['wallet_id', 'address', 'outcome', 'kms_key'];

const headerSchema = z.strictObject({
  haven_verify: z.literal(1),
  run_id: z.string(),
  stage: z.string(),
  account: z.string(),
  region: z.string(),
});
const findingSchema = z.strictObject({
  wallet_id: z.string(),
  outcome: z.enum(['verified', 'in_kms', 'key_destroyed', ...faultNames()]),
  address: z.string().nullable(),
  kms_key: z.string().nullable(),
});

/**
 * `npm run keys:verify`: proves of wallets that their keys decrypt and are those of their addresses.
 *
 * @returns 0: all are well; 1: some are not
 */
export async function verifyCommand(values: unknown, output: Output): Promise<number> {
  const options = verifyOptions(values);
  refuseForeignReport(options.report, REPORT_COLUMNS);
  const target = await openTarget('verify', options);
  output.say('keys:verify');
  for (const line of describeTarget(target)) output.say(line);
  if (options.journal !== undefined) return verifyAll(options, options.journal, target, output);
  const { client, tables } = target;
  const ids =
    options.wallet === undefined
      ? await sampleOf(walletIds(client, tables.ledger), options.sample ?? 0)
      : [options.wallet];
  const found: KeyFinding[] = [];
  const what = options.wallet === undefined ? { sample: options.sample } : { wallet_id: options.wallet };
  await run(randomUUID(), what, listed(ids), ids.length, options, target, (finding) => found.push(finding), output);
  return finish(found, options, target, output);
}

async function verifyAll(options: Options, path: string, target: Target, output: Output): Promise<number> {
  const { stage, account, region, client, tables } = target;
  const fresh = { haven_verify: 1 as const, run_id: randomUUID(), stage, account, region };
  const journal = Journal.open(path, { header: headerSchema, entry: findingSchema }, fresh);
  try {
    const { header } = journal;
    if (header.stage !== stage || header.account !== account || header.region !== region) {
      throw new BadJournal(`The journal ${path} is of another stage; remove it, or name another`);
    }
    output.say(`  journal  ${path}${journal.isResumed ? ': goes on' : ''}`);
    // What failed is looked at again: it may have been mended since.
    const done = new Set<string>();
    for (const { wallet_id, outcome } of journal.entries()) if (outcome === 'verified') done.add(wallet_id);
    const total = await countWallets(client, tables.ledger);
    const ids = others(walletIds(client, tables.ledger), done);
    const what = { all: true, resumed: journal.isResumed };
    await run(header.run_id, what, ids, total - done.size, options, target, (one) => journal.append(one), output);
    // The last finding of each wallet.
    const last = new Map<string, KeyFinding>();
    for (const finding of journal.entries()) last.set(finding.wallet_id, finding);
    const code = finish([...last.values()], options, target, output);
    // Done: the next run begins anew.
    rmSync(path);
    return code;
  } finally {
    journal.close();
  }
}

async function run(
  runId: string,
  what: Readonly<Record<string, unknown>>,
  ids: AsyncIterable<string>,
  total: number,
  options: Options,
  target: Target,
  settle: (finding: KeyFinding) => void,
  output: Output,
): Promise<void> {
  const record = (action: string, detail: Readonly<Record<string, unknown>>) =>
    recordCommand(
      target.client,
      target.tables,
      { action, actor: target.actor, severity: 'WARNING', request_id: runId, detail: { ...what, ...detail } },
      systemClock,
    );
  // Before the first key is in clear.
  await record('keys.verify_started', {});
  let wallets = 0;
  const counts: Record<string, number> = {};
  const progress = new Progress(output, 'wallets', () => ({ done: wallets, total, settled: wallets }), systemClock);
  const { client, tables, kmsKeyArns } = target;
  const decryptor = createKmsKeyDecryptor(kmsKeyArns, decryptClient(target.kms));
  const beganAtMs = systemClock();
  await verifyKeys({ client, tables, kmsKeyArns, decryptor }, ids, options.pace, (finding) => {
    settle(finding);
    counts[finding.outcome] = (counts[finding.outcome] ?? 0) + 1;
    wallets += 1;
    progress.tick();
  });
  const tookMs = systemClock() - beganAtMs;
  output.say(
    `  ${wallets} wallets in ${duration(tookMs)}, ${((wallets * 1_000) / Math.max(1, tookMs)).toFixed(1)} a second`,
  );
  await record('keys.verify_finished', counts);
}

function finish(found: readonly KeyFinding[], options: Options, target: Target, output: Output): number {
  const counts: Record<string, number> = {};
  const byKmsKey: Record<string, number> = {};
  for (const { wallet_id, outcome, kms_key } of found) {
    counts[outcome] = (counts[outcome] ?? 0) + 1;
    if (kms_key !== null) byKmsKey[kms_key] = (byKmsKey[kms_key] ?? 0) + 1;
    if (isFault(outcome)) output.print(`  ${wallet_id}: ${KEY_FAULTS[outcome]}`);
  }
  const bad = found.filter(({ outcome }) => isFault(outcome)).length;
  output.print(summaryOf(counts, bad));
  for (const [arn, wallets] of Object.entries(byKmsKey)) output.say(`  ${wallets} under ${arn}`);
  const usage = usageOf(target);
  output.say(describeUsage(usage));
  if (options.report !== undefined) {
    writeReport(
      options.report,
      REPORT_COLUMNS,
      { ...counts, by_kms_key: byKmsKey, ...usage },
      found.map((one) => ({ ...one })),
    );
    output.say(`  report   ${options.report}`);
  }
  return bad > 0 ? 1 : 0;
}

/**
 * What a run comes to, in one line. What could not be proven for lack of a key is told by why, beside what was proven and what
 * wasn't.
 *
 * @param counts of findings, by outcome
 * @param bad how many wallets aren't well
 */
export function summaryOf(counts: Readonly<Record<string, number>>, bad: number): string {
  const absent = Object.entries(ABSENCES).flatMap(([outcome, words]) =>
    counts[outcome] === undefined ? [] : [`${counts[outcome]} skipped (${words})`],
  );
  return [`${counts['verified'] ?? 0} verified`, `${bad} not`, ...absent].join(', ');
}

function isFault(outcome: KeyFinding['outcome']): outcome is keyof typeof KEY_FAULTS {
  return Object.hasOwn(KEY_FAULTS, outcome);
}

async function* listed(ids: readonly string[]): AsyncGenerator<string> {
  yield* ids;
}

async function* others(ids: AsyncIterable<string>, done: ReadonlySet<string>): AsyncGenerator<string> {
  for await (const id of ids) if (!done.has(id)) yield id;
}

function faultNames() {
  return [
    'wallet_missing',
    'wallet_unreadable',
    'key_missing',
    'key_unreadable',
    'other_context',
    'unknown_kms_key',
    'not_decryptable',
    'other_address',
  ] as const satisfies readonly (keyof typeof KEY_FAULTS)[];
}
