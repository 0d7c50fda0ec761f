import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { QUEUES } from '#shared/queues/catalogue.ts';
import { ALL_STAGES, templatesOf } from '../support/build-stage.ts';
import { documentSchema } from '../support/grants.ts';

const DAY_SECONDS = 24 * 60 * 60;

const queueSchema = z.object({
  QueueName: z.string(),
  SqsManagedSseEnabled: z.boolean().default(false),
  VisibilityTimeout: z.number().optional(),
  MessageRetentionPeriod: z.number().optional(),
  FifoQueue: z.boolean().default(false),
  ContentBasedDeduplication: z.boolean().default(false),
  DeduplicationScope: z.string().optional(),
  FifoThroughputLimit: z.string().optional(),
  RedrivePolicy: z.object({ deadLetterTargetArn: z.string(), maxReceiveCount: z.number() }).optional(),
});
const watcherSchema = z.object({
  Environment: z.object({ Variables: z.object({ DEAD_LETTER_QUEUES: z.string().optional() }) }),
});
const queuePolicySchema = z.object({ Queues: z.array(z.string()), PolicyDocument: documentSchema });
const mappingSchema = z.object({
  EventSourceArn: z.string(),
  FunctionName: z.string(),
  BatchSize: z.number(),
  FunctionResponseTypes: z.array(z.string()),
  ScalingConfig: z.object({ MaximumConcurrency: z.number() }),
});
const isStream = (properties: Readonly<Record<string, unknown>>) =>
  /\/stream\//.test(String(properties['EventSourceArn']));
const timeoutSchema = z.object({ FunctionName: z.string(), Timeout: z.number() });
const scheduleSchema = z.object({
  Name: z.string(),
  ScheduleExpression: z.string(),
  State: z.string(),
  FlexibleTimeWindow: z.object({ Mode: z.string() }),
  Target: z.object({
    Arn: z.string(),
    Input: z.string().optional(),
    RoleArn: z.string(),
    DeadLetterConfig: z.object({ Arn: z.string() }),
    RetryPolicy: z.object({ MaximumEventAgeInSeconds: z.number(), MaximumRetryAttempts: z.number() }),
  }),
});

const ruleSchema = z.object({ Targets: z.array(z.object({ DeadLetterConfig: z.object({ Arn: z.string() }) })) });
const invokeConfigSchema = z.object({
  FunctionName: z.string(),
  DestinationConfig: z.object({ OnFailure: z.object({ Destination: z.string() }) }),
});

