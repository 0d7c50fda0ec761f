import { describe, expect, it } from 'vitest';
import { type Attacker, attackersOf, Target } from '../support/attackers.ts';
import { ALL_STAGES, synthesise, templatesOf, withStage } from '../support/build-stage.ts';
import { type AwsCall, isAllowed } from '../support/evaluate.ts';

/**
 * Each role of a stage is taken over, and what AWS would do for it is worked out from the templates, policies of keys included: the
 * local endpoint enforces none. A row is an attack; whoever it succeeds for is named, and nobody else may.
 */

const WALLET = 'wal_01JD8Q4X7M5N2V9C3R6T0W1YZA';
const ADDRESS = '0x2c7536E3605D9C16a7a3D7b1898e529396a65c23';

/** A call with an encryption context, as KMS shows it to IAM. */
const withContext = (action: string, resource: string, context: Readonly<Record<string, string>>): AwsCall => ({
  action,
  resource,
  context: {
    ...Object.fromEntries(Object.entries(context).map(([key, value]) => [`kms:EncryptionContext:${key}`, value])),
    ...(Object.keys(context).length === 0 ? {} : { 'kms:EncryptionContextKeys': Object.keys(context) }),
  },
});
const BOUND = { wallet_id: WALLET, address: ADDRESS, purpose: 'treasury' };
const { wallet_id, address, purpose } = BOUND;

/** A call on a row, as DynamoDB shows it to IAM. */
const row = (target: Target, table: string, action: string, pk: string): AwsCall => ({
  action: `dynamodb:${action}`,
  resource: target.table(table),
  context: { 'dynamodb:LeadingKeys': [pk] },
});

interface Attack {
  readonly call: (target: Target) => AwsCall;
  /** For whom it succeeds, on a stage where everything is on: it is what they are for. */
  readonly succeedsFor: readonly Attacker[];
}

const SIGNERS = ['key-export', 'lane-worker', 'message-signer'] as const;
/** Who makes wallets; the deposit pool only such of its purpose. */
const MAKERS = ['wallet-provisioner', 'wallet-rotator', 'key-importer', 'deposit-pool'] as const;
const COMMANDS = ['key-reencrypter', 'key-verifier'] as const;
const attack = (call: Attack['call'], ...succeedsFor: Attacker[]): Attack => ({ call, succeedsFor });

/** What a right role could do with the wallet key, with everything said as it must be. */
const decrypt = (context: Readonly<Record<string, string>>) => (target: Target) =>
  withContext('kms:Decrypt', target.walletKey, context);

