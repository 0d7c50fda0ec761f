import * as z from 'zod';
import { scopeSchema } from './scopes.ts';

/** Who is asking, as the authorizer established it. */
export const principalSchema = z.object({
  /** The id of the API key, or `oidc:…` for the subject of a token; names the actor in audit entries and scopes idempotency keys. */
  id: z.string().min(1),
  name: z.string(),
  scopes: z.array(scopeSchema),
  /** When the credentials end, in milliseconds since the Unix epoch; absent: never. */
  expires_at_ms: z.number().int().positive().optional(),
  /** Names the session that a token belongs to: digits of a hash. API keys have none. */
  session: z.string().min(1).optional(),
  /** Of an API key that took another's place: the first of them (shared/platform/auth/kinship.ts). */
  line: z.string().min(1).optional(),
  /** Of an API key: who made it, and who made them. Operators have none. */
  makers: z.array(z.string().min(1)).optional(),
});

/** Who is asking. */
export type Principal = z.output<typeof principalSchema>;

/** What ids of principals look like: of API keys, and of the subjects of tokens (shared/access/oidc/oidc-principal.ts). */
export const PRINCIPAL_ID =
  /^(?:key_[0-9A-HJKMNP-TV-Z]{26}|oidc:[0-9a-f]{12}:(?:[A-Za-z0-9._|-]{1,36}|~[0-9a-f]{40}))$/;

/** Whether a principal is a person who showed a token of the OIDC issuer, rather than an API key. */
export function isOperator({ id }: Pick<Principal, 'id'>): boolean {
  return id.startsWith('oidc:');
}

/**
 * The authorizer's context as API Gateway passes it on: flat strings only
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html).
 */
export const authorizerContextSchema = z.object({
  principalId: z.string().min(1),
  name: z.string(),
  scopes: z.string(),
  /** Milliseconds since the Unix epoch. */
  expiresAtMs: z.string().optional(),
  session: z.string().optional(),
  line: z.string().optional(),
  makers: z.string().optional(),
});

/** The authorizer's context. */
export type AuthorizerContext = z.output<typeof authorizerContextSchema>;

/** Packs a principal for API Gateway. */
export function toAuthorizerContext(principal: Principal): AuthorizerContext {
  const { id, name, scopes, expires_at_ms: expiresAtMs, session, line, makers } = principal;
  return {
    principalId: id,
    name,
    scopes: scopes.join(' '),
    ...(expiresAtMs === undefined ? {} : { expiresAtMs: String(expiresAtMs) }),
    ...(session === undefined ? {} : { session }),
    ...(line === undefined ? {} : { line }),
    ...(makers === undefined ? {} : { makers: makers.join(' ') }),
  };
}

/**
 * Unpacks the principal that the authorizer put into the request context.
 *
 * @param context `requestContext.authorizer` of a proxy event
 * @returns undefined when the request did not pass an authorizer
 */
export function fromAuthorizerContext(context: unknown): Principal | undefined {
  const parsed = authorizerContextSchema.safeParse(context);
  if (!parsed.success) return undefined;
  const { principalId, name, scopes, expiresAtMs, session, line, makers } = parsed.data;
  const principal = principalSchema.safeParse({
    id: principalId,
    name,
    scopes: scopes.split(' ').filter(Boolean),
    ...(expiresAtMs === undefined ? {} : { expires_at_ms: Number(expiresAtMs) }),
    ...(session === undefined ? {} : { session }),
    ...(line === undefined ? {} : { line }),
    ...(makers === undefined ? {} : { makers: makers.split(' ').filter(Boolean) }),
  });
  return principal.success ? principal.data : undefined;
}
