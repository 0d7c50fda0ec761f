import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { GetPublicKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import {
  DeleteObjectCommand,
  GetObjectRetentionCommand,
  ListObjectVersionsCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { type DynamoDBDocumentClient, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { CommandFailed, run } from '#local/commands.ts';
import { type AuditEntry, type AuditHead, auditContentSchema, auditEntrySchema } from '#shared/audit/audit-entry.ts';
import { indexAttributesOf } from '#shared/audit/index-attributes.ts';
import { custodyKey } from '#shared/custody/custody-state.ts';
import { auditStream } from '#test/support/fakes/audit-stream.ts';
import { inProcess, stageAudit } from '#test/support/in-process.ts';
import { awsOptions, clientWith, type LocalHaven, localHaven } from '#test/support/local-haven.ts';

const AUDIT = 'haven-local-audit';

let haven: LocalHaven;
let client: DynamoDBDocumentClient;
let audit: ReturnType<typeof stageAudit>;
let s3: S3Client;
let bucket: string;
let folder: string;

beforeAll(async () => {
  haven = localHaven();
  const parts = await inProcess(haven);
  client = parts.client;
  audit = stageAudit(parts);
  s3 = new S3Client(awsOptions(haven.info));
  folder = mkdtempSync(join(tmpdir(), 'haven-anchors-'));
  const { Stacks = [] } = await new CloudFormationClient(awsOptions(haven.info)).send(
    new DescribeStacksCommand({ StackName: 'Haven-local-Anchors' }),
  );
  bucket = Stacks[0]?.Outputs?.find(({ OutputKey }) => OutputKey === 'BucketName')?.OutputValue ?? '';
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the deployed anchorer, up to now. */
async function anchor(): Promise<number> {
  const { Payload, FunctionError } = await new LambdaClient(awsOptions(haven.info)).send(
    new InvokeCommand({ FunctionName: 'haven-local-audit-anchor', Payload: JSON.stringify({ now: true }) }),
  );
  const answer = Buffer.from(Payload ?? []).toString('utf8');
  expect([FunctionError, answer]).toEqual([undefined, expect.stringContaining('written')]);
  return z.object({ written: z.number() }).parse(JSON.parse(answer)).written;
}

/** What `npm run audit:verify` says, and its exit code. */
async function command(...args: readonly string[]): Promise<{ readonly code: number; readonly output: string }> {
  const env = { ...process.env, HAVEN_LOCAL_DIR: haven.instance.directory };
  try {
    return { code: 0, output: await run(process.execPath, ['local/main.ts', 'audit-verify', ...args], { env }) };
  } catch (error) {
    if (error instanceof CommandFailed) return { code: 1, output: error.output };
    throw error;
  }
}

async function entriesOf(stream: string): Promise<readonly AuditEntry[]> {
  return (await audit.stored(stream)).map((entry) => auditEntrySchema.parse(entry));
}

/** Writes a stream over, entries and indexes, as who has every right to the tables can. */
async function overwrite(entries: readonly AuditEntry[]): Promise<void> {
  for (const entry of entries) {
    const { stream, ...rest } = entry;
    await client.send(new PutCommand({ TableName: AUDIT, Item: { pk: stream, ...rest, ...indexAttributesOf(entry) } }));
  }
}

async function setHead(walletId: string, { audit_seq, audit_hash }: AuditHead): Promise<void> {
  await client.send(
    new UpdateCommand({
      TableName: 'haven-local-ledger',
      Key: custodyKey(walletId),
      UpdateExpression: 'SET audit_seq = :seq, audit_hash = :hash',
      ExpressionAttributeValues: { ':seq': audit_seq, ':hash': audit_hash },
    }),
  );
}

/** A wallet whose stream has three entries, anchored. */
async function anchoredWallet(): Promise<string> {
  const { id } = await haven.client.createWallet({ body: { purpose: 'user' } });
  await haven.client.pauseWallet({ params: { id }, body: { reason: 'test' } });
  await haven.client.resumeWallet({ params: { id }, body: { reason: 'test' } });
  expect(await anchor()).toBeGreaterThan(0);
  return id;
}

describe('anchors on the deployed stack', () => {
  it('vouch for what was anchored, and verifying says how far', async () => {
    const id = await anchoredWallet();
    const verification = await haven.client.verifyAudit({ body: { wallet_id: id } });
    expect(verification).toMatchObject({ verified: true, entries: 3, first_break: null, next_cursor: null });
    expect(verification.anchored).toMatchObject({ seq: 3, broken_anchor: null });
    await haven.client.pauseWallet({ params: { id }, body: { reason: 'later' } });
    const later = await haven.client.verifyAudit({ body: { wallet_id: id } });
    expect(later).toMatchObject({ verified: true, entries: 4, anchored: { seq: 3 } });
  });

  it('show who rewrote a whole stream together with its head, which all else believes', async () => {
    const id = await anchoredWallet();
    const entries = await entriesOf(id);
    const head = { audit_seq: 3, audit_hash: entries[2]?.hash ?? '' };
    const forged = auditStream(
      id,
      entries.map((entry) => ({ ...auditContentSchema.parse(entry), reason: 'forged' })),
    );
    await overwrite(forged.entries);
    await setHead(id, forged.head);
    const found = await haven.client.verifyAudit({ body: { wallet_id: id } });
    expect(found).toMatchObject({ verified: false, first_break: { seq: 3, reason: 'rewritten' } });
    const report = join(folder, 'forged.json');
    const { code, output } = await command('--report', report);
    expect([code, output]).toEqual([1, expect.stringContaining(`${id}: entry 3 rewritten`)]);
    expect(JSON.parse(readFileSync(report, 'utf8'))).toMatchObject({
      verified: false,
      broken: [{ stream: id, seq: 3, reason: 'rewritten' }],
    });
    await overwrite(entries);
    await setHead(id, head);
    expect(await haven.client.verifyAudit({ body: { wallet_id: id } })).toMatchObject({ verified: true });
  });

  it('and the chain itself show an edit, a reorder and a hidden entry', async () => {
    const id = await anchoredWallet();
    const entries = await entriesOf(id);
    const [first, second, third] = z.tuple([auditEntrySchema, auditEntrySchema, auditEntrySchema]).parse(entries);
    const verify = () => haven.client.verifyAudit({ body: { wallet_id: id } });
    await overwrite([{ ...second, actor: 'key_nobody' }]);
    expect(await verify()).toMatchObject({ first_break: { seq: 2, reason: 'edited' } });
    await overwrite([
      { ...third, seq: 2 },
      { ...second, seq: 3 },
    ]);
    expect(await verify()).toMatchObject({ first_break: { seq: 2, reason: 'reordered' } });
    await overwrite([second, third]);
    await client.send(
      new UpdateCommand({
        TableName: AUDIT,
        Key: { pk: id, seq: first.seq },
        UpdateExpression: 'REMOVE gsi1pk',
      }),
    );
    expect(await verify()).toMatchObject({ first_break: { seq: 1, reason: 'edited' } });
    await overwrite([first]);
    expect(await verify()).toMatchObject({ verified: true });
  });

  it('are locked for their time, and which of them is hidden is named', async () => {
    await anchoredWallet();
    const { Versions = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket: bucket, Prefix: 'digests/' }));
    const { Key, VersionId } = Versions[0] ?? {};
    const { Retention } = await s3.send(new GetObjectRetentionCommand({ Bucket: bucket, Key, VersionId }));
    expect(Retention).toMatchObject({ Mode: 'GOVERNANCE' });
    expect(Retention?.RetainUntilDate?.getTime()).toBeGreaterThan(Date.now() + 3_600_000);
    await expect(s3.send(new DeleteObjectCommand({ Bucket: bucket, Key, VersionId }))).rejects.toThrow();
    // The endpoint's root stands above every policy; on AWS the bucket's denies root this, too.
    const marker = await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key }));
    const { code, output } = await command('--restart');
    expect([code, output]).toEqual([1, expect.stringContaining('Anchor 1 is replaced')]);
    await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key, VersionId: marker.VersionId }));
    expect((await command('--restart')).code).toBe(0);
  });
});