const ATTACKS: Readonly<Record<string, Attack>> = {
  'decrypt a wallet’s key': attack(decrypt(BOUND), ...SIGNERS, ...COMMANDS),
  'decrypt without saying which wallet': attack(decrypt({})),
  'decrypt without the address': attack(decrypt({ wallet_id, purpose })),
  'decrypt with more in the context than is bound': attack(decrypt({ ...BOUND, also: 'x' })),
  'decrypt what is no wallet': attack(decrypt({ ...BOUND, wallet_id: 'usr_1' })),
  'decrypt for another purpose than there is': attack(decrypt({ wallet_id, address, purpose: 'other' })),
  'decrypt under the anchor key': attack((target) => withContext('kms:Decrypt', target.anchorKey, BOUND)),
  'make data keys': attack(
    (target) => withContext('kms:GenerateDataKey', target.walletKey, BOUND),
    'wallet-provisioner',
    'wallet-rotator',
    'key-importer',
    'key-reencrypter',
  ),
  'make data keys that are bound to nothing': attack((target) =>
    withContext('kms:GenerateDataKey', target.walletKey, {}),
  ),
  ...Object.fromEntries(
    ['Encrypt', 'ReEncryptFrom', 'CreateGrant', 'PutKeyPolicy', 'ScheduleKeyDeletion', 'DisableKey'].flatMap((name) => [
      [`${name} with the wallet key`, attack((target) => withContext(`kms:${name}`, target.walletKey, BOUND))],
      [
        `${name} with a treasury’s key in KMS`,
        attack(({ signingKey }) => ({ action: `kms:${name}`, resource: signingKey })),
      ],
    ]),
  ),
  'sign with a treasury’s key in KMS': attack(
    ({ signingKey }) => ({
      action: 'kms:Sign',
      resource: signingKey,
      context: { 'kms:MessageType': 'DIGEST', 'kms:SigningAlgorithm': 'ECDSA_SHA_256' },
    }),
    'lane-worker',
    'message-signer',
  ),
  'have KMS hash and sign': attack(({ signingKey }) => ({
    action: 'kms:Sign',
    resource: signingKey,
    context: { 'kms:MessageType': 'RAW', 'kms:SigningAlgorithm': 'ECDSA_SHA_256' },
  })),
  'change for which wallet a key in KMS was made': attack(({ signingKey }) => ({
    action: 'kms:UpdateKeyDescription',
    resource: signingKey,
  })),
  'sign an anchor': attack(
    ({ anchorKey }) => ({
      action: 'kms:Sign',
      resource: anchorKey,
      context: { 'kms:MessageType': 'DIGEST', 'kms:SigningAlgorithm': 'ECDSA_SHA_256' },
    }),
    'audit-anchor',
  ),
  'make a key in KMS that decrypts': attack(() => ({
    action: 'kms:CreateKey',
    resource: '*',
    context: {
      ...{ 'kms:KeySpec': 'SYMMETRIC_DEFAULT', 'kms:KeyUsage': 'ENCRYPT_DECRYPT', 'kms:KeyOrigin': 'AWS_KMS' },
      'kms:MultiRegion': 'false',
    },
  })),
  'read a ciphertext': attack((target) => row(target, 'keys', 'GetItem', WALLET), ...SIGNERS, ...COMMANDS),
  'read many ciphertexts': attack((target) => row(target, 'keys', 'BatchGetItem', WALLET)),
  'list ciphertexts': attack((target) => row(target, 'keys', 'Query', WALLET)),
  'scan ciphertexts': attack((target) => row(target, 'keys', 'Scan', WALLET)),
  'swap ciphertexts': attack((target) => row(target, 'keys', 'UpdateItem', WALLET), 'key-reencrypter'),
  'make data keys for deposit wallets': attack(
    (target) => withContext('kms:GenerateDataKey', target.walletKey, { ...BOUND, purpose: 'deposit' }),
    ...([...MAKERS, 'key-reencrypter'] as const),
  ),
  'put a key': attack((target) => row(target, 'keys', 'PutItem', WALLET), ...MAKERS),
  'delete a key': attack((target) => row(target, 'keys', 'DeleteItem', WALLET), 'key-destroyer'),
  'put a wallet again': attack((target) => row(target, 'ledger', 'PutItem', `WALLET#${WALLET}`), ...MAKERS),
  // What it says besides status and successor is shown and searched; those two, and pauses, are held against key states.
  'change the row of a wallet: its status, its successor': attack(
    (target) => row(target, 'ledger', 'UpdateItem', `WALLET#${WALLET}`),
    'key-destroyer',
    'policy-admin',
    'wallet-rotator',
  ),
  'give an address to another wallet': attack(
    (target) => row(target, 'ledger', 'PutItem', `ADDRESS#${ADDRESS.toLowerCase()}`),
    ...MAKERS,
  ),
  'take a wallet away': attack((target) => row(target, 'ledger', 'DeleteItem', `WALLET#${WALLET}`)),
  'end a pause by putting the key state anew': attack((target) =>
    row(target, 'ledger', 'PutItem', `CUSTODY#${WALLET}`),
  ),
  'end a pause by taking the key state away': attack((target) =>
    row(target, 'ledger', 'DeleteItem', `CUSTODY#${WALLET}`),
  ),
  'write a key state': attack(
    (target) => row(target, 'ledger', 'UpdateItem', `CUSTODY#${WALLET}`),
    ...(['key-control', 'key-destroyer', ...SIGNERS, 'policy-admin', 'key-reencrypter', 'wallet-rotator'] as const),
  ),
  'plant the key of a rotation': attack(
    (target) => row(target, 'ledger', 'PutItem', `KMS_ROTATION#${WALLET}`),
    'wallet-rotator',
  ),
  'put a policy': attack(
    (target) => row(target, 'ledger', 'PutItem', `POLICY#${WALLET}`),
    'policy-admin',
    'wallet-rotator',
  ),
  'change a policy': attack((target) => row(target, 'ledger', 'UpdateItem', `POLICY#${WALLET}`)),
  'take a policy away': attack((target) => row(target, 'ledger', 'DeleteItem', `POLICY#${WALLET}`)),
  'forget what was spent today': attack(
    (target) => row(target, 'ledger', 'PutItem', `SPEND#${WALLET}`),
    ...(['deposit-sweeper', 'lane-kicker', 'lane-worker', 'outbox-worker', 'refunds-api', 'sweeper'] as const),
    ...(['token-api', 'top-up', 'transactions-api'] as const),
  ),
  'say where deposits go': attack((target) => row(target, 'ledger', 'PutItem', 'TREASURY#deposits'), 'token-api'),
  'scan the ledger': attack((target) => row(target, 'ledger', 'Scan', `WALLET#${WALLET}`)),
  'forge the approval of an export': attack(
    (target) => row(target, 'approvals', 'PutItem', 'exp_1'),
    'key-control',
    'key-export',
  ),
  'forge the approval of a destruction': attack(
    (target) => row(target, 'approvals', 'PutItem', 'dst_1'),
    'key-control',
    'key-destroyer',
  ),
  'edit an audit entry': attack((target) => row(target, 'audit', 'UpdateItem', WALLET)),
  'remove an audit entry': attack((target) => row(target, 'audit', 'DeleteItem', WALLET)),
  'write many audit entries at once, unconditionally': attack((target) =>
    row(target, 'audit', 'BatchWriteItem', WALLET),
  ),
  'write to the audit stream of key commands': attack(
    (target) => row(target, 'audit', 'PutItem', 'custody:commands'),
    ...(['key-importer', ...COMMANDS] as const),
  ),
  'remove an anchor': attack((target) => ({ action: 's3:DeleteObject', resource: target.anchor('digests/1') })),
  'unlock an anchor': attack((target) => ({ action: 's3:PutObjectRetention', resource: target.anchor('digests/1') })),
  'read an API key’s hash': attack(
    (target) => ({
      action: 'dynamodb:GetItem',
      resource: target.table('access'),
      context: { 'dynamodb:LeadingKeys': ['key_1'], 'dynamodb:Select': 'ALL_ATTRIBUTES' },
    }),
    'access-api',
    'access-bootstrap',
  ),
  'make an API key': attack((target) => row(target, 'access', 'PutItem', 'key_1'), 'access-api', 'access-bootstrap'),
  'read the pepper of API keys': attack(
    (target) => ({ action: 'secretsmanager:GetSecretValue', resource: target.secret('pepper') }),
    ...(['access-api', 'access-bootstrap', 'authorizer'] as const),
  ),
  'call the key export by another function': attack((target) => ({
    action: 'lambda:InvokeFunction',
    resource: target.function('key-export'),
  })),
  'pass the lane worker’s role on': attack(() => ({ action: 'iam:PassRole', resource: '*' })),
  'take another role': attack(() => ({ action: 'sts:AssumeRole', resource: '*' })),
};

