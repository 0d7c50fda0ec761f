import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { ALL_STAGES, PROTECTED_STAGES, templatesOf } from '../support/build-stage.ts';
import { documentSchema, rolesOf } from '../support/grants.ts';
import { BACKUP_ACTIONS } from '../support/guarded-resources.ts';
import { actionsOverlap } from '../support/patterns.ts';

const bucketSchema = z.object({
  BucketName: z.string(),
  VersioningConfiguration: z.object({ Status: z.string() }),
  ObjectLockEnabled: z.boolean(),
  ObjectLockConfiguration: z.object({
    ObjectLockEnabled: z.string(),
    Rule: z.object({ DefaultRetention: z.object({ Mode: z.string(), Days: z.number() }) }),
  }),
  PublicAccessBlockConfiguration: z.record(z.string(), z.boolean()),
  BucketEncryption: z.unknown(),
});
const bucketPolicySchema = z.object({ Bucket: z.string(), PolicyDocument: documentSchema });
const keySchema = z.object({
  KeyPolicy: documentSchema,
  KeySpec: z.string().optional(),
  KeyUsage: z.string().optional(),
  PendingWindowInDays: z.number().optional(),
});

/** What uses an asymmetric key. */
const USES = [
  'kms:CreateGrant',
  'kms:Decrypt',
  'kms:DeriveSharedSecret',
  'kms:Encrypt',
  'kms:ReEncryptFrom',
  'kms:Sign',
];

/** What could take an anchor away or shorten its time. */
const REMOVALS = ['s3:BypassGovernanceRetention', 's3:DeleteObject', 's3:DeleteObjectVersion', 's3:PutObjectRetention'];

describe.each(ALL_STAGES)('the anchors of %s', (stage) => {
  const templates = templatesOf(stage);
  const { audit_anchors } = templates.config;
  const bucket = templates.one('AWS::S3::Bucket', bucketSchema);
  const arn = `arn:aws:s3:::${bucket.properties.BucketName}`;
  const anchorer = `arn:aws:iam::123456789012:role/${templates.nameOf('audit-anchor')}-eu-central-1`;

  it('are in a bucket with versions, whose objects are locked from the start', () => {
    expect(bucket.properties).toMatchObject({
      BucketName: `${templates.nameOf('anchors')}-123456789012-eu-central-1`,
      VersioningConfiguration: { Status: 'Enabled' },
      ObjectLockEnabled: true,
      ObjectLockConfiguration: {
        ObjectLockEnabled: 'Enabled',
        Rule: { DefaultRetention: { Mode: audit_anchors.lock_mode, Days: audit_anchors.retention_days } },
      },
    });
    expect(Object.values(bucket.properties.PublicAccessBlockConfiguration)).toEqual([true, true, true, true]);
    expect(JSON.stringify(bucket.properties.BucketEncryption)).toContain('AES256');
    const policy = PROTECTED_STAGES.includes(stage) ? 'Retain' : 'Delete';
    expect([bucket.deletionPolicy, bucket.updateReplacePolicy]).toEqual([policy, policy]);
  });

  it('are added by the anchorer alone, never replaced, and removed by nobody', () => {
    const { Statement } = templates.one('AWS::S3::BucketPolicy', bucketPolicySchema).properties.PolicyDocument;
    expect(Statement.filter(({ Effect }) => Effect !== 'Deny')).toEqual([]);
    for (const { Principal } of Statement) expect(Principal).toEqual({ AWS: '*' });
    const named = (sid: string) => Statement.find(({ Sid }) => Sid === sid);
    expect(named('NobodyRemovesOrUnlocks')).toMatchObject({
      Action: expect.arrayContaining(REMOVALS),
      Resource: [`${arn}/*`],
    });
    expect(named('NobodyRemovesOrUnlocks')?.Condition).toBeUndefined();
    expect(named('OnlyTheAnchorerAdds')).toMatchObject({
      Action: ['s3:PutObject'],
      Resource: [`${arn}/*`],
      Condition: { ArnNotEquals: { 'aws:PrincipalArn': anchorer } },
    });
    expect(named('NothingIsReplaced')).toMatchObject({
      Action: ['s3:PutObject'],
      Resource: [`${arn}/*`],
      Condition: { Null: { 's3:if-none-match': 'true' } },
    });
  });

  it('are reached over TLS, with signed headers of the current kind, or not at all', () => {
    const { Statement } = templates.one('AWS::S3::BucketPolicy', bucketPolicySchema).properties.PolicyDocument;
    const conditions = Statement.filter(({ Action }) => Action?.includes('s3:*')).map(({ Condition, Resource }) => {
      expect(Resource).toEqual([arn, `${arn}/*`]);
      return Condition;
    });
    expect(conditions).toEqual([
      { Bool: { 'aws:SecureTransport': 'false' } },
      { NumericLessThan: { 's3:TlsVersion': 1.2 } },
      { StringEquals: { 's3:authType': ['POST', 'REST-QUERY-STRING'] } },
      { StringEquals: { 's3:signatureversion': 'AWS' } },
    ]);
  });

  it('are signed with a key that can do nothing else, by the anchorer alone', () => {
    const [key, ...others] = templates
      .all('AWS::KMS::Key', keySchema)
      .filter((candidate) => candidate.stack.endsWith('-Anchors'));
    expect(others).toEqual([]);
    expect(key?.properties).toMatchObject({
      KeySpec: 'ECC_NIST_P256',
      KeyUsage: 'SIGN_VERIFY',
      PendingWindowInDays: 30,
    });
    const [administration, ...uses] = key?.properties.KeyPolicy.Statement ?? [];
    const actions = administration?.Action ?? ['*'];
    expect(actions.filter((action) => USES.some((use) => actionsOverlap(action, use)))).toEqual([]);
    expect(uses).toEqual([
      {
        Sid: 'AnchorerSigns',
        Effect: 'Allow',
        Principal: { AWS: anchorer },
        Action: ['kms:Sign'],
        Resource: ['*'],
        Condition: { StringEquals: { 'kms:SigningAlgorithm': 'ECDSA_SHA_256', 'kms:MessageType': 'DIGEST' } },
      },
    ]);
  });

  it('and the entries they vouch for can be changed by no role: nothing but put, get, query and backups reaches them', () => {
    const reached = rolesOf(templates).flatMap(({ name, grants }) =>
      grants
        .filter(({ resource }) => resource.includes(':table/') && resource.includes(templates.nameOf('audit')))
        .map(({ action }) => ({ name, action })),
    );
    const backups = (action: string) => BACKUP_ACTIONS.includes(action);
    expect(reached.filter(({ name, action }) => backups(action) && !name.startsWith(`Haven-${stage}-Backup.`))).toEqual(
      [],
    );
    const direct = reached.map(({ action }) => action).filter((action) => !backups(action));
    expect([...new Set(direct)].sort()).toEqual(['dynamodb:BatchGetItem', 'dynamodb:PutItem', 'dynamodb:Query']);
    const unlocking = rolesOf(templates).flatMap(({ name, grants }) =>
      grants.filter(({ action }) => REMOVALS.some((removal) => actionsOverlap(action, removal))).map(() => name),
    );
    expect(unlocking).toEqual([]);
  });
});
