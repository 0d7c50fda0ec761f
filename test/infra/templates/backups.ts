import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { ALL_STAGES, PROTECTED_STAGES, templatesOf } from '../support/build-stage.ts';

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
const selectionSchema = z.object({ BackupSelection: z.object({ Resources: z.array(z.string()) }) });
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

  it('are of every table but what is worth nothing after a day', () => {
    const names = templates
      .all('AWS::DynamoDB::GlobalTable', tableSchema)
      .map(({ properties }) => properties.TableName)
      .filter((name) => !NOT_BACKED_UP.includes(name.slice(templates.nameOf('').length)));
    const backedUp = templates
      .all('AWS::Backup::BackupSelection', selectionSchema)
      .flatMap(({ properties }) => properties.BackupSelection.Resources)
      .map((arn) => arn.split('table/').at(-1));
    expect(backedUp.toSorted()).toEqual(names.toSorted());
  });
});
