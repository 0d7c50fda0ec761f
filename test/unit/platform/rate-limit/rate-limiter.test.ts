import { describe, expect, it } from 'vitest';
import type { RatePolicy } from '#shared/platform/rate-limit/gcra.ts';
import { createRateLimiter } from '#shared/platform/rate-limit/rate-limiter.ts';
import { createFakeClock, TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import {
  conditionFailed,
  createScriptedAws,
  dynamoError,
  type Script,
  scriptedDocumentClient,
} from '#test/support/fakes/scripted-aws.ts';

const TEN_A_MINUTE: RatePolicy = { name: 'write', limit: 10, windowMs: 60_000 };
const INTERVAL_MS = 6_000;
/** TATs are kept in microseconds. */
const INTERVAL_US = 6_000_000;
const MINUTE_US = 60_000_000;
const NOW_US = TEST_NOW_MS * 1_000;

/** What DynamoDB answers to a write that leaves the bucket there. */
const wrote = (tat: number) => ({ body: { Attributes: { pk: { S: 'k' }, tat: { N: String(tat) } } } });
/** What DynamoDB answers to a write whose condition the standing bucket fails. */
const stands = (tat: number) => conditionFailed({ pk: { S: 'k' }, tat: { N: String(tat) } });

function limiterWith(script: Script) {
  const aws = createScriptedAws(script);
  const clock = createFakeClock();
  const limiter = createRateLimiter(scriptedDocumentClient(aws), 'ephemeral', clock.now);
  return { aws, clock, check: (key = 'k') => limiter.check(key, TEN_A_MINUTE) };
}

/** Which of the two writes a request was. */
const kinds = (requests: readonly { readonly body: Readonly<Record<string, unknown>> }[]) =>
  requests.map(({ body }) => (String(body['UpdateExpression']).includes('tat + :step') ? 'busy' : 'rested'));

describe('a check', () => {
  it('of a new key is one write, which starts the bucket now', async () => {
    const { aws, check } = limiterWith([wrote(NOW_US + INTERVAL_US)]);
    expect(await check()).toEqual({ allowed: true, remaining: 9, resetMs: INTERVAL_MS, retryAfterMs: 0 });
    expect(aws.requests).toEqual([
      {
        operation: 'UpdateItem',
        body: {
          TableName: 'ephemeral',
          Key: { pk: { S: 'k' } },
          UpdateExpression: 'SET tat = :fresh, expires_at = :expires',
          ConditionExpression: 'attribute_not_exists(pk) OR tat <= :now',
          ExpressionAttributeValues: {
            ':now': { N: String(NOW_US) },
            ':expires': { N: String((TEST_NOW_MS + 60_000) / 1000 + 60) },
            ':fresh': { N: String(NOW_US + INTERVAL_US) },
          },
          ReturnValues: 'ALL_NEW',
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        },
      },
    ]);
  });

  it('of a key that it knows to be busy is one write, which adds to the bucket', async () => {
    const { aws, check } = limiterWith([wrote(NOW_US + INTERVAL_US), wrote(NOW_US + 2 * INTERVAL_US)]);
    await check();
    expect(await check()).toMatchObject({ allowed: true, remaining: 8 });
    expect(aws.requests[1]?.body).toMatchObject({
      UpdateExpression: 'SET tat = tat + :step, expires_at = :expires',
      ConditionExpression: 'tat > :now AND tat <= :latest',
      ExpressionAttributeValues: {
        ':now': { N: String(NOW_US) },
        ':step': { N: String(INTERVAL_US) },
        ':latest': { N: String(NOW_US + MINUTE_US - INTERVAL_US) },
      },
    });
  });

  it('of a key that others keep busy takes a second write', async () => {
    const { aws, check } = limiterWith([stands(NOW_US + INTERVAL_US), wrote(NOW_US + 2 * INTERVAL_US)]);
    expect(await check()).toMatchObject({ allowed: true, remaining: 8 });
    expect(kinds(aws.requests)).toEqual(['rested', 'busy']);
  });

  it('of a key that it last saw busy and that has rested since is one write', async () => {
    const { aws, clock, check } = limiterWith([wrote(NOW_US + INTERVAL_US), wrote(NOW_US + MINUTE_US + INTERVAL_US)]);
    await check();
    clock.advance(60_000);
    await check();
    expect(kinds(aws.requests)).toEqual(['rested', 'rested']);
  });

  it('of a bucket that TTL removed meanwhile starts it anew', async () => {
    const { aws, check } = limiterWith([wrote(NOW_US + INTERVAL_US), conditionFailed(), wrote(NOW_US + INTERVAL_US)]);
    await check();
    expect(await check()).toMatchObject({ allowed: true });
    expect(kinds(aws.requests)).toEqual(['rested', 'busy', 'rested']);
  });

  it('of a full bucket is refused by the write that finds it full', async () => {
    const { aws, check } = limiterWith([stands(NOW_US + MINUTE_US)]);
    expect(await check()).toEqual({ allowed: false, remaining: 0, resetMs: 60_000, retryAfterMs: INTERVAL_MS });
    expect(aws.requests).toHaveLength(1);
  });

  it('of a bucket with room for one request is allowed, and of one with a microsecond less is not', async () => {
    const room = NOW_US + MINUTE_US - INTERVAL_US;
    expect(await limiterWith([stands(room), wrote(NOW_US + MINUTE_US)]).check()).toMatchObject({
      allowed: true,
      remaining: 0,
    });
    expect(await limiterWith([stands(room + 1)]).check()).toMatchObject({ allowed: false, retryAfterMs: 1 });
  });

  it('gives up after four writes when rivals turn the bucket over between them, and refuses', async () => {
    const { aws, check } = limiterWith([
      stands(NOW_US + INTERVAL_US),
      stands(NOW_US - 1),
      stands(NOW_US + INTERVAL_US),
      stands(NOW_US - 1),
    ]);
    expect(await check()).toMatchObject({ allowed: false, retryAfterMs: INTERVAL_MS });
    expect(kinds(aws.requests)).toEqual(['rested', 'busy', 'rested', 'busy']);
  });

  it('does not take one key for another', async () => {
    const { aws, check } = limiterWith([wrote(NOW_US + INTERVAL_US), wrote(NOW_US + INTERVAL_US)]);
    await check('k');
    await check('other');
    expect(kinds(aws.requests)).toEqual(['rested', 'rested']);
  });

  it.each([
    ['a missing table', dynamoError('ResourceNotFoundException')],
    ['a broken connection', new Error('socket hang up')],
    ['a bucket that cannot be read', conditionFailed({ pk: { S: 'k' } })],
    ['an answer without the bucket', { body: {} }],
  ])('fails with %s: whether that lets a request through is not for the limiter to say', async (_name, answer) => {
    await expect(limiterWith([answer]).check()).rejects.toThrow();
  });
});
