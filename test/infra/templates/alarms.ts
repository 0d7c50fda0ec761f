import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { FUNCTION_NAMES } from '#lib/bundle.ts';
import { readAlarmDescription } from '#shared/alerts/alarms/alarm-description.ts';
import { METRICS_NAMESPACE } from '#shared/platform/metrics.ts';
import { alarmSchema } from '../support/alarm-schema.ts';
import { ALL_STAGES, templatesOf } from '../support/build-stage.ts';
import { documentSchema } from '../support/grants.ts';
import { PRIVILEGES } from '../support/privilege-table.ts';

const scheduleSchema = z.object({
  Name: z.string(),
  ScheduleExpression: z.string(),
  Target: z.object({ Arn: z.string() }),
});
const tableSchema = z.object({
  TableName: z.string(),
  GlobalSecondaryIndexes: z.array(z.object({ IndexName: z.string() })).default([]),
});
const topicSchema = z.object({ TopicName: z.string(), KmsMasterKeyId: z.string() });
const topicPolicySchema = z.object({ PolicyDocument: documentSchema });

describe.each(ALL_STAGES)('the alarms of %s', (stage) => {
  const templates = templatesOf(stage);
  const alarms = templates.all('AWS::CloudWatch::Alarm', alarmSchema).map(({ properties }) => properties);
  const topicArn = `arn:aws:sns:eu-central-1:123456789012:${templates.nameOf('alarms')}`;
  const watching = (metric: string, dimension: string, value: string) =>
    alarms.filter(({ metrics }) =>
      metrics.some(({ MetricName, Dimensions }) => MetricName === metric && Dimensions[dimension] === value),
    );

  it('each reach the operators, say what customers notice, and lead to the runbook', () => {
    for (const alarm of alarms) {
      expect([alarm.AlarmName, alarm.AlarmActions]).toEqual([alarm.AlarmName, [topicArn]]);
      // What is wrong, what it means, where to read on.
      expect(alarm.AlarmDescription).toMatch(
        /^[A-Zh][^.]+[.] [A-Z][^.]+[.] Alert: (WARNING|ERROR|CRITICAL|none)\. Runbook: docs\/operations\.md#alarms\.$/,
      );
      // Silence is what a heartbeat's alarm is about, and a level that nobody reports may be any.
      const isHeard = ['AuditAnchorsCurrent', 'DepositPoolFree', 'JobRan', 'MonitorRan', 'StockReconciled'].includes(
        alarm.metrics[0]?.MetricName ?? '',
      );
      const missing = isHeard ? 'breaching' : 'notBreaching';
      expect([alarm.AlarmName, alarm.TreatMissingData]).toEqual([alarm.AlarmName, missing]);
    }
    expect(new Set(alarms.map(({ AlarmName }) => AlarmName)).size).toBe(alarms.length);
  });

  it('each have a row in the table that they lead to', () => {
    const runbook = readFileSync(new URL('../../../docs/operations.md', import.meta.url), 'utf8');
    const table = /## Alarms\n([\s\S]*?)\n## /.exec(runbook)?.[1] ?? '';
    const missing = alarms
      .map(({ AlarmName }) => AlarmName.replace(templates.nameOf(''), ''))
      // One row for all schedules, tables, and users of KMS.
      .map((name) =>
        name
          .replace(/^.+-silent$/, 'silent')
          .replace(/^table-.+-(throttles|system-errors)$/, 'table-…-$1')
          .replace(/^(kms-failing-for)-.+$/, '$1-…'),
      )
      .filter((name) => {
        const ofFunction = FUNCTION_NAMES.find((fn) => name.startsWith(`${fn}-`));
        return !table.includes(
          `\`…-${ofFunction === undefined || name.endsWith('faults') ? name : name.slice(ofFunction.length + 1)}\``,
        );
      });
    expect(missing).toEqual([]);
  });

  it.each(FUNCTION_NAMES)('watch %s for throttles, slowness and faults', (name) => {
    const watched = (metric: string) => watching(metric, 'FunctionName', templates.nameOf(name)).length;
    // The authorizer refuses by throwing, so its faults have a metric of their own.
    const ownFaults = alarms.filter(
      ({ metrics: [metric] }) => metric?.Namespace === METRICS_NAMESPACE && metric.MetricName === 'AuthenticationFault',
    );
    expect({
      throttles: watched('Throttles'),
      slowness: watched('Duration'),
      faults: name === 'authorizer' ? ownFaults.length : watched('Errors'),
    }).toEqual({ throttles: 1, slowness: 1, faults: 1 });
  });

  it('sound at the first message in any dead-letter queue, and when a queue falls behind', () => {
    const queues = templates
      .all('AWS::SQS::Queue', z.object({ QueueName: z.string() }))
      .map(({ properties }) => properties.QueueName);
    for (const queue of queues) {
      const metric = /-dlq(\.fifo)?$/.test(queue)
        ? 'ApproximateNumberOfMessagesVisible'
        : 'ApproximateAgeOfOldestMessage';
      const found = watching(metric, 'QueueName', queue);
      expect([queue, found.length]).toEqual([queue, 1]);
      if (metric === 'ApproximateNumberOfMessagesVisible') expect(found[0]?.Threshold).toBe(1);
    }
  });

  it('sound when the API fails its clients', () => {
    expect(watching('5XXError', 'ApiName', templates.nameOf('api')).length).toBe(1);
    expect(watching('Latency', 'ApiName', templates.nameOf('api')).length).toBe(1);
  });

  it('sound when a schedule has had no run that ended well for three times its time', () => {
    const schedules = templates.all('AWS::Scheduler::Schedule', scheduleSchema).map(({ properties }) => properties);
    const silent = alarms.filter(({ metrics: [metric] }) => metric?.MetricName === 'JobRan');
    const jobs = silent.map(({ AlarmName, Period, EvaluationPeriods, metrics: [metric] }) => ({
      name: AlarmName.replace(/-silent$/, ''),
      target: templates.nameOf(metric?.Dimensions['service'] ?? ''),
      minutes: [Period, EvaluationPeriods],
    }));
    const byName = (one: { name: string }, other: { name: string }) => one.name.localeCompare(other.name);
    expect(jobs.sort(byName)).toEqual(
      schedules
        .map(({ Name, ScheduleExpression, Target }) => ({
          name: Name,
          target: Target.Arn.split(':').at(-1),
          minutes: [ScheduleExpression === 'rate(1 minute)' ? 300 : 3_600, 3],
        }))
        .sort(byName),
    );
  });

  it('sound when DynamoDB throttles or fails on any table, where calculations are known', () => {
    const tables = templates
      .all('AWS::DynamoDB::GlobalTable', tableSchema)
      .map(({ properties }) => properties)
      .filter(() => templates.config.alarms.derived);
    for (const { TableName, GlobalSecondaryIndexes } of tables) {
      const [throttles, ...others] = watching('WriteThrottleEvents', 'TableName', TableName);
      const places = GlobalSecondaryIndexes.map(({ IndexName }) => IndexName);
      expect(others).toEqual([]);
      for (const name of ['ReadThrottleEvents', 'WriteThrottleEvents']) {
        const seen = throttles?.metrics.filter(({ MetricName }) => MetricName === name) ?? [];
        expect(seen.map(({ Dimensions }) => Dimensions['GlobalSecondaryIndexName'])).toEqual([undefined, ...places]);
      }
      expect(watching('SystemErrors', 'TableName', TableName).length).toBe(1);
    }
    // CloudWatch takes ten metrics at most.
    for (const { AlarmName, metrics } of alarms) expect([AlarmName, metrics.length <= 10]).toEqual([AlarmName, true]);
  });

  it('sound when KMS fails whoever may ask it', () => {
    const users = FUNCTION_NAMES.filter((name) =>
      Object.values(PRIVILEGES[name])
        .flat()
        .some((action) => action !== 'kms:GetPublicKey' && action.startsWith('kms:')),
    );
    const watched = alarms.flatMap(({ metrics }) => metrics.filter(({ MetricName }) => MetricName === 'KmsCallFailed'));
    expect(watched.map(({ Dimensions }) => Dimensions['service']).sort()).toEqual(users.toSorted());
  });

  it('count failures of functions as a share of their calls, from three on, where calculations are known', () => {
    for (const { AlarmName, expression } of alarms.filter(({ AlarmName }) => AlarmName.endsWith('-errors'))) {
      if (!templates.config.alarms.derived || AlarmName.endsWith('-system-errors')) continue;
      expect([AlarmName, expression]).toEqual([
        AlarmName,
        expect.stringMatching(/^IF\((.+) >= 3, 100 \* \(\1\) \/ calls, 0\)$/),
      ]);
    }
  });

  it('raise no alert where it could not be told, or is told already, and else one as grave as its harm', () => {
    const alertOf = (name: string) => {
      const found = alarms.find(({ AlarmName }) => AlarmName === templates.nameOf(name));
      return readAlarmDescription(found?.AlarmDescription ?? '')?.alert;
    };
    const telling = (name: string) =>
      name.startsWith(templates.nameOf('alert')) && !name.startsWith(templates.nameOf('alerts-api'));
    for (const { AlarmName } of alarms.filter((alarm) => telling(alarm.AlarmName)))
      expect([AlarmName, alertOf(AlarmName.replace(templates.nameOf(''), ''))]).toEqual([AlarmName, 'none']);
    expect(
      ['api-5xx', 'lane-worker-errors', 'audit-broken', 'balance-low', 'lane-worker-duration'].map(alertOf),
    ).toEqual(['ERROR', 'ERROR', 'CRITICAL', 'none', 'WARNING']);
  });

  it('come through an encrypted topic that only CloudWatch of this account may publish to', () => {
    expect(templates.one('AWS::SNS::Topic', topicSchema).properties.KmsMasterKeyId).not.toBe('');
    const statements = templates.one('AWS::SNS::TopicPolicy', topicPolicySchema).properties.PolicyDocument.Statement;
    expect(statements.filter(({ Effect }) => Effect === 'Allow')).toEqual([
      expect.objectContaining({
        Principal: { Service: 'cloudwatch.amazonaws.com' },
        Action: ['sns:Publish'],
        Resource: [topicArn],
        Condition: { StringEquals: { 'aws:SourceAccount': '123456789012' } },
      }),
    ]);
    expect(statements.filter(({ Effect }) => Effect === 'Deny')).toEqual([
      expect.objectContaining({ Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
    ]);
  });
});
