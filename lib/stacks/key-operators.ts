import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { COMMAND_STREAM } from '#shared/custody/maintenance/command-stream.ts';
import type { HavenTable } from '../constructs/haven-table.ts';
import { KEY_COMMANDS, KEY_ROLE_NAMES, type KeyCommand } from '../stage/key-operators.ts';
import type { StageContext } from '../stage-context.ts';
import { WALLET_CONTEXT } from './wallet-context.ts';

/** The roles under which people run commands on keys: of the commands that the stage lists. */
export type KeyOperatorRoles = ReadonlyMap<KeyCommand, iam.Role>;

/** What each command does with a wallet key. */
const KEY_USES: Readonly<Record<KeyCommand, readonly KeyUse[]>> = {
  import: ['kms:GenerateDataKey'],
  verify: ['kms:Decrypt'],
  reencrypt: ['kms:Decrypt', 'kms:GenerateDataKey'],
};

type KeyUse = 'kms:Decrypt' | 'kms:GenerateDataKey';

/** Makes the roles. Nobody can do anything with them before `allowKeyCommands`. */
export function createKeyOperatorRoles(scope: Construct, stage: StageContext): KeyOperatorRoles {
  const { commands, account, require_mfa } = stage.config.key_operators;
  const people = account === null ? new iam.AccountRootPrincipal() : new iam.AccountPrincipal(account);
  return new Map(
    KEY_COMMANDS.filter((command) => commands.includes(command)).map((command) => {
      const name = stage.resourceName(KEY_ROLE_NAMES[command]);
      const role = new iam.Role(scope, `${SIDS[command]}Role`, {
        roleName: `${name}-${Stack.of(scope).region}`,
        description: `For people who run keys:${command} on ${stage.config.name}`,
        // The account as a whole: which of its principals may, its own policies say.
        assumedBy: require_mfa ? people.withConditions({ Bool: { 'aws:MultiFactorAuthPresent': 'true' } }) : people,
      });
      return [command, role];
    }),
  );
}

/** A statement of a key's policy that lets a role use the key in one way, bound to a wallet. */
export function keyUse(sid: string, action: KeyUse, role: iam.Role, conditions = WALLET_CONTEXT): iam.PolicyStatement {
  return new iam.PolicyStatement({
    sid,
    actions: [action],
    principals: [role],
    resources: ['*'],
    conditions,
  });
}

/** The statements of a key's policy for the commands that use it in this way. */
export function operatorUses(roles: KeyOperatorRoles, action: KeyUse): iam.PolicyStatement[] {
  return [...roles].flatMap(([command, role]) =>
    KEY_USES[command].includes(action) ? [keyUse(`${SIDS[command]}${SIDS[action]}`, action, role)] : [],
  );
}

const SIDS = {
  import: 'KeyImporter',
  verify: 'KeyVerifier',
  reencrypt: 'KeyReencrypter',
  'kms:Decrypt': 'Decrypts',
  'kms:GenerateDataKey': 'MakesDataKeys',
} as const;

/** What the roles are allowed on. */
interface KeyResources {
  readonly encrypt: iam.PolicyStatement;
  readonly decrypt: iam.PolicyStatement;
  /** Every wallet key that may be used. */
  readonly keyArns: readonly string[];
  readonly keys: HavenTable;
}

/**
 * Gives each role what its command needs, on rows of the kinds that it is about. The tables of the ledger and of the audit
 * are in another stack that comes after this one, and are named as that stack names them.
 */
export function allowKeyCommands(
  scope: Construct,
  stage: StageContext,
  roles: KeyOperatorRoles,
  { encrypt, decrypt, keyArns, keys }: KeyResources,
): void {
  const table = (name: string) =>
    Stack.of(scope).formatArn({ service: 'dynamodb', resource: 'table', resourceName: stage.resourceName(name) });
  const rows = (name: string, actions: readonly string[], partitions: readonly string[]) =>
    new iam.PolicyStatement({
      actions: actions.map((action) => `dynamodb:${action}`),
      resources: [table(name)],
      // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
      conditions: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': partitions } },
    });
  const describe = new iam.PolicyStatement({ actions: ['kms:DescribeKey'], resources: [...keyArns] });
  const listWallets = new iam.PolicyStatement({
    actions: ['dynamodb:Query'],
    resources: [`${table('ledger')}/index/gsi1`],
    conditions: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['WALLETS'] } },
  });
  const commandHead = `AUDIT#${COMMAND_STREAM}`;
  const record = [rows('ledger', ['GetItem', 'PutItem'], [commandHead]), rows('audit', ['PutItem'], [COMMAND_STREAM])];
  const statements: Readonly<Record<KeyCommand, readonly iam.PolicyStatement[]>> = {
    import: [
      encrypt,
      keys.allow('PutItem'),
      rows('ledger', ['GetItem', 'PutItem'], [commandHead, 'ADDRESS#*', 'WALLET#*', 'WALLET_TAG#*']),
      rows('audit', ['PutItem'], [COMMAND_STREAM, 'wal_*']),
    ],
    verify: [decrypt, keys.allow('GetItem'), listWallets, rows('ledger', ['GetItem'], ['WALLET#*']), ...record],
    reencrypt: [
      encrypt,
      decrypt,
      keys.allow('GetItem', 'UpdateItem'),
      listWallets,
      rows('ledger', ['GetItem'], ['CUSTODY#*', 'WALLET#*']),
      rows('ledger', ['UpdateItem'], ['CUSTODY#*']),
      ...record,
      rows('audit', ['PutItem'], ['wal_*']),
    ],
  };
  for (const [command, role] of roles) {
    new iam.Policy(scope, `${SIDS[command]}Policy`, { statements: [describe, ...statements[command]], roles: [role] });
  }
}
