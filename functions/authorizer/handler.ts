import type { APIGatewayAuthorizerResult } from 'aws-lambda';
import * as z from 'zod';
import { recordDenial } from '#shared/access/denials.ts';
import { countFailedAttempt } from '#shared/access/failed-attempts.ts';
import { addressSubject, type LockoutPolicy } from '#shared/access/lockout.ts';
import type { LockoutStore } from '#shared/access/lockout-store.ts';
import { type NoteUseDependencies, noteUse } from '#shared/access/note-use.ts';
import { toAuthorizerContext } from '#shared/platform/auth/principal.ts';
import { headerOf } from '#shared/platform/http/headers.ts';
import type { Log } from '#shared/platform/log/logger.ts';
import type { Metrics } from '#shared/platform/metrics.ts';
import { type Attempt, DENIALS, type DecisionDependencies, decide, type Refusal } from './decide.ts';
import { policy } from './policy.ts';

/** What the authorizer needs. */
export interface AuthorizerDependencies extends DecisionDependencies, NoteUseDependencies {
  readonly lockouts: LockoutStore;
  readonly policy: LockoutPolicy;
  readonly log: Log;
  readonly metrics: Metrics;
}

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
 * Refusals that are no guess: the secret or the signature was right, so a client with old credentials isn't taken for an
 * attacker. An attempt that was locked out isn't counted either: a lock ends although somebody keeps trying.
 */
const NOT_COUNTED: ReadonlySet<Refusal> = new Set(['expired', 'not_yet_valid', 'revoked', 'wrong_mode', 'locked_out']);

/**
 * Makes the request authorizer: a good key or token becomes a principal, a good one at a wrong address or without a role
 * a denial (403), anything else 401, whether it was looked at or locked out. API Gateway keeps the answer per
 * credentials and address for less than 30 seconds, which is how soon a revocation is in effect.
 */
export function createHandler(deps: AuthorizerDependencies) {
  return async (rawEvent: unknown): Promise<APIGatewayAuthorizerResult> => {
    const { methodArn, headers, requestContext } = eventSchema.parse(rawEvent);
    const { identity, requestId = 'unknown' } = requestContext;
    const log = deps.log.with({ request_id: requestContext.requestId, source_address: identity.sourceIp });
    const attempt = { sourceAddress: identity.sourceIp, address: addressSubject(identity.sourceIp), requestId, log };
    const verdict = await decide(deps, attempt, headerOf(headers ?? {}, 'Authorization')).catch((error: unknown) => {
      log.write('AUTHENTICATION_FAULT', { error });
      deps.metrics.count('AuthenticationFault');
      throw error;
    });
    switch (verdict.kind) {
      case 'refused':
        throw await refused(deps, attempt, verdict.reason, verdict.keyId);
      case 'denied':
        log.write(DENIALS[verdict.why], named(verdict.principalId));
        deps.metrics.count('AuthenticationRefused');
        await recordDenial(deps, { ...attempt, ...verdict });
        return policy('Deny', verdict.principalId, methodArn);
      case 'accepted':
        if (verdict.lastUsedAt !== undefined) await noteUse(deps, log, verdict.principal.id, verdict.lastUsedAt);
        log.write('AUTHENTICATED', named(verdict.principal.id));
        return {
          ...policy('Allow', verdict.principal.id, methodArn),
          context: { ...toAuthorizerContext(verdict.principal) },
        };
    }
  };
}

async function refused(
  deps: AuthorizerDependencies,
  { address, requestId, log }: Attempt,
  reason: Refusal,
  keyId: string | undefined,
): Promise<Unauthorized> {
  const message = reason === 'locked_out' ? 'AUTHENTICATION_LOCKED_OUT' : 'AUTHENTICATION_REFUSED';
  log.write(message, { reason, ...(keyId === undefined ? {} : { key_id: keyId }) });
  deps.metrics.count('AuthenticationRefused');
  if (!NOT_COUNTED.has(reason)) {
    await countFailedAttempt(deps, address, reason === 'wrong_secret' ? keyId : undefined, requestId);
  }
  return new Unauthorized();
}

/** Log fields: API keys have been called by their own name since before there were tokens. */
function named(principalId: string): Record<string, string> {
  return principalId.startsWith('key_') ? { key_id: principalId } : { principal: principalId };
}
