import * as z from 'zod';
import { scopeSchema } from './scopes.ts';

/** Who is asking, as the authorizer established it. */
export const principalSchema = z.object({
  /** The id of the API key; names the actor in audit entries and scopes idempotency keys. */
  id: z.string().min(1),
  name: z.string(),
  scopes: z.array(scopeSchema),
});

/** Who is asking. */
export type Principal = z.output<typeof principalSchema>;

/**
 * The authorizer's context as API Gateway passes it on: flat strings only
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html).
 */
export const authorizerContextSchema = z.object({
  principalId: z.string().min(1),
  name: z.string(),
  scopes: z.string(),
});

/** The authorizer's context. */
export type AuthorizerContext = z.output<typeof authorizerContextSchema>;

/** Packs a principal for API Gateway. */
export function toAuthorizerContext(principal: Principal): AuthorizerContext {
  return { principalId: principal.id, name: principal.name, scopes: principal.scopes.join(' ') };
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
  const { principalId, name, scopes } = parsed.data;
  const principal = principalSchema.safeParse({ id: principalId, name, scopes: scopes.split(' ').filter(Boolean) });
  return principal.success ? principal.data : undefined;
}
