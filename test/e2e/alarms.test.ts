import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import * as z from 'zod';
import { alarmDescription } from '#shared/alerts/alarms/alarm-description.ts';
import { awsOptions, eventually, type LocalHaven, localHaven } from '#test/support/local-haven.ts';

/** An alarm of this run alone, so that no cool-down of another holds back what it tells. */
const NAME = `test-${randomUUID().slice(0, 8)}`;
const FULL_NAME = `haven-local-${NAME}`;
const TEXT = 'A test has made this alarm. Nobody needs to do anything.';
/** The function starts, stores the alert, and the notifier starts and mails it. */
const TOLD_WITHIN_MS = 20_000;

let haven: LocalHaven;

beforeAll(async () => {
  haven = localHaven();
  await cloudWatch('PutMetricAlarm', {
    AlarmName: FULL_NAME,
    AlarmDescription: alarmDescription({ text: TEXT, alert: 'ERROR' }),
    Namespace: 'Test',
    MetricName: NAME,
    Statistic: 'Sum',
    Period: '60',
    EvaluationPeriods: '1',
    Threshold: '1',
    ComparisonOperator: 'GreaterThanOrEqualToThreshold',
  });
});
afterAll(async () => {
  await cloudWatch('DeleteAlarms', { 'AlarmNames.member.1': FULL_NAME });
});

/** Calls CloudWatch by its query protocol: for three calls of tests a client of its own would be much. */
async function cloudWatch(action: string, parameters: Readonly<Record<string, string>>): Promise<void> {
  const { region, credentials } = awsOptions(haven.info);
  const scope = `${credentials?.accessKeyId}/20261122/${region}/monitoring/aws4_request`;
  const answer = await fetch(haven.info.awsEndpointUrl, {
    method: 'POST',
    // The local endpoint reads who calls and what, and checks no signature.
    headers: { Authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0` },
    body: new URLSearchParams({ Action: action, Version: '2010-08-01', ...parameters }),
  });
  if (!answer.ok) throw new Error(`${action}: ${answer.status} ${await answer.text()}`);
}

const set = (StateValue: string, StateReason: string) =>
  cloudWatch('SetAlarmState', { AlarmName: FULL_NAME, StateValue, StateReason });

const mailSchema = z.object({ Subject: z.string(), BodyText: z.string() });

/** The mail that tells of the alarm, begun or over. */
function mail(of: 'Alarm' | 'Over') {
  return eventually(
    `a mail of the alarm: ${of}`,
    async () => {
      const answer = await fetch(`${haven.info.awsEndpointUrl}/_ministack/ses/messages`);
      const { messages } = z
        .object({ messages: z.record(z.string(), z.array(z.unknown())) })
        .parse(await answer.json());
      const mails = Object.values(messages)
        .flat()
        .flatMap((message) => mailSchema.safeParse(message).data ?? []);
      const told = mails.filter(({ BodyText }) => BodyText.includes(`${of}: ${NAME}. ${TEXT}`));
      return told.length === 0 ? undefined : told;
    },
    TOLD_WITHIN_MS,
  );
}

it('an alarm that begins is mailed as an alert, and so is its end, each once', async () => {
  await set('OK', 'not yet');
  await set('ALARM', 'Threshold Crossed: 1 datapoint [7.0]');
  const [begun] = await mail('Alarm');
  expect(begun?.Subject).toMatch(/ERROR/);
  expect(begun?.BodyText).toContain('Threshold Crossed: 1 datapoint [7.0]');
  await set('INSUFFICIENT_DATA', 'nothing came');
  await set('ALARM', 'Threshold Crossed: 1 datapoint [9.0]');
  await set('OK', 'Threshold not crossed');
  const over = await mail('Over');
  expect([over.length, over[0]?.Subject]).toEqual([1, expect.stringMatching(/INFO/)]);
  // Begun twice within the cool-down: counted, and told once.
  expect(await mail('Alarm')).toHaveLength(1);
});
