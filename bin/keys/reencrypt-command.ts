import { randomUUID } from 'node:crypto';
import { dataKeyClient, decryptClient } from '#shared/custody/kms-client.ts';
import { createKmsKeyDecryptor } from '#shared/custody/kms-key-decryptor.ts';
import { createKmsKeyEncryptor } from '#shared/custody/kms-key-encryptor.ts';
import { recordCommand } from '#shared/custody/maintenance/command-audit.ts';
import { type MoveOutcome, reencryptKeys } from '#shared/custody/maintenance/reencrypt-keys.ts';
import { KEY_FAULTS } from '#shared/custody/maintenance/stored-key.ts';
import { countWallets, walletIds } from '#shared/custody/maintenance/walk-wallets.ts';
import { systemClock } from '#shared/platform/clock.ts';
import type { Output } from '../output.ts';
import { duration, Progress } from '../progress.ts';
import { reencryptOptions } from './options.ts';
import { describeUsage, refuseForeignReport, usageOf, writeReport } from './report.ts';
import { describeTarget, openTarget, type Target } from './target.ts';
import { BadUsage } from './usage.ts';

type Options = ReturnType<typeof reencryptOptions>;

const REPORT_COLUMNS = ['wallet_id', 'address', 'outcome'];

/**
 * `npm run keys:reencrypt`: moves the keys of wallets to the stage's present wallet key.
 *
 * @returns 0: all are there; 1: some could not be moved
 */
export async function reencryptCommand(values: unknown, output: Output): Promise<number> {
  const options = reencryptOptions(values);
  refuseForeignReport(options.report, REPORT_COLUMNS);
  const target = await openTarget('reencrypt', options);
  if (options.to !== target.walletKeyArn) {
    throw new BadUsage(
      `--to is not the wallet key of the stage, which is ${target.walletKeyArn}: what signs could not decrypt under it. Raise wallet_key_generation, deploy all stacks, then move`,
    );
  }
  output.say(`keys:reencrypt${options.write ? '' : ' (dry run: nothing is written)'}`);
  for (const line of describeTarget(target)) output.say(line);
  for (const arn of target.kmsKeyArns.slice(1)) output.say(`  from     ${arn}`);
  const moved = await run(options, target, output);
  return finish(moved, options, target, output);
}

async function run(options: Options, target: Target, output: Output): Promise<readonly MoveOutcome[]> {
  const { client, tables, kmsKeyArns, actor } = target;
  const runId = randomUUID();
  const record = (action: string, detail: Readonly<Record<string, unknown>>) =>
    options.write
      ? recordCommand(
          client,
          tables,
          { action, actor, severity: 'CRITICAL', request_id: runId, detail: { to: options.to, ...detail } },
          systemClock,
        )
      : Promise.resolve();
  await record('keys.reencrypt_started', { from: kmsKeyArns.slice(1) });
  const all: MoveOutcome[] = [];
  const total = options.wallet === undefined ? await countWallets(client, tables.ledger) : 1;
  const ids = options.wallet === undefined ? walletIds(client, tables.ledger) : only(options.wallet);
  const look = () => ({ done: all.length, total, settled: all.length });
  const progress = new Progress(output, 'wallets', look, systemClock);
  const deps = {
    client,
    tables,
    clock: systemClock,
    decryptor: createKmsKeyDecryptor(kmsKeyArns, decryptClient(target.kms)),
    encryptor: createKmsKeyEncryptor(options.to, dataKeyClient(target.kms)),
  };
  const { to, pace, write: isWriting } = options;
  const beganAtMs = systemClock();
  await reencryptKeys(deps, ids, { to, kmsKeyArns, pace, actor, runId, isWriting }, (outcome) => {
    all.push(outcome);
    progress.tick();
  });
  const tookMs = systemClock() - beganAtMs;
  output.say(
    `  ${all.length} wallets in ${duration(tookMs)}, ${((all.length * 1_000) / Math.max(1, tookMs)).toFixed(1)} a second`,
  );
  await record('keys.reencrypt_finished', countOutcomes(all));
  return all;
}

function finish(all: readonly MoveOutcome[], options: Options, target: Target, output: Output): number {
  const counts = countOutcomes(all);
  let bad = 0;
  for (const { wallet_id, outcome } of all) {
    if (!isFault(outcome)) continue;
    bad += 1;
    output.print(`  ${wallet_id}: ${KEY_FAULTS[outcome]}`);
  }
  output.print(
    Object.entries(counts)
      .map(([outcome, wallets]) => `${wallets} ${outcome.replaceAll('_', ' ')}`)
      .join(', ') || 'no wallets',
  );
  const usage = usageOf(target);
  output.say(describeUsage(usage));
  if (options.report !== undefined) {
    writeReport(
      options.report,
      REPORT_COLUMNS,
      { written: options.write, ...counts, ...usage },
      all.map((one) => ({ ...one })),
    );
    output.say(`  report   ${options.report}`);
  }
  if (!options.write) output.say('  Nothing was written. --write does it.');
  return bad > 0 ? 1 : 0;
}

function countOutcomes(all: readonly MoveOutcome[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { outcome } of all) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}

function isFault(outcome: MoveOutcome['outcome']): outcome is keyof typeof KEY_FAULTS {
  return Object.hasOwn(KEY_FAULTS, outcome);
}

async function* only(walletId: string): AsyncGenerator<string> {
  yield walletId;
}
