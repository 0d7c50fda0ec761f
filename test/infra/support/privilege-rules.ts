import { isDeepStrictEqual } from 'node:util';
import { KEY_COMMANDS } from '#lib/stage/key-operators.ts';
import { type Grant, type Role, reaching, rolesOf } from './grants.ts';
import {
  ACCESS_HEAD_READERS,
  ACCESS_TABLE_USERS,
  ALARM_RECEIVER,
  ALERT_READERS,
  ANCHORER,
  APPROVALS_TABLE_USERS,
  BACKUP_ACTIONS,
  INCIDENT_ACTIONS,
  KEY_PRIVILEGES,
  NARROWER_CONTEXTS,
  SECRET_READERS,
  SIGNING_KEYS_ONLY,
  WALLET_CONTEXT,
  WATCHER,
} from './guarded-resources.ts';
import { KEY_OPERATOR_PRIVILEGES, KEY_OPERATOR_ROLES } from './key-operator-table.ts';
import { actionsOverlap } from './patterns.ts';
import { REGION } from './physical-ids.ts';
import { reachOf } from './role-privileges.ts';
import { StageArns } from './stage-arns.ts';
import type { StageTemplates } from './stage-templates.ts';

/** What nobody may do: uses of the key that Haven has no use for, and what would lead to other rights. */
const NEVER = [
  'iam:*',
  'sts:*',
  'kms:CreateGrant',
  'kms:DeriveSharedSecret',
  'kms:Encrypt',
  'kms:GenerateDataKeyPair*',
  'kms:GenerateDataKeyWithoutPlaintext',
  'kms:GenerateMac',
  'kms:PutKeyPolicy',
  'kms:ReEncrypt*',
  'kms:ScheduleKeyDeletion',
  // But for the anchorer, with the anchor key.
  'kms:Sign',
  'dynamodb:BatchWriteItem',
  'dynamodb:PartiQL*',
  // What takes objects away or changes their locks: anchors of the audit streams.
  's3:BypassGovernanceRetention',
  's3:Delete*',
  's3:PutBucket*',
  's3:PutLifecycleConfiguration',
  's3:PutObjectLegalHold',
  's3:PutObjectRetention',
];

/** What may be done to the audit table. The rest could change history. */
const AUDIT_ACTIONS = ['dynamodb:BatchGetItem', 'dynamodb:PutItem', 'dynamodb:Query'];

/** What may be done to the table of alerts but by who tells them. */
const LOGS_ACTIONS = ['dynamodb:PutItem'];
/** What who watches may do: it reads rows of its own, and takes none away. */
const WATCHER_ACTIONS = ['dynamodb:BatchGetItem', 'dynamodb:PutItem', 'dynamodb:Query'];
/** What who tells alerts, or shows them, may do: none takes one away. */
const TELLER_ACTIONS = ['BatchGetItem', 'GetItem', 'PutItem', 'Query', 'UpdateItem'].map((name) => `dynamodb:${name}`);

/** The one role with a policy that AWS wrote: API Gateway's for its logs, which has no other. */
const LOG_POLICY = 'arn:aws:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs';

/**
 * Everything in a stage that breaks the privilege table, as sentences that name the function and the action. A right
 * counts when it could reach a resource, wildcards included.
 */
export function privilegeProblems(templates: StageTemplates): readonly string[] {
  const arns = new StageArns(templates);
  return rolesOf(templates).flatMap((whole) => {
    const role = { ...whole, grants: whole.grants.filter((grant) => !makesBackups(whole, grant, templates)) };
    return [
      ...forbiddenActions(role, arns),
      ...keyProblems(role, arns),
      ...tableProblems(role, arns),
      ...anchorProblems(role, arns),
      ...secretProblems(role, arns),
    ];
  });
}

function holder(role: Role): string {
  return role.functionName ?? role.name;
}

function forbiddenActions(role: Role, arns: StageArns): string[] {
  const named = role.grants
    .filter((grant) => !isAnchoring(role, grant, arns))
    .filter(({ action }) => action.includes('*') || NEVER.some((never) => actionsOverlap(action, never)))
    .map(({ action, resource }) => `${holder(role)} may ${action} on ${resource}`);
  const foreign = role.foreignPolicies
    .filter((arn) => role.functionName !== undefined || arn !== LOG_POLICY)
    .map((arn) => `${holder(role)} has the policy ${arn}`);
  return [...named, ...foreign];
}

function keyProblems(role: Role, arns: StageArns): string[] {
  const expected = expectedOnKeys(role);
  const kms = reaching(role, 'kms:*', [arns.walletKey]).filter(
    (grant) =>
      !makesSigningKeys(role, grant) &&
      (!expected.kms.includes(grant.action) ||
        grant.resource !== arns.walletKey ||
        // To look at a key uses nothing, and has no context.
        (grant.action !== 'kms:DescribeKey' &&
          !isDeepStrictEqual(grant.condition, NARROWER_CONTEXTS[holder(role)] ?? WALLET_CONTEXT))),
  );
  const keys = reaching(role, 'dynamodb:*', arns.table('keys')).filter(
    (grant) => !expected.keys.includes(grant.action),
  );
  return [
    ...kms.map((grant) => `${describe(role, grant)} the wallet key${isContextBound(grant) ? '' : ' in any context'}`),
    ...keys.map((grant) => `${describe(role, grant)} the table keys`),
  ];
}