const everything = withStage('local', synthesise, {
  change: (config) => ({ ...config, message_signing: true, key_export: true }),
});

describe('what a taken-over role asks AWS for, everything being switched on', () => {
  const target = new Target(everything);
  it.each(Object.entries(ATTACKS))(
    '%s: it succeeds for those whose work it is, and nobody else',
    (_name, { call, succeedsFor }) => {
      expect([...target.whoCan(call(target))].sort()).toEqual([...succeedsFor].sort());
    },
  );
});

describe.each(ALL_STAGES)('on %s', (stage) => {
  const templates = templatesOf(stage);
  const target = new Target(templates);
  it('no attack succeeds for more roles than where everything is on', () => {
    const present = attackersOf(templates);
    for (const { call, succeedsFor } of Object.values(ATTACKS)) {
      const allowed = succeedsFor.filter((attacker) => present.includes(attacker));
      expect(allowed).toEqual(expect.arrayContaining([...target.whoCan(call(target))]));
    }
  });
});

it('where messages are not signed and keys not exported, only the lane worker decrypts', () => {
  const off = withStage('local', synthesise, {
    change: (config) => ({
      ...config,
      message_signing: false,
      key_export: false,
      key_operators: { ...config.key_operators, commands: [] },
    }),
  });
  const target = new Target(off);
  // By IAM they still could: the key's policy leaves them out.
  expect(target.whoCan(decrypt(BOUND)(target))).toEqual(['lane-worker']);
});