describe('npm run audit:verify', () => {
  it('verifies every stream of the stage, by a public key that was kept', async () => {
    await anchor();
    const { PublicKey } = await new KMSClient(awsOptions(haven.info)).send(
      new GetPublicKeyCommand({ KeyId: 'alias/haven-local-audit-anchors' }),
    );
    const pem = join(folder, 'anchors.pem');
    const body = Buffer.from(PublicKey ?? []).toString('base64');
    writeFileSync(pem, `-----BEGIN PUBLIC KEY-----\n${body}\n-----END PUBLIC KEY-----\n`);
    const { code, output } = await command('--public-key', pem, '--restart');
    expect([code, output]).toEqual([0, expect.stringMatching(/✔ \d+ streams, \d+ entries, 0 broken/)]);
  });

  it('believes no anchor that another key signed', async () => {
    const pem = join(folder, 'other.pem');
    const other = await import('node:crypto').then(({ generateKeyPairSync }) =>
      generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'pem' }),
    );
    writeFileSync(pem, other);
    const { code, output } = await command('--public-key', pem, '--restart');
    expect([code, output]).toEqual([1, expect.stringContaining('Anchor 1 is unsigned')]);
  });
});

describe('GET /admin/audit/wallet-logs', () => {
  it('lists what concerns a wallet, newest first, page by page, and puts on record who asked', async () => {
    const { id } = await haven.client.createWallet({ body: { purpose: 'user' } });
    const issued = await haven.client.createApiKey({
      body: { name: 'auditor', scopes: ['audit:read', 'custody:read'] },
    });
    const auditor = clientWith(haven.info, issued.key ?? '');
    await auditor.getWallet({ params: { id } });
    await haven.client.pauseWallet({ params: { id }, body: { reason: 'test' } });
    const first = await auditor.listWalletLogs({ query: { wallet_id: id, limit: 2 } });
    const second = await auditor.listWalletLogs({
      query: { wallet_id: id, limit: 2, cursor: first.next_cursor ?? '' },
    });
    const actions = [...first.data, ...second.data].map(({ action }) => action);
    expect(actions).toEqual(['access.granted', 'wallet.paused', 'access.granted', 'wallet.created']);
    const byAuditor = await auditor.listWalletLogs({ query: { actor: issued.id } });
    const operations = byAuditor.data.map(({ detail }) => detail['operation']);
    expect(operations).toEqual(['listWalletLogs', 'listWalletLogs', 'getWallet']);
    const { data: after } = await haven.client.listWalletLogs({ query: { wallet_id: id, limit: 1 } });
    expect(after).toMatchObject([{ actor: issued.id, detail: { operation: 'listWalletLogs', subject: id } }]);
    const forged = { wallet_id: haven.info.treasuryWalletId, limit: 2, cursor: first.next_cursor ?? '' };
    await expect(auditor.listWalletLogs({ query: forged })).rejects.toMatchObject({ code: 'INVALID_PARAMETER' });
  });

  it('finds what is grave, and what happened today', async () => {
    const issued = await haven.client.createApiKey({ body: { name: 'curious', scopes: ['custody:read'] } });
    const curious = clientWith(haven.info, issued.key ?? '');
    await expect(curious.listWalletLogs({ query: {} })).rejects.toMatchObject({ code: 'FORBIDDEN' });
    const grave = await haven.client.listWalletLogs({ query: { severity: 'WARNING', actor: issued.id } });
    expect(grave.data).toMatchObject([{ action: 'access.refused', reason: 'FORBIDDEN', actor: issued.id }]);
    const from = new Date(Date.now() - 3_600_000).toISOString();
    const recent = await haven.client.listWalletLogs({ query: { action: 'api_key.issued', from, limit: 5 } });
    expect(recent.data[0]?.stream).toBe(issued.id);
  });
});