describe.each(ALL_STAGES)('the queues of %s', (stage) => {
  const templates = templatesOf(stage);
  const queues = templates.all('AWS::SQS::Queue', queueSchema).map(({ properties }) => properties);
  const short = (arn: string) => arn.split(`:${templates.nameOf('')}`).at(-1);
  const isDeadLetters = (name: string) => /-dlq(\.fifo)?$/.test(name);
  const named = (name: string) => {
    const found = queues.find(({ QueueName }) => QueueName === templates.nameOf(name));
    if (found === undefined) throw new Error(`There is no queue ${name}`);
    return found;
  };

  it('each have a dead-letter queue of their kind that keeps messages for fourteen days', () => {
    const working = queues.filter(({ QueueName }) => !isDeadLetters(QueueName));
    expect(working.map(({ QueueName }) => short(`:${QueueName}`)).sort()).toEqual([
      'lane-kicks.fifo',
      'lane-wakes',
      'outbox-wakes',
      'pool-kicks',
      'scan-kicks',
      'webhook-wakes',
    ]);
    for (const { RedrivePolicy, FifoQueue } of working) {
      const deadLetters = named(String(short(RedrivePolicy?.deadLetterTargetArn ?? '')));
      expect(isDeadLetters(deadLetters.QueueName)).toBe(true);
      expect(deadLetters.FifoQueue).toBe(FifoQueue);
      // A throttled delivery counts as well.
      expect(RedrivePolicy?.maxReceiveCount).toBeGreaterThanOrEqual(3);
    }
    for (const deadLetters of queues.filter(({ QueueName }) => isDeadLetters(QueueName))) {
      expect(deadLetters.MessageRetentionPeriod).toBeGreaterThanOrEqual(14 * DAY_SECONDS);
      expect(deadLetters.RedrivePolicy).toBeUndefined();
    }
  });

  it('are all in the catalogue that operators see, by whom they feed', () => {
    const mappings = new Map(
      queueMappings().map(({ EventSourceArn, FunctionName }) => [short(EventSourceArn), short(`:${FunctionName}`)]),
    );
    const schedules = templates.all('AWS::Scheduler::Schedule', scheduleSchema).map(({ properties }) => properties);
    const runs = new Map(schedules.map(({ Target }) => [short(Target.DeadLetterConfig.Arn), short(Target.Arn)]));
    const calls = new Map(
      templates
        .all('AWS::Lambda::EventInvokeConfig', invokeConfigSchema)
        .map(({ properties }) => [
          short(properties.DestinationConfig.OnFailure.Destination),
          short(`:${properties.FunctionName}`),
        ]),
    );
    const expected = queues.map(({ QueueName, RedrivePolicy }) => {
      const name = short(`:${QueueName}`) ?? '';
      if (RedrivePolicy !== undefined) {
        const deadLetters = short(RedrivePolicy.deadLetterTargetArn);
        return { kind: 'work', name, feeds: mappings.get(name), deadLetters };
      }
      const source = queues.find((of) => short(of.RedrivePolicy?.deadLetterTargetArn ?? '') === name)?.QueueName;
      const from = source === undefined ? null : short(`:${source}`);
      if (from !== null)
        return { kind: 'dead_letters', name, feeds: mappings.get(from), redrive: 'move', source: from };
      const redrive = runs.has(name) ? 'run' : 'call';
      return { kind: 'dead_letters', name, feeds: runs.get(name) ?? calls.get(name), redrive, source: null };
    });
    expect(QUEUES).toEqual(expected.toSorted((a, b) => (a.name < b.name ? -1 : 1)));
  });

  it('of dead letters are all watched by the monitor', () => {
    const watched = templates
      .all('AWS::Lambda::Function', watcherSchema)
      .flatMap(({ properties }) => properties.Environment.Variables.DEAD_LETTER_QUEUES ?? [])
      .map((text) => z.array(z.string()).parse(JSON.parse(text)));
    const deadLetters = queues.map(({ QueueName }) => QueueName).filter(isDeadLetters);
    expect(watched).toEqual([deadLetters.toSorted()]);
  });

  it('are encrypted, refuse whoever comes without TLS, and allow nobody by a policy of their own', () => {
    const policies = templates.all('AWS::SQS::QueuePolicy', queuePolicySchema).map(({ properties }) => properties);
    for (const { QueueName, SqsManagedSseEnabled } of queues) {
      expect([QueueName, SqsManagedSseEnabled]).toEqual([QueueName, true]);
      const own = policies.filter(({ Queues }) => Queues.some((url) => url.endsWith(`/${QueueName}`)));
      // EventBridge has no role to send by: it may, for the one rule.
      const rule = templates.nameOf('alarm-changed');
      const statements = own.flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
      const allowed = statements.filter(({ Effect }) => Effect === 'Allow');
      expect(allowed).toEqual(
        QueueName === templates.nameOf('alarm-events-dlq')
          ? [
              expect.objectContaining({
                Principal: { Service: 'events.amazonaws.com' },
                Action: ['sqs:SendMessage'],
                Condition: { ArnEquals: { 'aws:SourceArn': expect.stringMatching(new RegExp(`rule/${rule}$`)) } },
              }),
            ]
          : [],
      );
      expect(statements.filter(({ Effect }) => Effect !== 'Allow')).toEqual([
        {
          Effect: 'Deny',
          Principal: { AWS: '*' },
          Action: ['sqs:*'],
          Resource: [`arn:aws:sqs:eu-central-1:123456789012:${QueueName}`],
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        },
      ]);
    }
  });

  it('order kicks by lane, let lanes run side by side, and swallow no kick for its content', () => {
    expect(named('lane-kicks.fifo')).toMatchObject({
      FifoQueue: true,
      DeduplicationScope: 'messageGroup',
      FifoThroughputLimit: 'perMessageGroupId',
      ContentBasedDeduplication: false,
    });
    // A FIFO queue takes no delay per message, which wakes need.
    expect(named('lane-wakes').FifoQueue).toBe(false);
  });

  /** What queues bring to functions; streams of tables are none of them. */
  const queueMappings = () =>
    templates
      .resources()
      .filter(({ type, properties }) => type === 'AWS::Lambda::EventSourceMapping' && !isStream(properties))
      .map(({ properties }) => mappingSchema.parse(properties));

  /** Keys of notices of a kind. */
  const notices = (prefix: string) => ({ pk: { S: [{ prefix }] }, sk: { S: ['NOTICE'] } });

  const streamMappings = () =>
    templates
      .resources()
      .filter(({ type, properties }) => type === 'AWS::Lambda::EventSourceMapping' && isStream(properties));

  it.each([
    ['who tells alerts', 'alert-notifier', [{ sk: { S: ['ALERT'] } }], 10],
    ['who mails customers', 'customer-mailer', [notices('NOTICE#customer#')], 4],
    ['who tells integrators', 'webhook-dispatcher', [notices('NOTICE#merchant#'), notices('TX_NOTICE#')], 4],
  ])(
    'are not what wakes %s: streams of tables do, with keys of new rows of theirs only',
    (_who, name, keys, atOnce) => {
      const streams = streamMappings().filter(
        ({ properties }) => properties['FunctionName'] === templates.nameOf(name),
      );
      expect(streams.map(({ properties }) => properties)).toMatchObject(
        keys.map((Keys) => ({
          StartingPosition: 'LATEST',
          ParallelizationFactor: atOnce,
          MaximumRetryAttempts: 0,
          MaximumRecordAgeInSeconds: 60,
          FilterCriteria: { Filters: [{ Pattern: JSON.stringify({ eventName: ['INSERT'], dynamodb: { Keys } }) }] },
        })),
      );
    },
  );

  it('follow each stream by two functions at most: more are throttled', () => {
    const followers = Map.groupBy(streamMappings(), ({ properties }) => JSON.stringify(properties['EventSourceArn']));
    for (const [stream, of] of followers) expect([stream, of.length <= 2]).toEqual([stream, true]);
  });

  it('hide messages for six times as long as their consumer may take, or once where it renews a hold on them itself', () => {
    const functions = templates.all('AWS::Lambda::Function', timeoutSchema).map(({ properties }) => properties);
    const mappings = queueMappings();
    expect(
      mappings.map(({ EventSourceArn, FunctionName }) => [short(EventSourceArn), short(`:${FunctionName}`)]).sort(),
    ).toEqual([
      ['lane-kicks.fifo', 'lane-worker'],
      ['lane-wakes', 'lane-kicker'],
      ['outbox-wakes', 'outbox-worker'],
      ['pool-kicks', 'deposit-pool'],
      ['scan-kicks', 'payment-scanner'],
      ['webhook-wakes', 'webhook-sender'],
    ]);
    for (const mapping of mappings) {
      const consumer = functions.find(({ FunctionName }) => FunctionName === mapping.FunctionName);
      const queue = named(String(short(mapping.EventSourceArn)));
      const factor = short(mapping.EventSourceArn) === 'lane-kicks.fifo' ? 1 : 6;
      expect(queue.VisibilityTimeout).toBe(factor * (consumer?.Timeout ?? Number.NaN));
    }
  });

  it('give back only the messages that failed, to as many consumers as the stage says', () => {
    for (const properties of queueMappings()) {
      expect(properties.FunctionResponseTypes).toEqual(['ReportBatchItemFailures']);
      // Two refills at once would make the same wallets: Lambda allows no fewer. Passes over one chain at once only cost.
      // Webhooks wait for others, not for this account.
      const own: Readonly<Record<string, number>> = { 'pool-kicks': 2, 'scan-kicks': 5, 'webhook-wakes': 20 };
      const consumers = own[short(properties.EventSourceArn) ?? ''] ?? templates.config.lane_worker_concurrency;
      expect(properties.ScalingConfig.MaximumConcurrency).toBe(consumers);
      expect(properties.BatchSize).toBe(10);
    }
  });

  it('keep the missed runs of every schedule, and what its function fails on, in a queue that nothing else fills', () => {
    const schedules = templates.all('AWS::Scheduler::Schedule', scheduleSchema).map(({ properties }) => properties);
    const failures = new Map(
      templates
        .all('AWS::Lambda::EventInvokeConfig', invokeConfigSchema)
        .map(({ properties }) => [properties.FunctionName, properties.DestinationConfig.OnFailure.Destination]),
    );
    const kept = schedules.map(({ Target }) => Target.DeadLetterConfig.Arn);
    expect(kept).toEqual(schedules.map(({ Target }) => failures.get(String(Target.Arn.split(':').at(-1)))));
    expect(new Set(kept).size).toBe(schedules.length);
    // That each sounds at its first message the alarms' own test shows.
    expect(kept.filter((arn) => !isDeadLetters(arn))).toEqual([]);
    // A redrive runs the job once for all its letters: none may say more than that it is time.
    for (const { Target } of schedules) expect(Target.Input).toBeUndefined();
  });

  it('keep the events that a rule could not deliver', () => {
    const rules = templates.all('AWS::Events::Rule', ruleSchema).flatMap(({ properties }) => properties.Targets);
    expect(rules.map(({ DeadLetterConfig }) => short(DeadLetterConfig.Arn))).toEqual(['alarm-events-dlq']);
  });

  it.each([
    ['kick-open-lanes', 'lane-kicker', 'lane-schedule-dlq'],
    ['deliver-outbox', 'outbox-worker', 'outbox-schedule-dlq'],
    ['sweep-deposits', 'deposit-sweeper', 'deposit-sweep-schedule-dlq'],
    ['sweep-wallets', 'sweeper', 'sweep-schedule-dlq'],
    ['tell-alerts', 'alert-notifier', 'alerts-schedule-dlq'],
    ['top-up-wallets', 'top-up', 'top-ups-schedule-dlq'],
    ['fill-deposit-pool', 'deposit-pool', 'pool-schedule-dlq'],
    ['scan-chains', 'payment-scanner', 'scan-schedule-dlq'],
    ['expire-orders', 'order-expirer', 'order-schedule-dlq'],
    ['mail-customers', 'customer-mailer', 'mails-schedule-dlq'],
  ])('are backed by the schedule %s, each minute, and a run that is missed is kept', (name, target, missedRuns) => {
    const found = templates
      .all('AWS::Scheduler::Schedule', scheduleSchema)
      .find(({ properties }) => properties.Name === templates.nameOf(name));
    expect(found?.properties).toMatchObject({
      ScheduleExpression: 'rate(1 minute)',
      State: 'ENABLED',
      FlexibleTimeWindow: { Mode: 'OFF' },
    });
    expect({ ...found?.properties.Target, RoleArn: undefined }).toEqual({
      Arn: `arn:aws:lambda:eu-central-1:123456789012:function:${templates.nameOf(target)}`,
      DeadLetterConfig: { Arn: `arn:aws:sqs:eu-central-1:123456789012:${templates.nameOf(missedRuns)}` },
      RetryPolicy: { MaximumEventAgeInSeconds: 60, MaximumRetryAttempts: 2 },
    });
  });
});