/** What a function, or the role of people's commands, may do with the wallet key and the table of ciphertexts. */
function expectedOnKeys(role: Role): { readonly kms: readonly string[]; readonly keys: readonly string[] } {
  const ofFunction = KEY_PRIVILEGES[holder(role)];
  if (ofFunction !== undefined) return { kms: [ofFunction.kms ?? []].flat(), keys: [ofFunction.keys] };
  const ofCommand = KEY_COMMANDS.find((command) => role.name.endsWith(`-${KEY_OPERATOR_ROLES[command]}-${REGION}`));
  const privileges = ofCommand === undefined ? {} : KEY_OPERATOR_PRIVILEGES[ofCommand];
  return { kms: privileges['wallet key'] ?? [], keys: privileges['table keys'] ?? [] };
}

/** The one right to KMS that no key's ARN bounds. It reaches no key that is there. */
function makesSigningKeys(role: Role, { action, condition }: Grant): boolean {
  return (
    ['wallet-provisioner', 'wallet-rotator'].includes(holder(role)) &&
    action === 'kms:CreateKey' &&
    isDeepStrictEqual(condition, SIGNING_KEYS_ONLY)
  );
}

function tableProblems(role: Role, arns: StageArns): string[] {
  const audit = reaching(role, 'dynamodb:*', arns.table('audit')).filter(
    (grant) => !AUDIT_ACTIONS.includes(grant.action),
  );
  const access = ACCESS_TABLE_USERS.includes(holder(role))
    ? []
    : reaching(role, 'dynamodb:*', arns.table('access')).filter((grant) => !readsHeadsOnly(role, grant));
  const ofOthers = holder(role) === WATCHER ? WATCHER_ACTIONS : LOGS_ACTIONS;
  const ofLogs = ALERT_READERS.includes(holder(role)) ? TELLER_ACTIONS : ofOthers;
  const logs = reaching(role, 'dynamodb:*', arns.table('logs')).filter(
    (grant) =>
      !ofLogs.includes(grant.action) &&
      !readsAlertHeadsOnly(role, grant) &&
      !readsAlarmConditionsOnly(role, grant) &&
      !isOfIncidents(role, grant),
  );
  const approvals = APPROVALS_TABLE_USERS.includes(holder(role))
    ? []
    : reaching(role, 'dynamodb:*', arns.table('approvals'));
  return [
    ...approvals.map((grant) => `${describe(role, grant)} the table approvals`),
    ...audit.map((grant) => `${describe(role, grant)} the table audit`),
    ...logs.map((grant) => `${describe(role, grant)} the table logs`),
    ...access.map((grant) => `${describe(role, grant)} the table access`),
  ];
}

/** Whether a grant reaches rows of incidents only, of who counts or shows them. */
function isOfIncidents(role: Role, { action, condition }: Grant): boolean {
  const rows = (patterns: readonly string[]) => ({ 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': patterns } });
  return (
    (INCIDENT_ACTIONS[holder(role)] ?? []).includes(action) &&
    [['INCIDENT#*'], ['INCIDENTS#*']].some((patterns) => isDeepStrictEqual(condition, rows(patterns)))
  );
}

/** Whether a grant is one that backups take, of the role that AWS Backup has. */
function makesBackups(role: Role, { action }: Grant, templates: StageTemplates): boolean {
  return role.name.startsWith(`Haven-${templates.config.name}-Backup.Role`) && BACKUP_ACTIONS.includes(action);
}

/** Whether a grant shows where the streams of API keys end, and nothing that a key could be made of. */
function readsHeadsOnly(role: Role, grant: Grant): boolean {
  return (
    ACCESS_HEAD_READERS.includes(holder(role)) &&
    grant.action === 'dynamodb:GetItem' &&
    reachOf(grant) === ' attributes audit_hash, audit_seq, pk'
  );
}

/** The same of alerts. */
function readsAlertHeadsOnly(role: Role, grant: Grant): boolean {
  return (
    ACCESS_HEAD_READERS.includes(holder(role)) &&
    grant.action === 'dynamodb:GetItem' &&
    reachOf(grant) === ' attributes audit_hash, audit_seq, pk, sk'
  );
}

/** Whether a grant shows conditions of alarms and no other row, alerts least of all. */
function readsAlarmConditionsOnly(role: Role, grant: Grant): boolean {
  return (
    holder(role) === ALARM_RECEIVER &&
    grant.action === 'dynamodb:BatchGetItem' &&
    reachOf(grant) === ' rows CONDITION#alarm:*'
  );
}

/** The one signature by a right of IAM: the anchorer's, with the anchor key. */
function isAnchoring(role: Role, { action, resource }: Grant, arns: StageArns): boolean {
  return holder(role) === ANCHORER && action === 'kms:Sign' && resource === arns.anchorKey;
}

/** Only the anchorer signs or adds anchors. */
function anchorProblems(role: Role, arns: StageArns): string[] {
  if (holder(role) === ANCHORER) return [];
  const bucket = arns.anchors();
  return [
    ...reaching(role, 'kms:Sign', [arns.anchorKey]).map((grant) => `${describe(role, grant)} the anchor key`),
    ...reaching(role, 's3:Put*', [bucket, `${bucket}/digests/1`, `${bucket}/parts/1`]).map(
      (grant) => `${describe(role, grant)} the anchors`,
    ),
  ];
}

function secretProblems(role: Role, arns: StageArns): string[] {
  return Object.entries(SECRET_READERS).flatMap(([name, readers]) =>
    readers.includes(holder(role))
      ? []
      : reaching(role, 'secretsmanager:*', arns.secret(name)).map(
          (grant) => `${describe(role, grant)} the secret ${name}`,
        ),
  );
}

function describe(role: Role, grant: Grant): string {
  return `${holder(role)} may ${grant.action} on`;
}

function isContextBound(grant: Grant): boolean {
  return isDeepStrictEqual(grant.condition, WALLET_CONTEXT);
}
