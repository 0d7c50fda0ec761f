import * as iam from 'aws-cdk-lib/aws-iam';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { KEY_COMMANDS, type KeyCommand } from '#lib/stage/key-operators.ts';
import { parseStage } from '#lib/stage.ts';
import { ALL_STAGES, synthesise, templatesOf, withStage } from '../support/build-stage.ts';
import { documentSchema, type Role, rolesOf } from '../support/grants.ts';
import { DEPOSIT_CONTEXT, WALLET_CONTEXT } from '../support/guarded-resources.ts';
import { KEY_OPERATOR_PRIVILEGES, KEY_OPERATOR_ROLES } from '../support/key-operator-table.ts';
import { ACCOUNT, REGION } from '../support/physical-ids.ts';
import { privilegeProblems } from '../support/privilege-rules.ts';
import { privilegesOf } from '../support/role-privileges.ts';
import type { StageTemplates } from '../support/stage-templates.ts';

const operatorRole = (templates: StageTemplates, command: KeyCommand): Role | undefined =>
  rolesOf(templates).find(
    ({ name }) => name === `haven-${templates.config.name}-${KEY_OPERATOR_ROLES[command]}-${REGION}`,
  );

const sorted = (of: Readonly<Record<string, readonly string[]>>) =>
  Object.fromEntries(Object.entries(of).map(([key, values]) => [key, [...values].sort()]));

describe.each(ALL_STAGES)('people who work on keys in %s', (stage) => {
  const templates = templatesOf(stage);
  const { commands, require_mfa, account } = templates.config.key_operators;

  it.each(KEY_COMMANDS)('have a role for keys:%s only where the stage lists it', (command) => {
    expect(operatorRole(templates, command) !== undefined).toBe(commands.includes(command));
  });

  it.each(commands)('may do for keys:%s what the table says, and nothing else', (command) => {
    const role = operatorRole(templates, command);
    if (role === undefined) throw new Error('no role');
    expect(privilegesOf(role, templates)).toEqual(sorted(KEY_OPERATOR_PRIVILEGES[command]));
    expect(role.foreignPolicies).toEqual([]);
  });

  it.each(commands)(
    'must be of the named account for keys:%s, with a second factor where the stage says so',
    (command) => {
      expect(operatorRole(templates, command)?.trust.Statement).toEqual([
        {
          Effect: 'Allow',
          Action: ['sts:AssumeRole'],
          Principal: { AWS: `arn:aws:iam::${account ?? ACCOUNT}:root` },
          ...(require_mfa ? { Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } } } : {}),
        },
      ]);
    },
  );
});

it('production lists no command: nobody but its functions can use a key', () => {
  expect(templatesOf('production').config.key_operators).toEqual({ commands: [], account: null, require_mfa: true });
});

it('another account can be named', () => {
  const templates = withStage('staging', synthesise, {
    change: (config) => ({ ...config, key_operators: { ...config.key_operators, account: '999999999999' } }),
  });
  expect(operatorRole(templates, 'import')?.trust.Statement[0]?.Principal).toEqual({
    AWS: 'arn:aws:iam::999999999999:root',
  });
});

it('the privilege walk names what one of these roles has too much', () => {
  const found = withStage('local', (built) => {
    const { custody } = built.stacks;
    const role = iam.Role.fromRoleArn(
      custody,
      'Planted',
      `arn:aws:iam::${ACCOUNT}:role/haven-local-key-verifier-${REGION}`,
    );
    new iam.Policy(custody, 'PlantedPolicy', {
      roles: [role],
      statements: [
        new iam.PolicyStatement({ actions: ['kms:Decrypt'], resources: [custody.walletKey.keyArn] }),
        new iam.PolicyStatement({ actions: ['dynamodb:UpdateItem'], resources: [custody.keys.table.tableArn] }),
        new iam.PolicyStatement({
          actions: ['dynamodb:DeleteItem'],
          resources: [built.stacks.data.audit.table.tableArn],
        }),
      ],
    });
    return privilegeProblems(synthesise(built));
  });
  const name = `haven-local-key-verifier-${REGION}`;
  expect([...found].sort()).toEqual([
    `${name} may dynamodb:DeleteItem on the table audit`,
    `${name} may dynamodb:UpdateItem on the table keys`,
    `${name} may kms:Decrypt on the wallet key in any context`,
  ]);
});

