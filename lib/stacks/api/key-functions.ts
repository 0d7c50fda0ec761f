import { Duration, type Stack } from 'aws-cdk-lib';
import { createCountAlarm } from '../../constructs/counted-alarm.ts';
import type { HavenFunction } from '../../constructs/haven-function.ts';
import { atLeast, createStageAlarm } from '../../constructs/stage-alarm.ts';
import type { StageContext } from '../../stage-context.ts';
import { allowRead } from '../secrets-stack.ts';
import type { ApiParts, FunctionFacts } from './function-facts.ts';

/** The two functions of the API that work together where a key may leave Haven: one decides, the other has the key. */
export function keyFunctionFacts(
  stage: StageContext,
  { custody, data, secrets }: ApiParts,
): { readonly control: FunctionFacts; readonly export: FunctionFacts } {
  const tables = {
    APPROVALS_TABLE: custody.approvals.tableName,
    LEDGER_TABLE: data.ledger.tableName,
    AUDIT_TABLE: data.audit.tableName,
    LOGS_TABLE: data.logs.tableName,
    KEY_EXPORT: String(stage.config.key_export),
  };
  const records = [
    // A wallet that waits in the pool of deposit wallets is not exported.
    data.ledger.allowRows(['CUSTODY#*', 'DEPOSIT#*', 'WALLET#*'], 'GetItem'),
    data.ledger.allowRows(['DEPOSIT_POOL#*'], 'Query'),
    data.ledger.allowRows(['CUSTODY#*'], 'UpdateItem'),
    // Where the stream of who asked, or was refused, ends.
    data.ledger.allowRows(['AUDIT#access:*'], 'GetItem', 'PutItem'),
    data.audit.allowRows(['access:*', 'wal_*'], 'PutItem'),
    data.logs.allow('PutItem'),
  ];
  return {
    control: {
      name: 'key-control',
      description: 'Takes, approves and cancels requests for exports and destructions of keys. Can reach no key.',
      permissions: [
        custody.approvals.allow('GetItem', 'BatchGetItem', 'PutItem'),
        custody.approvals.allowIndexQuery('gsi1'),
        ...records,
        data.ephemeral.allow('GetItem', 'PutItem'),
        allowRead(secrets.signing),
      ],
      environment: {
        ...tables,
        SIGNING_SECRET_ARN: secrets.signing.secretArn,
        DUAL_CONTROL: stage.config.dual_control ?? (stage.config.oidc === undefined ? 'principals' : 'operators'),
        KEY_RETENTION_DAYS: String(stage.config.key_retention_days),
      },
      errorImpact: 'Nobody can ask for the export or destruction of a key, approve it or cancel it.',
    },
    export: {
      name: 'key-export',
      description: 'Seals the key of a wallet to who asked for it, when somebody else approved that. Signs nothing.',
      role: custody.keyExportRole,
      // As for the provisioner: encryption libraries.
      memoryMb: 1_024,
      permissions: [...custody.keyExportPermissions(), ...records],
      environment: {
        ...tables,
        KEYS_TABLE: custody.keys.tableName,
        ...custody.decryptionSettings(),
      },
      errorImpact: 'Exported keys cannot be retrieved.',
    },
  };
}

/** What operators must hear of at once: that the function that can give out a key was called, and every step on the way there. */
export function alarmOnKeyExport(
  stack: Stack,
  stage: StageContext,
  functions: { readonly control: HavenFunction; readonly export: HavenFunction },
): void {
  createStageAlarm(stack, 'KeyExportCalled', {
    stage,
    name: 'export-function-called',
    description: 'The function that gives out keys was called. Somebody retrieves a key, or tries to.',
    harm: 'keys',
    metric: functions.export.function.metricInvocations({ period: Duration.minutes(1), statistic: 'Sum' }),
    ...atLeast(1),
  });
  for (const countedBy of ['key-control', 'key-export'] as const) {
    createCountAlarm(stack, `CriticalAlertsBy-${countedBy}`, {
      stage,
      name: `critical-alert-by-${countedBy}`,
      harm: 'told',
      description: 'The export or destruction of a key moved on. If nobody told you of it, somebody is taking keys.',
      metric: 'CriticalAlert',
      countedBy,
      threshold: 1,
    });
  }
  createCountAlarm(stack, 'RefusedExportKeys', {
    stage,
    name: 'export-key-refused',
    harm: 'told',
    description:
      'The key of a wallet does not decrypt or is not its own. Its row or the KMS key may have been tampered with.',
    metric: 'KeyRefused',
    countedBy: 'key-export',
    threshold: 1,
  });
}
