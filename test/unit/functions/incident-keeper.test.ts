import { describe, expect, it } from 'vitest';
import { newId } from '#shared/platform/ids.ts';
import type { LogFields } from '#shared/platform/log/logger.ts';
import type { LogMessage } from '#shared/platform/log/messages.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { createIncidentBench, logLine, packed } from '#test/support/fakes/incident-bench.ts';
import { createRecordingLog } from '#test/support/fakes/recording-log.ts';
import { dynamoError, type SentRequest } from '#test/support/fakes/scripted-aws.ts';

/** A line that Haven writes, at a time. */
function written(message: LogMessage, fields: LogFields = {}, atMs = TEST_NOW_MS) {
  const { log, lines } = createRecordingLog();
  log.write(message, fields);
  const [line] = lines;
  if (line === undefined) throw new Error('Nothing was written');
  return logLine(line, atMs);
}

const failed = (requestId: string, atMs = TEST_NOW_MS) =>
  written('REQUEST_FAILED', { request_id: requestId, method: 'GET', resource: '/x', error: 'INTERNAL' }, atMs);
const guess = () =>
  written('AUTHENTICATION_REFUSED', { source_address: '203.0.113.7', reason: 'unknown', key_id: newId('key') });

const isUpdateOf = (table: string) => (request: SentRequest) =>
  request.operation === 'UpdateItem' && JSON.stringify(request.body).includes(`"TableName":"${table}"`);

describe('equal errors of ten minutes', () => {
  it('are one row with a count, the first and the last of them', async () => {
    const { keep, rows, metrics } = createIncidentBench();
    await keep('token-api', [failed('r-2', TEST_NOW_MS + 2_000), failed('r-1', TEST_NOW_MS + 1_000)]);
    await keep('token-api', [failed('r-3', TEST_NOW_MS + 3_000)]);
    expect(rows()).toMatchObject([
      {
        kind: 'error',
        code: 'INTERNAL',
        function: 'token-api',
        place: 'GET /x',
        count: 3,
        first: { request_id: 'r-1' },
        last: { request_id: 'r-3' },
        first_at: '2026-11-21T18:30:01.000Z',
        last_at: '2026-11-21T18:30:03.000Z',
      },
    ]);
    expect(metrics.counts()).toEqual({ ErrorKept: 3 });
  });

  it('are one write, however many a batch holds', async () => {
    const { keep, requests } = createIncidentBench();
    await keep(
      'token-api',
      Array.from({ length: 5_000 }, (_, at) => failed(`r-${at}`)),
    );
    expect(requests.map(({ operation }) => operation)).toEqual(['UpdateItem']);
  });

  it('begin a new row with the next ten minutes, and expire after 90 days', async () => {
    const { keep, rows, dynamo } = createIncidentBench();
    await keep('token-api', [failed('r-1'), failed('r-2', TEST_NOW_MS + 600_000)]);
    expect(rows().map(({ count }) => count)).toEqual([1, 1]);
    const expiries = dynamo.items('logs').map((item) => Number(Object.values(item['expires_at'] ?? {})[0]));
    const inDays = expiries.map((seconds) => (seconds * 1_000 - TEST_NOW_MS) / 86_400_000);
    expect(inDays.map(Math.floor)).toEqual([90, 90]);
  });

  it('are written by chance beyond a thousand, each write for all that are left out: a storm costs no write each', async () => {
    let turn = 0;
    // Evenly spread, so that the sum is what it should be.
    const random = () => {
      turn += 1;
      return (turn * 0.618_033_988_75) % 1;
    };
    const { keep, rows, requests } = createIncidentBench(undefined, random);
    for (let batch = 0; batch < 200; batch += 1) {
      await keep(
        'token-api',
        Array.from({ length: 100 }, (_, at) => failed(`r-${at}`)),
      );
    }
    expect(requests.length).toBeLessThan(60);
    expect(rows()[0]?.count).toBeGreaterThan(10_000);
    expect(rows()[0]?.count).toBeLessThan(40_000);
  });
});

