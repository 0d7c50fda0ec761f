import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { KMSClient } from '@aws-sdk/client-kms';
import { createKeyInventory, DELETION_WINDOW_DAYS } from '#shared/custody/kms/key-inventory.ts';
import { findOrphans, giveUpOrphan, KEPT_BECAUSE, type OrphanKey, whyKept } from '#shared/custody/kms/orphan-keys.ts';
import { recordCommand } from '#shared/custody/maintenance/command-audit.ts';
import { Sts } from '#shared/platform/aws/sts.ts';
import { isoTime, systemClock } from '#shared/platform/clock.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { createDocumentClient } from '#shared/platform/dynamo/document-client.ts';

const WRITE_LIMIT_MS = 10_000;

const USAGE = `Usage: npm run keys:orphans -- --stage NAME [--delete ARN]...

Lists the KMS keys that were made for wallets of a stage and are no wallet's key. Of those that you name with --delete, KMS
deletes in ${DELETION_WINDOW_DAYS} days which neither the tables nor the audit stream of the wallet say to be its key; that is
recorded on custody:commands. Runs with your own AWS settings (AWS_PROFILE, AWS_REGION): kms:ListKeys, kms:DescribeKey,
kms:ScheduleKeyDeletion, reads of the stage's tables, and puts in the ledger and audit tables.
`;

const { values } = parseArgs({
  options: { stage: { type: 'string' }, delete: { type: 'string', multiple: true, default: [] } },
});
if (values.stage === undefined) {
  process.stderr.write(USAGE);
  process.exit(2);
}
const table = (name: string) => `haven-${values.stage}-${name}`;
const kms = new KMSClient();
const deps = {
  client: createDocumentClient(),
  tables: { ledger: table('ledger'), keys: table('keys'), audit: table('audit') },
  inventory: createKeyInventory(kms),
  stage: values.stage,
  clock: systemClock,
};
const orphans = await findOrphans(deps);
const unknown = values.delete.filter((arn) => !orphans.some((orphan) => orphan.arn === arn));
if (unknown.length > 0) {
  process.stderr.write(`No orphans of ${values.stage}, nothing was deleted: ${unknown.join(', ')}\n`);
  process.exit(1);
}
const wanted = orphans.filter(({ arn }) => values.delete.includes(arn));
if (wanted.length > 0) await deleteOrphans(wanted);
else for (const orphan of orphans) process.stdout.write(`${factsOf(orphan)}${noteOf(await whyKept(deps, orphan))}\n`);
process.stdout.write(`${orphans.length} KMS keys of ${values.stage} that no row of the key table names\n`);

function factsOf({ arn, createdAtMs, walletId }: OrphanKey): string {
  return `${arn}, made ${isoTime(createdAtMs)} for ${walletId}`;
}

function noteOf(kept: keyof typeof KEPT_BECAUSE | undefined): string {
  return kept === undefined ? '' : `: not to be deleted, ${KEPT_BECAUSE[kept]}`;
}

/** Recorded before and after: what is deleted here can't be had back once the days are over. */
async function deleteOrphans(chosen: readonly OrphanKey[]): Promise<void> {
  const runId = randomUUID();
  const endpoint = process.env['AWS_ENDPOINT_URL'];
  const sts = new Sts(
    await kms.config.credentials(),
    await kms.config.region(),
    endpoint === '' ? undefined : endpoint,
  );
  const actor = (await sts.callerIdentity()).arn;
  const record = (action: string, detail: Readonly<Record<string, unknown>>) =>
    recordCommand(
      deps.client,
      deps.tables,
      { action, actor, severity: 'CRITICAL', request_id: runId, detail },
      systemClock,
    );
  await record('keys.orphans_deletion_started', { kms_key_arns: chosen.map(({ arn }) => arn) });
  const outcomes: Record<string, string> = {};
  for (const orphan of chosen) {
    const kept = await giveUpOrphan(deps, orphan, Deadline.in(WRITE_LIMIT_MS, systemClock));
    outcomes[orphan.arn] = kept ?? 'deletion_scheduled';
    const said = kept === undefined ? `: deleted in ${DELETION_WINDOW_DAYS} days` : noteOf(kept);
    process.stdout.write(`${factsOf(orphan)}${said}\n`);
  }
  await record('keys.orphans_deletion_finished', outcomes);
}
