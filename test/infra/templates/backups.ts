import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { ALL_STAGES, PROTECTED_STAGES, templatesOf } from '../support/build-stage.ts';
import { rolesOf } from '../support/grants.ts';
import { BACKUP_ACTIONS } from '../support/guarded-resources.ts';

const planSchema = z.object({
  BackupPlan: z.object({
    BackupPlanRule: z.array(
      z.object({
        RuleName: z.string(),
        ScheduleExpression: z.string(),
        Lifecycle: z.object({ DeleteAfterDays: z.number(), MoveToColdStorageAfterDays: z.number().optional() }),
      }),
    ),
  }),
});
const vaultSchema = z.object({ LockConfiguration: z.object({ MinRetentionDays: z.number() }) });
const selectionSchema = z.object({
  BackupSelection: z.object({ Resources: z.array(z.string()), IamRoleArn: z.string(), SelectionName: z.string() }),
});
const tableSchema = z.object({ TableName: z.string() });

/** Worth nothing after a day. */
const NOT_BACKED_UP = ['ephemeral'];

describe.each(ALL_STAGES)('backups of %s', (stage) => {
  const templates = templatesOf(stage);
  const vaults = templates.all('AWS::Backup::BackupVault', vaultSchema);
  const plans = templates.all('AWS::Backup::BackupPlan', planSchema);

  if (!PROTECTED_STAGES.includes(stage)) {
    it('are none: its data is not protected', () => expect([...vaults, ...plans]).toEqual([]));
    return;
  }

  const backedUp = (name: string) =>
    templates
      .all('AWS::Backup::BackupSelection', selectionSchema)
      .filter(({ properties }) => properties.BackupSelection.SelectionName === templates.nameOf(name))
      .flatMap(({ properties }) => properties.BackupSelection.Resources)
      .map((arn) => arn.split('table/').at(-1) ?? '')
      .toSorted();

  it('are made each day and each month, and kept for 35 and 400 days', () => {
    const rules = plans.flatMap(({ properties }) => properties.BackupPlan.BackupPlanRule);
    expect(rules.map(({ RuleName, Lifecycle }) => [RuleName, Lifecycle.DeleteAfterDays])).toEqual([
      ['daily', 35],
      ['monthly', 400],
    ]);
    // AWS Backup refuses to delete what it moved to cold storage before 90 days there.
    for (const { Lifecycle } of rules) {
      const cold = Lifecycle.MoveToColdStorageAfterDays;
      if (cold !== undefined) expect(Lifecycle.DeleteAfterDays - cold).toBeGreaterThanOrEqual(90);
    }
  });

  it('are kept a week by the vault, whoever asks, and the vault outlives its stack', () => {
    expect(vaults.map(({ properties }) => properties.LockConfiguration.MinRetentionDays)).toEqual([7]);
    expect(vaults.map(({ deletionPolicy }) => deletionPolicy)).toEqual(['Retain']);
  });

  it('are of every table but what is worth nothing after a day, and of keys none that is older than 35 days', () => {
    const names = templates
      .all('AWS::DynamoDB::GlobalTable', tableSchema)
      .map(({ properties }) => properties.TableName)
      .filter((name) => !NOT_BACKED_UP.includes(name.slice(templates.nameOf('').length)));
    expect(backedUp('daily')).toEqual(names.toSorted());
    // A key that was destroyed is to be gone when point-in-time recovery has forgotten it.
    expect(backedUp('monthly')).toEqual(names.filter((name) => name !== templates.nameOf('keys')).toSorted());
  });

  it('are made by a role of AWS Backup that can read no item, change none, restore nothing and delete no backup', () => {
    const role = rolesOf(templates).find(({ name }) => name.startsWith(`Haven-${stage}-Backup.Role`));
    const selections = templates.all('AWS::Backup::BackupSelection', selectionSchema);
    for (const { properties } of selections) {
      expect(properties.BackupSelection.IamRoleArn).toMatch(new RegExp(`:role/${role?.name}$`));
    }
    expect(role?.foreignPolicies).toEqual([]);
    expect(role?.trust.Statement).toEqual([
      { Effect: 'Allow', Action: ['sts:AssumeRole'], Principal: { Service: 'backup.amazonaws.com' } },
    ]);
    const resources = selections.flatMap(({ properties }) => properties.BackupSelection.Resources);
    const onTables = role?.grants.filter(({ action }) => action.startsWith('dynamodb:')) ?? [];
    expect(new Set(onTables.map(({ action }) => action))).toEqual(new Set(BACKUP_ACTIONS));
    expect(new Set(onTables.map(({ resource }) => resource))).toEqual(new Set(resources));
    const others = role?.grants.filter((grant) => !onTables.includes(grant)) ?? [];
    expect(others.map(({ action }) => action).toSorted()).toEqual([
      'backup:CopyIntoBackupVault',
      'backup:DescribeBackupVault',
    ]);
    expect(others.filter(({ resource }) => resource.includes('*'))).toEqual([]);
  });
});
