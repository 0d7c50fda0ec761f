import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { readAlarmDescription } from '#shared/alerts/alarms/alarm-description.ts';
import { alarmSchema } from '../support/alarm-schema.ts';
import { ALL_STAGES, synthesise, templatesOf, withStage } from '../support/build-stage.ts';

const compositeSchema = z.object({
  AlarmName: z.string(),
  AlarmDescription: z.string(),
  AlarmRule: z.string(),
  AlarmActions: z.array(z.string()),
});
const bodySchema = z.object({
  widgets: z.array(
    z.object({
      type: z.string(),
      properties: z.object({ title: z.string(), alarms: z.array(z.string()).default([]) }),
    }),
  ),
});

describe.each(ALL_STAGES)('the overview of %s', (stage) => {
  const templates = templatesOf(stage);
  const alarms = templates.all('AWS::CloudWatch::Alarm', alarmSchema).map(({ properties }) => properties);
  const composites = templates
    .all('AWS::CloudWatch::CompositeAlarm', compositeSchema)
    .map(({ properties }) => properties);
  const { DashboardBody, DashboardName } = templates.one(
    'AWS::CloudWatch::Dashboard',
    z.object({ DashboardBody: z.string(), DashboardName: z.string() }),
  ).properties;
  const { widgets } = bodySchema.parse(JSON.parse(DashboardBody));

  it('has an alarm on what customers feel, whatever the cause, where alarms on alarms are known', () => {
    expect(composites.map(({ AlarmName }) => AlarmName)).toEqual(
      templates.config.alarms.derived
        ? ['customers-cannot-pay', 'nothing-is-sent'].map((name) => templates.nameOf(name))
        : [],
    );
    const runbook = readFileSync(new URL('../../../docs/operations.md', import.meta.url), 'utf8');
    for (const { AlarmName, AlarmDescription, AlarmRule, AlarmActions } of composites) {
      expect(readAlarmDescription(AlarmDescription)).toMatchObject({ alert: 'CRITICAL' });
      expect(AlarmDescription).toMatch(/^[^.]+\. [^.]+\. Alert: /);
      expect(AlarmActions).toEqual([`arn:aws:sns:eu-central-1:123456789012:${templates.nameOf('alarms')}`]);
      expect(runbook).toContain(`\`…-${AlarmName.replace(templates.nameOf(''), '')}\``);
      const causes = AlarmRule.split(' OR ').map((cause) => /^ALARM\("([\w-]+)"\)$/.exec(cause)?.[1]);
      expect(causes.length).toBeGreaterThan(3);
      // CloudWatch takes a hundred.
      expect(causes.length).toBeLessThanOrEqual(100);
      expect(causes.filter((cause) => !alarms.some((alarm) => alarm.AlarmName === cause))).toEqual([]);
    }
  });

  it('shows the state of every alarm', () => {
    expect(DashboardName).toBe(templates.nameOf('overview'));
    const shown = widgets.filter(({ type }) => type === 'alarm').map(({ properties }) => properties.alarms);
    const names = shown.flat().map((arn) => arn.split(':').at(-1));
    expect(names).toHaveLength(alarms.length + composites.length);
    for (const some of shown) expect(some.length).toBeLessThanOrEqual(100);
  });

  it('shows requests, lanes, payments, alerts, every queue and every job, and what costs', () => {
    const titles = widgets.filter(({ type }) => type === 'metric').map(({ properties }) => properties.title);
    expect(titles).toEqual(
      expect.arrayContaining(['Requests', 'Latency', 'Lanes', 'Orders', 'Payments', 'Alerts', 'Dead letters']),
    );
    expect(titles.filter((title) => title.startsWith('Cost: '))).toHaveLength(4);
    const named = (type: string, property: string) =>
      templates.all(type, z.record(z.string(), z.unknown())).map(({ properties }) => String(properties[property]));
    const missing = [
      ...named('AWS::SQS::Queue', 'QueueName'),
      ...named('AWS::DynamoDB::GlobalTable', 'TableName'),
      ...named('AWS::Lambda::Function', 'FunctionName'),
    ].filter((name) => !DashboardBody.includes(`"${name}"`));
    expect(missing).toEqual([]);
    // CloudWatch takes 500 metrics in a graph, and 2,500 in a dashboard.
    expect(JSON.stringify(widgets).split('"stat"').length).toBeLessThan(2_500);
  });
});

describe('the alarm on a shop in which nobody pays', () => {
  const silenceOf = (name: string, payment_silence?: { minutes: number; min_orders: number }) =>
    withStage(name, synthesise, {
      change: (config) => ({ ...config, alarms: { derived: true, ...(payment_silence && { payment_silence }) } }),
    })
      .all('AWS::CloudWatch::Alarm', alarmSchema)
      .map(({ properties }) => properties)
      .filter(({ AlarmName }) => AlarmName.endsWith('-payments-silent'));

  it('is not there unless the stage says when silence is strange', () => {
    expect(silenceOf('production')).toEqual([]);
  });

  it.each(['staging', 'production'])('is there in %s as it is shipped', (name) => {
    const alarms = templatesOf(name).all('AWS::CloudWatch::Alarm', alarmSchema);
    expect(alarms.map(({ properties }) => properties.AlarmName)).toContain(`haven-${name}-payments-silent`);
  });

  it('sounds when orders wait for money and none is paid, on chains or through processors', () => {
    const [silence] = silenceOf('production', { minutes: 60, min_orders: 5 });
    expect(silence?.expression).toBe('IF(FILL(open, 0) >= 5 AND FILL(scanned, 0) + FILL(told, 0) < 1, 1, 0)');
    // The fewest that waited at any look: orders that were just placed are no silence.
    expect(
      silence?.metrics.map(({ MetricName, Dimensions, Stat }) => [MetricName, Dimensions['service'], Stat]),
    ).toEqual([
      ['OrdersOpen', 'monitor', 'Minimum'],
      ['OrderPaid', 'payment-scanner', 'Sum'],
      ['OrderPaid', 'payment-webhooks', 'Sum'],
    ]);
  });
});
