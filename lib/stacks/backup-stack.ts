import { Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import * as backup from 'aws-cdk-lib/aws-backup';
import * as events from 'aws-cdk-lib/aws-events';
import type { Construct } from 'constructs';
import type { HavenTable } from '../constructs/haven-table.ts';
import type { StageContext } from '../stage-context.ts';

/** What the backups are of. */
export interface BackupStackProps extends StackProps {
  readonly tables: readonly HavenTable[];
}

/** When a day's work is least, in most places: 03:00 UTC, and an hour to begin it. */
const DAILY_AT = { hour: '3', minute: '0' } as const;
const MONTHLY_AT = { ...DAILY_AT, day: '1' } as const;
/** Point-in-time recovery reaches 35 days back; what is older than that is here. */
const DAILY_KEPT = Duration.days(35);
/** A year and a month: a year's accounts can be looked at again. AWS Backup keeps DynamoDB's backups for 90 days at least once they are cold. */
const MONTHLY_KEPT = Duration.days(400);
const COLD_AFTER = Duration.days(30);
/** Nobody deletes a backup before, not with an administrator's rights over tables either. */
const LEAST_KEPT = Duration.days(7);

/**
 * Backups of all tables beside point-in-time recovery, which goes when its table does: each day for 35 days and each month for 400, in a
 * vault of its own that keeps each a week at least (AWS Backup Vault Lock, governance mode: an administrator of the vault itself can lift it).
 */
export class BackupStack extends Stack {
  constructor(scope: Construct, id: string, stage: StageContext, props: BackupStackProps) {
    super(scope, id, props);
    const vault = new backup.BackupVault(this, 'Vault', {
      backupVaultName: stage.resourceName('backups'),
      lockConfiguration: { minRetention: LEAST_KEPT },
      removalPolicy: RemovalPolicy.RETAIN,
    });
    const plan = new backup.BackupPlan(this, 'Plan', {
      backupPlanName: stage.resourceName('tables'),
      backupVault: vault,
      backupPlanRules: [
        new backup.BackupPlanRule({
          ruleName: 'daily',
          scheduleExpression: events.Schedule.cron(DAILY_AT),
          startWindow: Duration.hours(1),
          completionWindow: Duration.hours(6),
          deleteAfter: DAILY_KEPT,
        }),
        new backup.BackupPlanRule({
          ruleName: 'monthly',
          scheduleExpression: events.Schedule.cron(MONTHLY_AT),
          startWindow: Duration.hours(1),
          completionWindow: Duration.hours(12),
          moveToColdStorageAfter: COLD_AFTER,
          deleteAfter: MONTHLY_KEPT,
        }),
      ],
    });
    plan.addSelection('Tables', {
      backupSelectionName: stage.resourceName('tables'),
      resources: props.tables.map(({ table }) => backup.BackupResource.fromArn(table.tableArn)),
    });
  }
}
