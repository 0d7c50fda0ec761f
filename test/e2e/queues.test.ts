import { randomUUID } from 'node:crypto';
import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import {
  GetFunctionConfigurationCommand,
  InvokeCommand,
  LambdaClient,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import { GetQueueUrlCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { beforeAll, expect, it } from 'vitest';
import * as z from 'zod';
import { HavenApiError } from '#shared/client/errors.ts';
import { awsOptions, callAsScheduled, eventually, type LocalHaven, localHaven } from '#test/support/local-haven.ts';

/** Nobody else's: no other file that runs beside this one has keys destroyed. */
const JOB = 'key-destroyer';
const MISSED_RUNS = 'destruction-schedule-dlq';
const WAITS_MS = 60_000;

let haven: LocalHaven;
let lambda: LambdaClient;
let sqs: SQSClient;
beforeAll(() => {
  haven = localHaven();
  lambda = new LambdaClient(awsOptions(haven.info));
  sqs = new SQSClient(awsOptions(haven.info));
});

const queue = (name: string) => haven.client.getQueue({ params: { name } });
const redrive = (name: string) =>
  haven.client.redriveQueue({ params: { name }, body: { reason: 'the cause is mended' } });
const messagesIn = ({ visible, in_flight }: { readonly visible: number | null; readonly in_flight: number | null }) =>
  (visible ?? 0) + (in_flight ?? 0);

/** Gives the job settings; a changed function begins anew. */
async function configure(variables: Readonly<Record<string, string>>): Promise<void> {
  const FunctionName = `haven-local-${JOB}`;
  await lambda.send(
    new UpdateFunctionConfigurationCommand({ FunctionName, Environment: { Variables: { ...variables } } }),
  );
}

/** What the monitor has told of a queue since some instant: notices in their order. */
async function noticesOf(name: string, since: string): Promise<readonly unknown[]> {
  await callAsScheduled(haven, 'monitor');
  const { data } = await haven.client.listAlerts({ query: { category: 'alarm', created_from: since, limit: 100 } });
  return data
    .filter(({ details }) => details['condition'] === `dead_letters:haven-local-${name}`)
    .map(({ details }) => details['notice'])
    .toReversed();
}

async function logged(name: string, text: string): Promise<boolean> {
  const { events = [] } = await new CloudWatchLogsClient(awsOptions(haven.info)).send(
    new FilterLogEventsCommand({ logGroupName: `/haven/local/${name}`, filterPattern: `"${text}"` }),
  );
  return events.some(({ message = '' }) => message.includes(text));
}

it('a job that fails is listed, told, mended, redriven and told as over', { timeout: 300_000 }, async () => {
  const since = new Date().toISOString();
  const { Environment } = await lambda.send(
    new GetFunctionConfigurationCommand({ FunctionName: `haven-local-${JOB}` }),
  );
  const variables = z.record(z.string(), z.string()).parse(Environment?.Variables);
  try {
    await configure({ ...variables, APPROVALS_TABLE: 'there-is-no-such-table' });
    // As the schedule does on AWS; the local endpoint's keeps no failed runs.
    await lambda.send(
      new InvokeCommand({ FunctionName: `haven-local-${JOB}`, InvocationType: 'Event', Payload: '{}' }),
    );
    await eventually(
      'a dead letter',
      async () => (messagesIn(await queue(MISSED_RUNS)) > 0 ? true : undefined),
      2 * WAITS_MS,
      1_000,
    );
    const { data } = await haven.client.listQueues({});
    expect(data.find(({ name }) => name === MISSED_RUNS)).toMatchObject({
      queue_name: `haven-local-${MISSED_RUNS}`,
      kind: 'dead_letters',
      feeds: JOB,
      redrive: 'run',
      oldest_age_seconds: null,
    });
    await eventually(
      'the alert',
      async () => (await noticesOf(MISSED_RUNS, since)).includes('opened') || undefined,
      WAITS_MS,
    );
  } finally {
    await configure(variables);
  }
  // A run that began before the cause was mended may still fail.
  await eventually(
    'the end of the dead letters',
    async () => {
      const { unreadable, refused } = await redrive(MISSED_RUNS);
      expect([unreadable, refused]).toEqual([0, 0]);
      return messagesIn(await queue(MISSED_RUNS)) === 0 ? true : undefined;
    },
    WAITS_MS,
    1_000,
  );
  const { last_redrive } = await queue(`haven-local-${MISSED_RUNS}`);
  expect(last_redrive).toMatchObject({ ended_at: expect.any(String), more: false });
  await eventually(
    'that it is over',
    async () => ((await noticesOf(MISSED_RUNS, since)).at(-1) === 'resolved' ? true : undefined),
    WAITS_MS,
    1_000,
  );
  expect(await noticesOf(MISSED_RUNS, since)).toEqual(['opened', 'resolved']);
  const verification = await haven.client.verifyAudit({ body: { queue: MISSED_RUNS } });
  expect(verification).toMatchObject({ stream: `queue:${MISSED_RUNS}`, verified: true, first_break: null });
});

it('a dead kick is worked when it is redriven, once for a request that is sent twice', {
  timeout: 120_000,
}, async () => {
  // A lane of nobody: only this letter names it.
  const address = `0x${randomUUID().replaceAll('-', '')}00000000`;
  const kick = { lane: { chain_id: haven.info.chainId, address }, cause: 'wake', due_at_ms: 0 };
  const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: 'haven-local-lane-wakes-dlq' }));
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify(kick) }));
  const request = { params: { name: 'lane-wakes-dlq' }, body: { reason: 'a test' }, idempotencyKey: randomUUID() };
  const first = await haven.client.redriveQueue(request);
  expect(first.moved).toBeGreaterThanOrEqual(1);
  expect(await haven.client.redriveQueue(request)).toEqual(first);
  await eventually(
    'the run of the lane',
    async () => (await logged('lane-worker', address)) || undefined,
    WAITS_MS,
    1_000,
  );
});

it('what has no dead letters of its own is not redriven, and says where they are', async () => {
  await expect(redrive('lane-wakes')).rejects.toThrow(/lane-wakes-dlq/);
  await expect(redrive('no-such-queue')).rejects.toBeInstanceOf(HavenApiError);
});

it('readiness says of each dependency how it stands and how long it took', async () => {
  // What takes a second counts as slow: on a machine that does much else a look may, and its answer is kept for five.
  const { dependencies } = await eventually(
    'that it is ready',
    async () => {
      const stand = await haven.client.ready({});
      return stand.status === 'ready' ? stand : undefined;
    },
    WAITS_MS,
    1_000,
  );
  expect(dependencies).toEqual([
    { name: 'database', state: 'ok', latency_ms: expect.any(Number) },
    { name: `chain ${haven.info.chainId}`, state: 'ok', latency_ms: expect.any(Number) },
  ]);
});