describe('the evaluation of policies', () => {
  const allow = (Condition?: Record<string, unknown>) => ({
    ...{ Effect: 'Allow' as const, Action: ['dynamodb:Put*'], Resource: ['arn:table'] },
    ...(Condition === undefined ? {} : { Condition }),
  });
  const put = (context = {}) => ({ action: 'dynamodb:PutItem', resource: 'arn:table', context });
  it('lets through what is allowed, whatever its case, and nothing that is denied', () => {
    expect(isAllowed([allow()], put())).toBe(true);
    expect(isAllowed([allow()], { ...put(), action: 'DYNAMODB:putitem' })).toBe(true);
    expect(isAllowed([], put())).toBe(false);
    expect(isAllowed([allow()], { ...put(), resource: 'arn:table2' })).toBe(false);
    expect(isAllowed([allow(), { ...allow(), Effect: 'Deny' }], put())).toBe(false);
    expect(isAllowed([{ Effect: 'Allow', NotAction: ['s3:*'], NotResource: ['arn:other'] }], put())).toBe(true);
    expect(isAllowed([{ Effect: 'Allow', NotAction: ['dynamodb:*'], Resource: ['*'] }], put())).toBe(false);
  });
  it.each<[string, Record<string, unknown>, Record<string, string | string[]>, boolean]>([
    ['ForAllValues:StringLike', { k: ['a*'] }, { k: ['ab', 'ac'] }, true],
    ['ForAllValues:StringLike', { k: ['a*'] }, { k: ['ab', 'b'] }, false],
    ['ForAllValues:StringLike', { k: ['a*'] }, {}, true],
    ['ForAllValues:StringNotLike', { k: ['a*'] }, { k: ['b'] }, true],
    ['ForAllValues:StringNotLike', { k: ['a*'] }, { k: ['b', 'a'] }, false],
    ['ForAnyValue:StringEquals', { k: ['a'] }, { k: ['b', 'a'] }, true],
    ['StringEquals', { k: 'a' }, { k: 'a' }, true],
    ['StringEquals', { k: 'a' }, { k: 'A' }, false],
    ['StringEquals', { k: 'a' }, {}, false],
    ['StringEqualsIfExists', { k: 'a' }, {}, true],
    ['StringNotEquals', { k: 'a' }, {}, true],
    ['Bool', { k: 'false' }, { k: 'false' }, true],
    ['Null', { k: 'true' }, {}, true],
  ])('%s %j of %j', (operator, terms, context, expected) => {
    expect(isAllowed([allow({ [operator]: terms })], put(context))).toBe(expected);
  });
  it('guesses at no condition that it does not know', () => {
    expect(() => isAllowed([allow({ DateLessThan: { k: 'x' } })], put({ k: 'y' }))).toThrow('DateLessThan');
  });
});
