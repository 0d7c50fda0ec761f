import { parseArgs } from 'node:util';
import { createKeyInventory, DELETION_WINDOW_DAYS } from '#shared/custody/kms/key-inventory.ts';
import { findOrphans, giveUpOrphan } from '#shared/custody/kms/orphan-keys.ts';
import { isoTime, systemClock } from '#shared/platform/clock.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { createDocumentClient } from '#shared/platform/dynamo/document-client.ts';

const WRITE_LIMIT_MS = 10_000;

const USAGE = `Usage: npm run keys:orphans -- --stage NAME [--delete]

Lists the KMS keys that were made for wallets of a stage and are no wallet's key. With --delete KMS deletes them in
${DELETION_WINDOW_DAYS} days. Runs with your own AWS settings (AWS_PROFILE, AWS_REGION): kms:ListKeys, kms:DescribeKey,
kms:ScheduleKeyDeletion, and reads of the stage's tables.
`;

const { values } = parseArgs({ options: { stage: { type: 'string' }, delete: { type: 'boolean', default: false } } });
if (values.stage === undefined) {
  process.stderr.write(USAGE);
  process.exit(2);
}
const tables = { ledger: `haven-${values.stage}-ledger`, keys: `haven-${values.stage}-keys` };
const deps = {
  client: createDocumentClient(),
  tables,
  inventory: createKeyInventory(),
  stage: values.stage,
  clock: systemClock,
};
const orphans = await findOrphans(deps);
for (const orphan of orphans) {
  const facts = `${orphan.arn}, made ${isoTime(orphan.createdAtMs)} for ${orphan.walletId}`;
  if (!values.delete) process.stdout.write(`${facts}\n`);
  else if (await giveUpOrphan(deps, orphan, Deadline.in(WRITE_LIMIT_MS, systemClock)))
    process.stdout.write(`${facts}: deleted in ${DELETION_WINDOW_DAYS} days\n`);
  else process.stdout.write(`${facts}: kept, its wallet has it now\n`);
}
process.stdout.write(`${orphans.length} KMS keys of ${values.stage} without a wallet\n`);
