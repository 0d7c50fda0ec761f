import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { FUNCTION_NAMES } from '#lib/bundle.ts';
import { METRICS_NAMESPACE } from '#shared/platform/metrics.ts';
import { ALL_STAGES, templatesOf } from '../support/build-stage.ts';
import { documentSchema } from '../support/grants.ts';

const alarmSchema = z.object({
  AlarmName: z.string(),
  AlarmDescription: z.string().default(''),
  AlarmActions: z.array(z.string()).default([]),
  Namespace: z.string(),
  MetricName: z.string(),
  Dimensions: z.array(z.object({ Name: z.string(), Value: z.string() })).default([]),
  TreatMissingData: z.string(),
  Threshold: z.number(),
});
const topicSchema = z.object({ TopicName: z.string(), KmsMasterKeyId: z.string() });
const topicPolicySchema = z.object({ PolicyDocument: documentSchema });

describe.each(ALL_STAGES)('the alarms of %s', (stage) => {
  const templates = templatesOf(stage);
  const alarms = templates.all('AWS::CloudWatch::Alarm', alarmSchema).map(({ properties }) => properties);
  const topicArn = `arn:aws:sns:eu-central-1:123456789012:${templates.nameOf('alarms')}`;
  const watching = (metric: string, dimension: string, value: string) =>
    alarms.filter(
      ({ MetricName, Dimensions }) =>
        MetricName === metric && Dimensions.some(({ Name, Value }) => Name === dimension && Value === value),
    );

  it('each reach the operators, say what customers notice, and lead to the runbook', () => {
    for (const alarm of alarms) {
      expect([alarm.AlarmName, alarm.AlarmActions]).toEqual([alarm.AlarmName, [topicArn]]);
      // What is wrong, what it means, where to read on.
      expect(alarm.AlarmDescription).toMatch(/^[A-Zh][^.]+[.] [A-Z][^.]+[.] Runbook: docs\/operations\.md#alarms\.$/);
      // Silence is what a heartbeat's alarm is about, and a level that nobody reports may be any.
      const isHeard = ['AuditAnchorsCurrent', 'DepositPoolFree', 'MonitorRan', 'StockReconciled'].includes(
        alarm.MetricName,
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
      ({ Namespace, MetricName }) => Namespace === METRICS_NAMESPACE && MetricName === 'AuthenticationFault',
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
