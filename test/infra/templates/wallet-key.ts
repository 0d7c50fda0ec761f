import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { KeyCommand } from '#lib/stage/key-operators.ts';
import { ALL_STAGES, PROTECTED_STAGES, templatesOf } from '../support/build-stage.ts';
import { documentSchema } from '../support/grants.ts';
import { DEPOSIT_CONTEXT, WALLET_CONTEXT } from '../support/guarded-resources.ts';
import { actionsOverlap } from '../support/patterns.ts';
import type { StageTemplates } from '../support/stage-templates.ts';

/**
 * What uses a key, copies it, or lets others use it:
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_awskeymanagementservice.html.
 */
const USES = [
  'kms:CreateGrant',
  'kms:Decrypt',
  'kms:DeriveSharedSecret',
  'kms:Encrypt',
  'kms:GenerateDataKey',
  'kms:GenerateDataKeyPair',
  'kms:GenerateDataKeyPairWithoutPlaintext',
  'kms:GenerateDataKeyWithoutPlaintext',
  'kms:GenerateMac',
  'kms:GenerateRandom',
  'kms:GetParametersForImport',
  'kms:ImportKeyMaterial',
  'kms:ReEncryptFrom',
  'kms:ReEncryptTo',
  'kms:ReplicateKey',
  'kms:Sign',
  'kms:SynchronizeMultiRegionKey',
  'kms:UpdatePrimaryRegion',
  'kms:Verify',
  'kms:VerifyMac',
];

/** What CloudFormation and an operator need, or the key could never be changed again. */
const NEEDED = [
  'kms:CancelKeyDeletion',
  'kms:DescribeKey',
  'kms:DisableKey',
  'kms:EnableKey',
  'kms:EnableKeyRotation',
  'kms:GetKeyPolicy',
  'kms:PutKeyPolicy',
  'kms:ScheduleKeyDeletion',
];

const keySchema = z.object({
  KeyPolicy: documentSchema,
  EnableKeyRotation: z.boolean().default(false),
  PendingWindowInDays: z.number().optional(),
  MultiRegion: z.boolean().optional(),
  KeySpec: z.string().optional(),
});

function walletKey(templates: StageTemplates) {
  const keys = templates.all('AWS::KMS::Key', keySchema).filter(({ stack }) => stack.endsWith('-Custody'));
  const [key] = keys;
  if (key === undefined || keys.length > 1) throw new Error('Expected one wallet key');
  return key;
}

describe.each(ALL_STAGES)('the wallet key of %s', (stage) => {
  const key = walletKey(templatesOf(stage));
  const [administration, ...uses] = key.properties.KeyPolicy.Statement;
  const role = (name: string) => ({ AWS: `arn:aws:iam::123456789012:role/haven-${stage}-${name}-eu-central-1` });

  it('lets the account manage it and not use it, in no wording', () => {
    expect(administration?.Principal).toEqual({ AWS: 'arn:aws:iam::123456789012:root' });
    const actions = administration?.Action ?? ['*'];
    expect(actions.filter((action) => USES.some((use) => actionsOverlap(action, use)))).toEqual([]);
    expect(NEEDED.filter((needed) => !actions.includes(needed))).toEqual([]);
  });

  it('lets exactly its roles use it, each for one thing and bound to a wallet', () => {
    const use = (sid: string, name: string, action: string, condition: object = WALLET_CONTEXT) => ({
      Sid: sid,
      Effect: 'Allow',
      Principal: role(name),
      Action: [action],
      Resource: ['*'],
      Condition: condition,
    });
    const { message_signing, key_export, key_operators } = templatesOf(stage).config;
    const command = <T>(name: KeyCommand, statement: T): T[] =>
      key_operators.commands.includes(name) ? [statement] : [];
    expect(uses).toEqual([
      use('ProvisionerMakesDataKeys', 'wallet-provisioner', 'kms:GenerateDataKey'),
      use('RotatorMakesDataKeys', 'wallet-rotator', 'kms:GenerateDataKey'),
      // For deposit wallets, and no others.
      use('DepositPoolMakesDataKeys', 'deposit-pool', 'kms:GenerateDataKey', DEPOSIT_CONTEXT),
      ...command('import', use('KeyImporterMakesDataKeys', 'key-importer', 'kms:GenerateDataKey')),
      ...command('reencrypt', use('KeyReencrypterMakesDataKeys', 'key-reencrypter', 'kms:GenerateDataKey')),
      use('LaneWorkerDecrypts', 'lane-worker', 'kms:Decrypt'),
      // Where the stage signs no messages, their signer can't decrypt, whatever its own policy says.
      ...(message_signing ? [use('MessageSignerDecrypts', 'message-signer', 'kms:Decrypt')] : []),
      // Nor the key export where the stage exports none.
      ...(key_export ? [use('KeyExportDecrypts', 'key-export', 'kms:Decrypt')] : []),
      ...command('verify', use('KeyVerifierDecrypts', 'key-verifier', 'kms:Decrypt')),
      ...command('reencrypt', use('KeyReencrypterDecrypts', 'key-reencrypter', 'kms:Decrypt')),
    ]);
  });

  it('rotates, stays in its region, and takes thirty days to be deleted', () => {
    expect(key.properties).toMatchObject({ EnableKeyRotation: true, PendingWindowInDays: 30 });
    expect(key.properties.MultiRegion ?? false).toBe(false);
    expect(key.properties.KeySpec ?? 'SYMMETRIC_DEFAULT').toBe('SYMMETRIC_DEFAULT');
  });

  it('outlives its stack where data is protected', () => {
    const policy = PROTECTED_STAGES.includes(stage) ? 'Retain' : 'Delete';
    expect([key.deletionPolicy, key.updateReplacePolicy]).toEqual([policy, policy]);
  });
});

it("would see the hole in AWS's own administrator policy: kms:Create* creates grants", () => {
  expect(USES.filter((use) => actionsOverlap('kms:Create*', use))).toEqual(['kms:CreateGrant']);
});
