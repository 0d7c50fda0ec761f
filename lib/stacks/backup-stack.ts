import { Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import * as backup from 'aws-cdk-lib/aws-backup';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { HavenTable } from '../constructs/haven-table.ts';
import { atLeast, createStageAlarm } from '../constructs/stage-alarm.ts';
import type { StageContext } from '../stage-context.ts';

/** What the backups are of. */
export interface BackupStackProps extends StackProps {
  /** All but the one of ciphertexts of keys, and such as are worth nothing after a day. */
  readonly tables: readonly HavenTable[];
  /** Ciphertexts of keys: no backup of them is older than point-in-time recovery reaches, so that a key that was destroyed is gone then. */
  readonly keys: HavenTable;
}

/** What a plan backs up, where to, and as whom. */
interface BackedUp {
  readonly vault: backup.IBackupVault;
  readonly role: iam.IRole;
  readonly tables: readonly HavenTable[];
}

/** When a day's work is least, in most places: 03:00 UTC, and an hour to begin it. */
const DAILY_AT = { hour: '3', minute: '0' } as const;
const MONTHLY_AT = { ...DAILY_AT, day: '1' } as const;
/** As far back as point-in-time recovery reaches, but with copies that outlive a table. Not longer: see `keys`. */
const DAILY_KEPT = Duration.days(35);
/** A year and a month: a year's accounts can be looked at again. AWS Backup keeps DynamoDB's backups for 90 days at least once they are cold. */
const MONTHLY_KEPT = Duration.days(400);
const COLD_AFTER = Duration.days(30);
/** Nobody deletes a backup before, not with an administrator's rights over tables either. */
const LEAST_KEPT = Duration.days(7);

/**
 * What a backup takes, where the account has AWS Backup's features for DynamoDB on (docs/backups.md): they show no item to the role, and it
 * can delete no backup. https://docs.aws.amazon.com/aws-backup/latest/devguide/advanced-ddb-backup.html
 */
const TABLE_ACTIONS = ['dynamodb:DescribeTable', 'dynamodb:ListTagsOfResource', 'dynamodb:StartAwsBackupJob'];
const VAULT_ACTIONS = ['backup:CopyIntoBackupVault', 'backup:DescribeBackupVault'];

/**
 * Backups of all tables beside point-in-time recovery, which goes when its table does: each day for 35 days, and but for keys each month
 * for 400, in a vault of its own that keeps each a week at least (AWS Backup Vault Lock, governance mode: an administrator of the vault itself can lift it).
 */
export class BackupStack extends Stack {
  constructor(scope: Construct, id: string, stage: StageContext, { tables, keys, ...props }: BackupStackProps) {
    super(scope, id, props);
    const vault = new backup.BackupVault(this, 'Vault', {
      backupVaultName: stage.resourceName('backups'),
      lockConfiguration: { minRetention: LEAST_KEPT },
      removalPolicy: RemovalPolicy.RETAIN,
    });
    const role = this.#role(stage, [...tables, keys], vault);
    const rule = { scheduleExpression: events.Schedule.cron(DAILY_AT), startWindow: Duration.hours(1) };
    this.#plan(
      'Daily',
      stage,
      { vault, role, tables: [...tables, keys] },
      {
        ...rule,
        completionWindow: Duration.hours(6),
        deleteAfter: DAILY_KEPT,
      },
    );
    this.#plan(
      'Monthly',
      stage,
      { vault, role, tables },
      {
        ...rule,
        scheduleExpression: events.Schedule.cron(MONTHLY_AT),
        completionWindow: Duration.hours(12),
        moveToColdStorageAfter: COLD_AFTER,
        deleteAfter: MONTHLY_KEPT,
      },
    );
    this.#alarm(stage, vault);
  }

  /** A plan with one rule, which is named as it is. */
  #plan(
    id: 'Daily' | 'Monthly',
    stage: StageContext,
    { vault, role, tables }: BackedUp,
    rule: backup.BackupPlanRuleProps,
  ): void {
    const name = id.toLowerCase();
    const plan = new backup.BackupPlan(this, id, {
      backupPlanName: stage.resourceName(name),
      backupVault: vault,
      backupPlanRules: [new backup.BackupPlanRule({ ruleName: name, ...rule })],
    });
    plan.addSelection('Tables', {
      backupSelectionName: stage.resourceName(name),
      role,
      // What the construct would add is a policy that AWS wrote, for every table and every other kind of resource.
      disableDefaultBackupPolicy: true,
      resources: tables.map(({ table }) => backup.BackupResource.fromArn(table.tableArn)),
    });
  }

  #role({ config }: StageContext, tables: readonly HavenTable[], vault: backup.IBackupVault): iam.Role {
    return new iam.Role(this, 'Role', {
      description: `AWS Backup's, for the tables of ${config.name}`,
      assumedBy: new iam.ServicePrincipal('backup.amazonaws.com'),
      inlinePolicies: {
        Backups: new iam.PolicyDocument({
          statements: [
            new iam.PolicyStatement({ actions: TABLE_ACTIONS, resources: tables.map(({ table }) => table.tableArn) }),
            new iam.PolicyStatement({ actions: VAULT_ACTIONS, resources: [vault.backupVaultArn] }),
          ],
        }),
      },
    });
  }

  #alarm(stage: StageContext, vault: backup.IBackupVault): void {
    createStageAlarm(this, 'FailedBackups', {
      stage,
      name: 'backups-failed',
      description:
        'A backup of a table has failed. What it should have kept is in point-in-time recovery only, which goes with the table.',
      harm: 'none',
      metric: new cloudwatch.Metric({
        namespace: 'AWS/Backup',
        metricName: 'NumberOfBackupJobsFailed',
        dimensionsMap: { BackupVaultName: vault.backupVaultName },
        statistic: 'Sum',
        period: Duration.minutes(5),
      }),
      ...atLeast(1),
    });
  }
}
