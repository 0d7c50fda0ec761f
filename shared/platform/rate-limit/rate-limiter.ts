import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod';
import type { Clock } from '../clock.ts';
import {
  allowedDecision,
  emissionIntervalUs,
  latestAllowedTatUs,
  type RateDecision,
  type RatePolicy,
  refusedDecision,
  toUs,
} from './gcra.ts';

/** Checks and counts a request against a quota. */
export interface RateLimiter {
  check(key: string, policy: RatePolicy): Promise<RateDecision>;
}

const bucketSchema = z.object({ tat: z.number() });
type Attempt = { readonly tat: number } | { readonly standing: number | undefined };

/** Buckets outlive their window by this much, so that TTL never removes one that still limits. */
const TTL_SLACK_SECONDS = 60;
/** Keys whose last known state steers which of the two writes is tried first; bounds the memory. */
const MAX_REMEMBERED_KEYS = 10_000;

/**
 * A rate limiter whose state is one DynamoDB item per key. DynamoDB has no `max()`, so GCRA's step is one of two
 * conditional writes: for a rested bucket (TAT in the past) and for a busy one. The one that fits the last known state
 * is tried first, so a check is one write except when the state has changed sides.
 *
 * @param table the ephemeral table, with TTL on `expires_at`
 */
export function createRateLimiter(client: DynamoDBDocumentClient, table: string, clock: Clock): RateLimiter {
  const lastTat = new Map<string, number>();

  async function write(key: string, policy: RatePolicy, nowUs: number, busy: boolean): Promise<Attempt> {
    const intervalUs = emissionIntervalUs(policy);
    try {
      const { Attributes } = await client.send(
        new UpdateCommand({
          TableName: table,
          Key: { pk: key },
          UpdateExpression: busy
            ? 'SET tat = tat + :step, expires_at = :expires'
            : 'SET tat = :fresh, expires_at = :expires',
          ConditionExpression: busy ? 'tat > :now AND tat <= :latest' : 'attribute_not_exists(pk) OR tat <= :now',
          ExpressionAttributeValues: {
            ':now': nowUs,
            ':expires': Math.ceil((nowUs / 1000 + policy.windowMs) / 1000) + TTL_SLACK_SECONDS,
            ...(busy
              ? { ':step': intervalUs, ':latest': latestAllowedTatUs(policy, nowUs) }
              : { ':fresh': nowUs + intervalUs }),
          },
          ReturnValues: 'ALL_NEW',
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
      );
      return { tat: bucketSchema.parse(Attributes).tat };
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      return { standing: error.Item === undefined ? undefined : bucketSchema.parse(unmarshall(error.Item)).tat };
    }
  }

  function remember(key: string, tat: number): void {
    if (lastTat.size >= MAX_REMEMBERED_KEYS) lastTat.clear();
    lastTat.set(key, tat);
  }

  return {
    async check(key, policy) {
      const nowUs = toUs(clock());
      let busy = (lastTat.get(key) ?? 0) > nowUs;
      // Twice settles it unless rivals change the bucket's side in between; four times is beyond chance.
      for (let attempt = 0; attempt < 4; attempt += 1) {
        const outcome = await write(key, policy, nowUs, busy);
        if ('tat' in outcome) {
          remember(key, outcome.tat);
          return allowedDecision(policy, nowUs, outcome.tat);
        }
        const standing = outcome.standing ?? 0;
        remember(key, standing);
        if (standing > latestAllowedTatUs(policy, nowUs)) return refusedDecision(policy, nowUs, standing);
        busy = standing > nowUs;
      }
      return refusedDecision(policy, nowUs, toUs(clock() + policy.windowMs));
    },
  };
}
