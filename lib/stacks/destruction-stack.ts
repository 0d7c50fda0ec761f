import { Duration, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { createCountAlarm } from '../constructs/counted-alarm.ts';
import { HavenFunction } from '../constructs/haven-function.ts';
import { createMissedRuns, MAX_RUN_AGE, scheduleEachMinute } from '../constructs/minute-schedule.ts';
import type { StageContext } from '../stage-context.ts';
import type { CustodyStack } from './custody-stack.ts';
import type { DataStack } from './data-stack.ts';

/** The stacks that destroying keys builds on. */
export interface DestructionStackProps extends StackProps {
  readonly custody: CustodyStack;
  readonly data: DataStack;
}

const TIMEOUT = Duration.seconds(20);

/**
 * What destroys keys of revoked wallets: the only part of Haven that may delete from the key table. It can't be called from the
 * internet, has no right to KMS, and reads no key.
 */
export class DestructionStack extends Stack {
  readonly destroyer: HavenFunction;

  constructor(scope: Construct, id: string, stage: StageContext, props: DestructionStackProps) {
    super(scope, id, props);
    const { custody, data } = props;
    const impact = 'Keys of revoked wallets stay although their destruction is due.';
    const missedRuns = createMissedRuns(this, {
      stage,
      of: 'destruction-schedule',
      subject: 'The schedule that destroys keys',
      owner: 'the key destroyer',
      errorImpact: impact,
    });
    this.destroyer = new HavenFunction(this, 'KeyDestroyer', {
      stage,
      name: 'key-destroyer',
      description: 'Each minute destroys keys of revoked wallets that two people decided to destroy. Reads no key.',
      memoryMb: 512,
      timeout: TIMEOUT,
      calledBy: { kind: 'schedule', missedRuns, maxEventAge: MAX_RUN_AGE },
      permissions: [
        custody.keys.allow('DeleteItem'),
        custody.approvals.allowRows(['dst_*'], 'GetItem', 'PutItem'),
        custody.approvals.allowIndexQuery('gsi2'),
        data.ledger.allowRows(['CUSTODY#*', 'WALLET#*'], 'GetItem', 'UpdateItem'),
        data.audit.allowRows(['wal_*'], 'PutItem'),
        data.logs.allow('PutItem'),
      ],
      environment: {
        KEYS_TABLE: custody.keys.tableName,
        APPROVALS_TABLE: custody.approvals.tableName,
        LEDGER_TABLE: data.ledger.tableName,
        AUDIT_TABLE: data.audit.tableName,
        LOGS_TABLE: data.logs.tableName,
        KEY_RETENTION_DAYS: String(stage.config.key_retention_days),
      },
      errorImpact: impact,
    });
    scheduleEachMinute(this, 'DestroyKeys', {
      stage,
      name: 'destroy-keys',
      description: 'Destroys keys whose destruction is approved and due',
      target: this.destroyer,
      targetInWords: 'the key destroyer',
      missedRuns,
    });
    createCountAlarm(this, 'FailedDestructions', {
      stage,
      name: 'destruction-failed',
      description: `A key could not be destroyed. ${impact}`,
      metric: 'KeyDestructionFailed',
      countedBy: 'key-destroyer',
      threshold: 1,
    });
    createCountAlarm(this, 'CriticalAlerts', {
      stage,
      name: 'critical-alert-by-key-destroyer',
      harm: 'told',
      description: 'The key of a revoked wallet was destroyed. If nobody told you of it, cancel what else is approved.',
      metric: 'CriticalAlert',
      countedBy: 'key-destroyer',
      threshold: 1,
    });
  }
}
