import type * as z from 'zod';
import type { Principal } from '../auth/principal.ts';
import type { Deadline } from '../deadline.ts';
import type { IdempotentRequest } from '../idempotency/idempotent-request.ts';
import type { Log } from '../log/logger.ts';
import type { Capability } from './capability.ts';
import { RawBody } from './raw-body.ts';
import type { Route } from './route.ts';
import { parsePart } from './validation.ts';

/** What every request has. */
export interface RequestContext {
  readonly requestId: string;
  readonly sourceAddress: string;
  readonly deadline: Deadline;
  readonly log: Log;
  /** The version named by If-Match; a handler that changes a versioned resource honours it. */
  readonly ifMatchVersion: number | undefined;
  /** The token of what the request is about, on routes that declare its header; undefined: none that can be one. */
  readonly capability?: Capability | undefined;
}

/** What a request to a route that is not public has besides. */
export interface PrincipalContext extends RequestContext {
  readonly principal: Principal;
}

/** What a request to an idempotent route has besides. */
export interface IdempotentContext extends PrincipalContext {
  readonly idempotency: IdempotentRequest;
}

/** The parsed parts of a request. */
export interface Input<P extends z.ZodObject, Q extends z.ZodObject, B extends z.ZodObject> {
  readonly params: z.output<P>;
  readonly query: z.output<Q>;
  readonly body: z.output<B>;
}

/** The parts of a request before a schema saw them. */
export interface RawInput {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
}

/** A route with the use case behind it. */
export interface BoundRoute {
  readonly id: string;
  readonly route: Route;
  /**
   * Checks the input against the declaration, runs the use case, filters its answer.
   *
   * @returns the body that may leave, as the response schema gives it
   */
  run(
    raw: RawInput,
    context: RequestContext,
    who: Principal | undefined,
    key: IdempotentRequest | undefined,
  ): Promise<unknown>;
}

/** Thrown when a use case answers what its route doesn't declare: a bug, never the client's fault. */
export class UndeclaredResponse extends Error {
  constructor(routeId: string, cause: unknown) {
    super(`The answer of ${routeId} does not match its declaration`, { cause });
    this.name = 'UndeclaredResponse';
  }
}

/** Reads and filters around a use case; what the three binders share. */
function checked<P extends z.ZodObject, Q extends z.ZodObject, B extends z.ZodObject, S extends z.ZodType>(
  id: string,
  route: Route<P, Q, B, S>,
  raw: RawInput,
  run: (input: Input<P, Q, B>) => Promise<z.input<S>>,
): Promise<unknown> {
  const input = {
    params: parsePart(route.params, 'params', raw.params),
    query: parsePart(route.query, 'query', raw.query),
    body: parsePart(route.body, 'body', raw.body),
  };
  return run(input).then((answer) => filtered(id, route, answer));
}

/**
 * What may leave of an answer: the fields that its route declares.
 *
 * @throws UndeclaredResponse
 */
export function filtered(id: string, route: Pick<Route, 'response'>, answer: unknown): unknown {
  const parsed = route.response.safeParse(answer);
  if (!parsed.success) throw new UndeclaredResponse(id, parsed.error);
  return parsed.data;
}

/**
 * Binds a public route to its use case.
 *
 * @param id the operation's name in the catalogue
 */
export function bindPublic<P extends z.ZodObject, Q extends z.ZodObject, B extends z.ZodObject, S extends z.ZodType>(
  id: string,
  route: Route<P, Q, B, S>,
  useCase: (input: Input<P, Q, B>, context: RequestContext) => Promise<z.input<S>>,
): BoundRoute {
  return { id, route, run: async (raw, context) => checked(id, route, raw, (input) => useCase(input, context)) };
}

/**
 * Binds a public route to a use case that reads the body by itself, after it checked its signature.
 *
 * @param id the operation's name in the catalogue
 */
export function bindRaw<P extends z.ZodObject, Q extends z.ZodObject, B extends z.ZodObject, S extends z.ZodType>(
  id: string,
  route: Route<P, Q, B, S>,
  useCase: (
    input: Pick<Input<P, Q, B>, 'params' | 'query'> & { readonly raw: RawBody },
    context: RequestContext,
  ) => Promise<z.input<S>>,
): BoundRoute {
  return {
    id,
    route,
    run: async ({ body, ...raw }, context) => {
      if (!(body instanceof RawBody)) throw new Error(`${id} got no raw body: its route does not declare one`);
      return checked(id, route, { ...raw, body: {} }, ({ params, query }) =>
        useCase({ params, query, raw: body }, context),
      );
    },
  };
}

/**
 * Binds a route that needs a principal to its use case.
 *
 * @param id the operation's name in the catalogue
 */
export function bind<P extends z.ZodObject, Q extends z.ZodObject, B extends z.ZodObject, S extends z.ZodType>(
  id: string,
  route: Route<P, Q, B, S>,
  useCase: (input: Input<P, Q, B>, context: PrincipalContext) => Promise<z.input<S>>,
): BoundRoute {
  return {
    id,
    route,
    run: async (raw, context, principal) => {
      if (principal === undefined) throw new Error(`${id} ran without a principal`);
      return checked(id, route, raw, (input) => useCase(input, { ...context, principal }));
    },
  };
}

/**
 * Binds an idempotent route to its use case, which must record its answer in the transaction of its effect.
 *
 * @param id the operation's name in the catalogue
 */
export function bindIdempotent<
  P extends z.ZodObject,
  Q extends z.ZodObject,
  B extends z.ZodObject,
  S extends z.ZodType,
>(
  id: string,
  route: Route<P, Q, B, S>,
  useCase: (input: Input<P, Q, B>, context: IdempotentContext) => Promise<z.input<S>>,
): BoundRoute {
  return {
    id,
    route,
    run: async (raw, context, principal, idempotency) => {
      if (principal === undefined || idempotency === undefined) {
        throw new Error(`${id} ran without a principal or an idempotency key`);
      }
      return checked(id, route, raw, (input) => useCase(input, { ...context, principal, idempotency }));
    },
  };
}
