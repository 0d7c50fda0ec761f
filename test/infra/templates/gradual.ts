import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { apiFunctions } from '#functions/catalogue.ts';
import { alarmSchema } from '../support/alarm-schema.ts';
import { ALL_STAGES, templatesOf } from '../support/build-stage.ts';
import { rolesOf } from '../support/grants.ts';

const groupSchema = z.object({
  DeploymentGroupName: z.string(),
  DeploymentConfigName: z.string(),
  AlarmConfiguration: z.object({
    Enabled: z.boolean(),
    IgnorePollAlarmFailure: z.boolean().default(false),
    Alarms: z.array(z.object({ Name: z.string() })),
  }),
  AutoRollbackConfiguration: z.object({ Enabled: z.boolean(), Events: z.array(z.string()) }),
  DeploymentStyle: z.object({ DeploymentType: z.string(), DeploymentOption: z.string() }),
});
/** What the alarms that take a version back look at. */
const ALARM_SECONDS = 300;
const aliasSchema = z.object({ Name: z.string(), FunctionName: z.string() });

describe.each(ALL_STAGES)('gradual deployments of %s', (stage) => {
  const templates = templatesOf(stage);
  const { canary } = templates.config;
  const clientFacing = canary === undefined ? [] : [...Object.keys(apiFunctions), 'authorizer'].sort();
  const short = (name: string) => name.replace(templates.nameOf(''), '');

  it('are of what clients call, by an alias that CodeDeploy moves', () => {
    const aliases = templates.all('AWS::Lambda::Alias', aliasSchema).map(({ properties }) => properties);
    expect(aliases.map(({ Name, FunctionName }) => [short(FunctionName), Name]).sort()).toEqual(
      clientFacing.map((name) => [name, 'live']),
    );
    const moved = [...templates.texts().values()].join('').match(/"CodeDeployLambdaAliasUpdate"/g) ?? [];
    expect(moved).toHaveLength(clientFacing.length);
  });

  it('let a tenth of the calls try the new version, and take it back when requests fail', () => {
    const groups = templates.all('AWS::CodeDeploy::DeploymentGroup', groupSchema).map(({ properties }) => properties);
    expect(groups.map(({ DeploymentGroupName }) => short(DeploymentGroupName)).sort()).toEqual(clientFacing);
    for (const group of groups) {
      const name = short(group.DeploymentGroupName);
      const faults = name === 'authorizer' ? 'authorizer-faults' : `${name}-errors`;
      expect(group).toMatchObject({
        DeploymentConfigName: `CodeDeployDefault.LambdaCanary10Percent${canary?.minutes}Minutes`,
        DeploymentStyle: { DeploymentType: 'BLUE_GREEN', DeploymentOption: 'WITH_TRAFFIC_CONTROL' },
        AutoRollbackConfiguration: { Enabled: true },
        AlarmConfiguration: {
          Enabled: true,
          IgnorePollAlarmFailure: false,
          Alarms: [faults, 'api-5xx'].map((alarm) => ({ Name: templates.nameOf(alarm) })),
        },
      });
      expect(group.AutoRollbackConfiguration.Events).toContain('DEPLOYMENT_STOP_ON_ALARM');
    }
  });

  it('take twice as long as any of their alarms looks back, so that one sounds in time', () => {
    const seconds = new Map(
      templates
        .all('AWS::CloudWatch::Alarm', alarmSchema)
        .map(({ properties: { AlarmName, metrics, EvaluationPeriods } }) => [
          AlarmName,
          Math.max(...metrics.map(({ Period }) => Period)) * EvaluationPeriods,
        ]),
    );
    const looks = templates
      .all('AWS::CodeDeploy::DeploymentGroup', groupSchema)
      .flatMap(({ properties }) => properties.AlarmConfiguration.Alarms.map(({ Name }) => seconds.get(Name)));
    expect(new Set(looks)).toEqual(new Set(canary === undefined ? [] : [ALARM_SECONDS]));
    if (canary !== undefined) expect(canary.minutes * 60).toBeGreaterThanOrEqual(2 * ALARM_SECONDS);
  });

  it('keep earlier versions, so that an operator can go back to one', () => {
    const versions = templates.all('AWS::Lambda::Version', z.object({}));
    expect(versions.map(({ deletionPolicy }) => deletionPolicy)).toEqual(clientFacing.map(() => 'Retain'));
  });

  it('are made by a role that moves these aliases and can do nothing else', () => {
    const role = rolesOf(templates).find(({ name }) => name.startsWith(`Haven-${stage}-Api.GradualRole`));
    const reach = (role?.grants ?? []).map(
      ({ action, resource }) => `${action} ${resource.split(':function:').at(-1)}`,
    );
    const actions = ['lambda:GetAlias', 'lambda:GetProvisionedConcurrencyConfig', 'lambda:UpdateAlias'];
    expect([...new Set(reach)].sort()).toEqual(
      clientFacing
        .flatMap((name) => ['', ':live'].map((suffix) => `${templates.nameOf(name)}${suffix}`))
        .flatMap((name) => actions.map((action) => `${action} ${name}`))
        .concat(canary === undefined ? [] : ['cloudwatch:DescribeAlarms *'])
        .sort(),
    );
    expect(role?.foreignPolicies ?? []).toEqual([]);
  });

  it('are not of what queues, schedules and events call: it is exchanged at once', () => {
    const called = templates
      .resources()
      .filter(({ type }) => /EventSourceMapping|Scheduler::Schedule|Events::Rule$/.test(type))
      .map(({ properties }) => JSON.stringify(properties));
    expect(called.length).toBeGreaterThan(10);
    expect(called.filter((text) => text.includes(':live'))).toEqual([]);
  });
});
