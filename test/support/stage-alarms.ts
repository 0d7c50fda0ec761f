import type { LocalInfo } from '#local/instance.ts';
import { awsOptions } from './local-haven.ts';

/** Calls CloudWatch by its query protocol: for three calls of tests a client of its own would be much. */
async function cloudWatch(
  info: LocalInfo,
  action: string,
  parameters: Readonly<Record<string, string>>,
): Promise<void> {
  const { region, credentials } = awsOptions(info);
  const scope = `${credentials?.accessKeyId}/20261122/${region}/monitoring/aws4_request`;
  const answer = await fetch(info.awsEndpointUrl, {
    method: 'POST',
    // The local endpoint reads who calls and what, and checks no signature.
    headers: { Authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0` },
    body: new URLSearchParams({ Action: action, Version: '2010-08-01', ...parameters }),
  });
  if (!answer.ok) throw new Error(`${action}: ${answer.status} ${await answer.text()}`);
}

/** An alarm of the stage whose state a test sets: nothing that runs here would. */
export interface TestAlarm {
  /** Sets its state, as CloudWatch does. */
  set(state: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA', reason: string): Promise<void>;
  delete(): Promise<void>;
}

/**
 * Makes an alarm.
 *
 * @param name without the stage's prefix
 * @param description as `alarmDescription` writes it
 */
export async function createTestAlarm(info: LocalInfo, name: string, description: string): Promise<TestAlarm> {
  const AlarmName = `haven-local-${name}`;
  await cloudWatch(info, 'PutMetricAlarm', {
    AlarmName,
    AlarmDescription: description,
    Namespace: 'Test',
    MetricName: name,
    Statistic: 'Sum',
    Period: '60',
    EvaluationPeriods: '1',
    Threshold: '1',
    ComparisonOperator: 'GreaterThanOrEqualToThreshold',
  });
  return {
    set: (StateValue, StateReason) => cloudWatch(info, 'SetAlarmState', { AlarmName, StateValue, StateReason }),
    delete: () => cloudWatch(info, 'DeleteAlarms', { 'AlarmNames.member.1': AlarmName }),
  };
}
