import type { APIGatewayAuthorizerResult } from 'aws-lambda';
import * as z from 'zod';
import { judge } from '#shared/access/api-key.ts';
import type { ApiKeyStore } from '#shared/access/api-key-store.ts';
import { readBearer } from '#shared/access/api-key-token.ts';
import { toAuthorizerContext } from '#shared/platform/auth/principal.ts';
import { type Clock, isoTime } from '#shared/platform/clock.ts';
import { headerOf } from '#shared/platform/http/headers.ts';
import type { Log } from '#shared/platform/log/logger.ts';
import type { Metrics } from '#shared/platform/metrics.ts';

/** What the authorizer needs. */
export interface AuthorizerDependencies {
  readonly keys: Pick<ApiKeyStore, 'find' | 'noteUse'>;
  readonly readPepper: () => Promise<string>;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** A key's last use is noted at most this often. */
const LAST_USED_INTERVAL_MS = 60_000;

const eventSchema = z.object({
  methodArn: z.string(),
  headers: z.record(z.string(), z.string().optional()).nullish(),
  requestContext: z.object({ requestId: z.string().optional(), identity: z.object({ sourceIp: z.string() }) }),
});

/**
 * What API Gateway turns into a 401. Its message must be exactly this
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html).
 */
class Unauthorized extends Error {
  constructor() {
    super('Unauthorized');
    this.name = 'Unauthorized';
  }
}

/**
 * Makes the request authorizer: a good key becomes a principal, a good key at a wrong address a denial (403), anything
 * else 401. API Gateway keeps the answer per key and address for less than 30 seconds, which is how soon a revocation
 * is in effect.
 */
export function createHandler(deps: AuthorizerDependencies) {
  return async (rawEvent: unknown): Promise<APIGatewayAuthorizerResult> => {
    const { methodArn, headers, requestContext } = eventSchema.parse(rawEvent);
    const log = deps.log.with({
      request_id: requestContext.requestId,
      source_address: requestContext.identity.sourceIp,
    });
    const token = readBearer(headerOf(headers ?? {}, 'Authorization'));
    if (token === undefined) throw refused(deps, log, { reason: 'malformed' });
    const keyId = `key_${token.ulid}`;
    const [key, pepper] = await Promise.all([deps.keys.find(keyId), deps.readPepper()]).catch((error: unknown) => {
      log.write('AUTHENTICATION_FAULT', { error });
      deps.metrics.count('AuthenticationFault');
      throw error;
    });
    const judgement = judge(token, key, pepper, requestContext.identity.sourceIp, deps.clock());
    switch (judgement.kind) {
      case 'refused':
        throw refused(deps, log, { key_id: keyId, reason: judgement.reason });
      case 'address_refused':
        log.write('AUTHENTICATION_ADDRESS_REFUSED', { key_id: keyId });
        deps.metrics.count('AuthenticationRefused');
        return policy('Deny', keyId, methodArn);
      case 'accepted':
        await noteUse(deps, log, keyId, key?.last_used_at ?? null);
        log.write('AUTHENTICATED', { key_id: keyId });
        return { ...policy('Allow', keyId, methodArn), context: toAuthorizerContext(judgement.principal) };
    }
  };
}

function refused(deps: AuthorizerDependencies, log: Log, fields: Record<string, string>): Unauthorized {
  log.write('AUTHENTICATION_REFUSED', fields);
  deps.metrics.count('AuthenticationRefused');
  return new Unauthorized();
}

async function noteUse(
  deps: AuthorizerDependencies,
  log: Log,
  keyId: string,
  lastUsedAt: string | null,
): Promise<void> {
  const nowMs = deps.clock();
  // Even a write whose condition fails is billed, and takes its time.
  if (lastUsedAt !== null && nowMs - Date.parse(lastUsedAt) < LAST_USED_INTERVAL_MS) return;
  try {
    await deps.keys.noteUse(keyId, isoTime(nowMs), isoTime(nowMs - LAST_USED_INTERVAL_MS));
  } catch (error) {
    log.write('LAST_USED_NOT_RECORDED', { key_id: keyId, error });
  }
}

/** The whole stage, not one method: the answer is kept for all routes; scopes are checked by each route. */
function policy(effect: 'Allow' | 'Deny', principalId: string, methodArn: string): APIGatewayAuthorizerResult {
  const [api, stage] = methodArn.split('/');
  return {
    principalId,
    policyDocument: {
      Version: '2012-10-17',
      Statement: [{ Action: 'execute-api:Invoke', Effect: effect, Resource: `${api}/${stage}/*` }],
    },
  };
}