it('security events are counted by kind, and stored without the address they came from', async () => {
  const { keep, rows, metrics, dynamo } = createIncidentBench();
  await keep('authorizer', [guess(), guess(), written('AUTHENTICATION_LOCKED_OUT', { source_address: '203.0.113.7' })]);
  expect(rows().map(({ kind, code, count }) => [kind, code, count])).toEqual([
    ['security', 'AUTHENTICATION_FAILED', 2],
    ['security', 'LOCKED_OUT', 1],
  ]);
  expect(metrics.counts()).toEqual({ SecurityAuthenticationFailed: 2, SecurityLockedOut: 1 });
  expect(JSON.stringify(dynamo.items('logs'))).not.toContain('203.0.113.7');
});

describe('when something cannot be stored', () => {
  const guesses = Array.from({ length: 10 }, guess);

  it.each(['logs', 'ephemeral'])(
    'the rest is, the log says so, and the batch comes again (%s): alerts are as if it had come once',
    async (table) => {
      let broken = true;
      const { keep, alerts, rows, log } = createIncidentBench((request) =>
        broken && isUpdateOf(table)(request) ? dynamoError('ResourceNotFoundException') : undefined,
      );
      await expect(keep('authorizer', guesses)).rejects.toThrow();
      expect(log.of('INCIDENTS_NOT_KEPT')).toMatchObject([{ failed: 1 }]);
      expect([rows().length, alerts().length]).toEqual(table === 'logs' ? [0, 1] : [1, 0]);
      broken = false;
      await keep('authorizer', guesses);
      await keep('authorizer', guesses);
      expect([rows().length, alerts().length]).toEqual([1, 1]);
    },
  );

  it('one row that fails keeps no other from being stored, and the first failure is thrown after all were tried', async () => {
    const { keep, rows, log } = createIncidentBench((request) =>
      JSON.stringify(request.body).includes('lane-1') ? dynamoError('ResourceNotFoundException') : undefined,
    );
    const lines = Array.from({ length: 20 }, (_, at) =>
      written('REQUEST_FAILED', { method: 'GET', resource: `/lane-${at}/`, error: 'INTERNAL' }),
    );
    await expect(keep('token-api', lines)).rejects.toThrow();
    expect(rows()).toHaveLength(9);
    expect(log.of('INCIDENTS_NOT_KEPT')).toMatchObject([{ failed: 11 }]);
  });

  it('an alert that was found and not recorded is by the next that find the pattern', async () => {
    let broken = true;
    const { keep, alerts } = createIncidentBench(({ operation }) =>
      broken && operation === 'TransactWriteItems' ? dynamoError('ResourceNotFoundException') : undefined,
    );
    await expect(keep('authorizer', guesses)).rejects.toThrow();
    broken = false;
    await keep('authorizer', [guess()]);
    expect(alerts()).toHaveLength(1);
  });
});

it('numbers beyond what a table can hold are kept as text', async () => {
  const { keep, rows } = createIncidentBench();
  await keep('lane-worker', [written('LANE_FAILED', { lane: 1e300, facts: { nonce: 1e20 } }), failed('r-1')]);
  expect(rows().map(({ first }) => first.context)).toEqual([
    { lane: '1e+300', facts: { nonce: '100000000000000000000' } },
    {},
  ]);
});

it('a trial message and lines without a mark cost nothing', async () => {
  const { handle, requests, keep } = createIncidentBench();
  // As CloudWatch Logs sends it.
  await handle(
    packed({
      ...{ messageType: 'CONTROL_MESSAGE', owner: 'CloudwatchLogs', logGroup: '', logStream: '' },
      subscriptionFilters: [],
      logEvents: [
        {
          id: '',
          timestamp: 1_510_109_208_016,
          message: 'CWL CONTROL MESSAGE: Checking health of destination Lambda.',
        },
      ],
    }),
  );
  await keep('token-api', [{ id: '1', timestamp: TEST_NOW_MS, message: 'START RequestId timeout' }]);
  expect(requests).toEqual([]);
});

it.each([
  ['no batch', {}],
  ['what is not packed', { awslogs: { data: Buffer.from('nonsense').toString('base64') } }],
])('throws at %s, so that Lambda keeps it', async (_name, event) => {
  await expect(createIncidentBench().handle(event)).rejects.toThrow();
});