describe('a move to a new wallet key', () => {
  const keySchema = z.object({ KeyPolicy: documentSchema });
  const aliasSchema = z.object({ AliasName: z.string(), TargetKeyId: z.string() });
  const moved = (wallet_key_generation: number, previous_wallet_keys: number[]) =>
    withStage('staging', synthesise, {
      change: (config) => ({ ...config, wallet_key_generation, previous_wallet_keys }),
    });
  const keysOf = (templates: StageTemplates) =>
    templates
      .all('AWS::KMS::Key', keySchema)
      .filter(({ stack }) => stack.endsWith('-Custody'))
      .map(({ logicalId, properties, deletionPolicy }) => ({
        name: logicalId.replace(/[0-9A-F]{8}$/, ''),
        uses: properties.KeyPolicy.Statement.slice(1).map(({ Sid }) => Sid),
        isBound: properties.KeyPolicy.Statement.slice(1).every(
          ({ Condition, Sid }) =>
            JSON.stringify(Condition) ===
            JSON.stringify(Sid === 'DepositPoolMakesDataKeys' ? DEPOSIT_CONTEXT : WALLET_CONTEXT),
        ),
        deletionPolicy,
      }));
  const environments = (templates: StageTemplates) =>
    templates
      .all(
        'AWS::Lambda::Function',
        z.object({ FunctionName: z.string(), Environment: z.object({ Variables: z.record(z.string(), z.unknown()) }) }),
      )
      .map(({ properties }) => ({
        name: properties.FunctionName.replace('haven-staging-', ''),
        key: properties.Environment.Variables['WALLET_KEY_ARN'],
        previous: properties.Environment.Variables['PREVIOUS_WALLET_KEY_ARNS'],
      }))
      .filter(({ key }) => key !== undefined);

  it('keeps the old key, which decrypts and encrypts nothing more', () => {
    const decrypts = [
      'LaneWorkerDecrypts',
      'MessageSignerDecrypts',
      'KeyExportDecrypts',
      'KeyVerifierDecrypts',
      'KeyReencrypterDecrypts',
    ];
    const encrypts = [
      'ProvisionerMakesDataKeys',
      'RotatorMakesDataKeys',
      'DepositPoolMakesDataKeys',
      'KeyImporterMakesDataKeys',
      'KeyReencrypterMakesDataKeys',
    ];
    expect(keysOf(moved(2, [1]))).toEqual([
      { name: 'WalletKey', uses: decrypts, isBound: true, deletionPolicy: 'Retain' },
      { name: 'WalletKey2', uses: [...encrypts, ...decrypts], isBound: true, deletionPolicy: 'Retain' },
    ]);
  });

  it('leaves the key of the first generation as it was, under its alias', () => {
    const aliases = (templates: StageTemplates) =>
      templates
        .all('AWS::KMS::Alias', aliasSchema)
        .map(({ logicalId, properties }) => [logicalId, properties.AliasName] as const)
        .filter(([, name]) => name.startsWith('alias/haven-staging-wallets'));
    const before = aliases(templatesOf('staging'));
    expect(before.map(([, name]) => name)).toEqual(['alias/haven-staging-wallets']);
    expect(aliases(moved(2, [1]))).toEqual([...before, [expect.any(String), 'alias/haven-staging-wallets-2']]);
  });

  it('tells only those that decrypt of the old key, and lets only them use it', () => {
    const templates = moved(2, [1]);
    const [old, current] = environments(templatesOf('staging'))
      .slice(0, 1)
      .map(({ key }) => key)
      .concat(
        environments(templates)
          .slice(0, 1)
          .map(({ key }) => key),
      );
    expect(old).not.toEqual(current);
    expect(environments(templates).sort((a, b) => a.name.localeCompare(b.name))).toEqual([
      { name: 'deposit-pool', key: current, previous: undefined },
      { name: 'key-export', key: current, previous: old },
      { name: 'lane-worker', key: current, previous: old },
      { name: 'message-signer', key: current, previous: old },
      { name: 'wallet-provisioner', key: current, previous: undefined },
      { name: 'wallet-rotator', key: current, previous: undefined },
    ]);
    const users = rolesOf(templates)
      .filter(({ grants }) => grants.some(({ action, resource }) => action === 'kms:Decrypt' && resource === old))
      .map(({ name, functionName }) => functionName ?? name);
    expect(users.sort()).toEqual([
      `haven-staging-key-reencrypter-${REGION}`,
      `haven-staging-key-verifier-${REGION}`,
      'key-export',
      'lane-worker',
      'message-signer',
    ]);
    const makers = rolesOf(templates).filter(({ grants }) =>
      grants.some(({ action, resource }) => action === 'kms:GenerateDataKey' && resource === old),
    );
    expect(makers).toEqual([]);
  });

  it('ends with the old key in place, so that backups stay readable to who may change its policy, and unused', () => {
    const [first] = keysOf(moved(2, []));
    expect(first).toMatchObject({ name: 'WalletKey', uses: [] });
    expect(environments(moved(2, [])).map(({ previous }) => previous)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('takes away no export that a stack which is not deployed yet may still use', () => {
    const exportsOf = (templates: StageTemplates) =>
      [
        ...(templates.texts().get('Haven-staging-Custody') ?? '').matchAll(
          /"Export":\{"Name":"([^"]*WalletKey[^"]*)"/g,
        ),
      ].map(([, name]) => name);
    const [before, during, after] = [templatesOf('staging'), moved(2, [1]), moved(2, [])].map(exportsOf);
    expect(before).toHaveLength(1);
    expect(before?.filter((name) => !during?.includes(name))).toEqual([]);
    expect(during?.filter((name) => !after?.includes(name))).toEqual([]);
  });

  it.each([
    [1, [1]],
    [2, [2]],
    [3, [1, 1]],
  ])('is refused for generation %j with the previous ones %j', (wallet_key_generation, previous_wallet_keys) => {
    const { config } = templatesOf('staging');
    expect(() => parseStage('test', { ...config, wallet_key_generation, previous_wallet_keys })).toThrow(
      'previous_wallet_keys: must be generations below wallet_key_generation',
    );
  });
});
