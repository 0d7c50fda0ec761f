import { marshall } from '@aws-sdk/util-dynamodb';
import { describe, expect, it } from 'vitest';
import type { Alert } from '#shared/alerts/alert.ts';
import { alertItem } from '#shared/alerts/alert-row.ts';
import { recordAlert, reportAlert } from '#shared/alerts/record-alert.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { newId } from '#shared/platform/ids.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';
import { createFakeClock } from '#test/support/fakes/fake-clock.ts';
import { createRecordingLog } from '#test/support/fakes/recording-log.ts';
import { createRecordingMetrics } from '#test/support/fakes/recording-metrics.ts';
import { cancelled, createScriptedAws, type Script, scriptedDocumentClient } from '#test/support/fakes/scripted-aws.ts';

const ALERT: Alert = {
  id: 'alr_01JD8Q4X7M5N2V9C3R6T0W1YZA',
  severity: 'CRITICAL',
  category: 'key_access',
  summary: 'The export of a key was requested',
  details: { wallet_id: 'wal_01JD8Q4X7M5N2V9C3R6T0W1YZA' },
  dedupe_key: 'exp_01JD8Q4X7M5N2V9C3R6T0W1YZA#requested',
  occurred_at: '2026-11-22T10:00:00.000Z',
};

const recording = async (script: Script) => {
  const aws = createScriptedAws(script);
  const write = new WriteTransaction();
  recordAlert(write, { logs: 'logs' }, ALERT);
  await write.commit(scriptedDocumentClient(aws), Deadline.in(1_000, createFakeClock().now));
  return aws.requests;
};

describe('recording an alert', () => {
  it('puts it into the transaction, only if absent, and without being shown what is there', async () => {
    expect((await recording([{ body: {} }]))[0]?.body['TransactItems']).toEqual([
      {
        Put: {
          TableName: 'logs',
          Item: marshall(alertItem(ALERT)),
          ConditionExpression: 'attribute_not_exists(pk)',
          ReturnValuesOnConditionCheckFailure: 'NONE',
        },
      },
    ]);
  });

  it('is refused as a conflict when its id is taken', async () => {
    const error = await caughtLater(HavenError, () => recording([cancelled([{ Code: 'ConditionalCheckFailed' }])]));
    expect(error.code).toBe('WRITE_CONFLICT');
  });
});

describe('the item of an alert', () => {
  it('is in the list of all by its id, and among the undelivered by its time', () => {
    expect(alertItem(ALERT)).toMatchObject({
      pk: `ALERT#${ALERT.id}`,
      sk: 'ALERT',
      gsi1pk: 'ALERTS',
      gsi1sk: ALERT.id,
      gsi2pk: expect.stringMatching(/^UNDELIVERED_ALERTS#[0-3]$/),
      gsi2sk: `2026-11-22T10:00:00.000Z#${ALERT.id}`,
    });
  });

  it('spreads the undelivered over four partitions', () => {
    const partitions = Array.from({ length: 200 }, () => alertItem({ ...ALERT, id: newId('alr') }).gsi2pk);
    expect([...new Set(partitions)].sort()).toEqual([0, 1, 2, 3].map((shard) => `UNDELIVERED_ALERTS#${shard}`));
  });

  it('expires 400 days after what it tells of, in seconds', () => {
    expect(alertItem(ALERT).expires_at).toBe(Date.parse('2027-12-27T10:00:00.000Z') / 1_000);
  });

  it.each([
    ['a severity that is none', { severity: 'FATAL' }],
    ['a category that is none', { category: 'weather' }],
    ['nothing to say', { summary: '' }],
    ['no dedupe key', { dedupe_key: '' }],
  ])('is not made with %s', (_what, wrong) => {
    expect(() => alertItem(Object.assign({}, ALERT, wrong))).toThrow();
  });
});

describe('reporting an alert', () => {
  it.each([
    ['CRITICAL', { AlertRecorded: 1, CriticalAlert: 1 }],
    ['WARNING', { AlertRecorded: 1 }],
  ] as const)('logs and counts a %s one, without its details', (severity, counts) => {
    const { log, lines } = createRecordingLog();
    const { metrics, counts: counted } = createRecordingMetrics();
    reportAlert({ log, metrics }, { ...ALERT, severity });
    expect(counted()).toEqual(counts);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({
      fields: { log_name: 'ALERT_RECORDED', alert_id: ALERT.id, severity, dedupe: ALERT.dedupe_key },
    });
    expect(JSON.stringify(lines)).not.toContain('wal_');
  });
});
