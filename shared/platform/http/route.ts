import * as z from 'zod';
import type { Scope } from '../auth/scopes.ts';
import type { ErrorCode } from '../errors/catalogue.ts';
import type { TokenHeader } from './capability.ts';

/** How often a route may be called; the limits themselves are configuration. */
export type RateClass = 'public' | 'read' | 'write' | 'sensitive' | 'webhook';

/** The schema of a part of the request that a route does not have. */
export const NOTHING = z.strictObject({});

/**
 * A route as data. API Gateway's wiring, validation, the filter on what leaves, the OpenAPI document and the typed
 * client all come from this one declaration.
 */
export interface Route<
  Params extends z.ZodObject = z.ZodObject,
  Query extends z.ZodObject = z.ZodObject,
  Body extends z.ZodObject = z.ZodObject,
  Response extends z.ZodType = z.ZodType,
> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below the base path, with `{parameters}`. */
  readonly path: `/${string}`;
  readonly summary: string;
  readonly description?: string;
  /** The area, as in the API document. */
  readonly tag: string;
  /** `public`, or the scope a principal must hold. */
  readonly access: 'public' | Scope;
  /** Another scope with which the route can be called as well: for who may see without a token what a token shows. */
  readonly orScope?: Scope;
  /** Whether an Idempotency-Key is required: on every route that creates or moves something. */
  readonly idempotent: boolean;
  /**
   * The header with the token of the one thing that the request is about. Its use case gets it as `capability`, and
   * answers who has none or another one as if there were no such thing.
   */
  readonly tokenHeader?: TokenHeader;
  readonly rate: RateClass;
  /**
   * Whether accesses are put on the audit stream of who asks: each one, or the refused ones only, where what is
   * granted has an audit entry of its own. Left out: neither.
   */
  readonly audited?: 'access' | 'refusals';
  readonly params: Params;
  readonly query: Query;
  /**
   * For routes whose use case checks a signature over the body: it gets the bytes as they were sent, at most so many, and nothing of them is
   * read before. Too many are refused before anything else is looked at. `body` is `NOTHING` then.
   */
  readonly rawBody?: { readonly maxBytes: number };
  readonly body: Body;
  /** The one success status. */
  readonly status: 200 | 201 | 202;
  /** What leaves: fields that are not declared don't. */
  readonly response: Response;
  /**
   * Whether answers with the same `version` are the same in every field: then If-None-Match is honoured, with 304. Of a GET only; not
   * where an answer tells of more than the row that has the version.
   */
  readonly revalidates?: true;
  /** How many seconds whoever asks may keep an answer. Of the catalog only: left out, nothing may be kept. */
  readonly cacheSeconds?: number;
  /** Other than JSON. */
  readonly contentType?: string;
  /** The codes this route can answer besides those of every route. With VERSION_MISMATCH it honours If-Match. */
  readonly errors: readonly ErrorCode[];
}

/**
 * Declares a route, keeping its exact types.
 *
 * @param route the declaration
 */
export function defineRoute<
  Params extends z.ZodObject,
  Query extends z.ZodObject,
  Body extends z.ZodObject,
  Response extends z.ZodType,
>(route: Route<Params, Query, Body, Response>): Route<Params, Query, Body, Response> {
  return route;
}

/** Codes that any route can answer, by what it is; the rest is in its own `errors`. */
export function commonErrors(route: Route): readonly ErrorCode[] {
  const codes: ErrorCode[] = ['INVALID_PARAMETER', 'UNKNOWN_FIELD', 'RATE_LIMITED', 'CONFIGURATION', 'INTERNAL'];
  if (route.access !== 'public') codes.push('UNAUTHENTICATED', 'FORBIDDEN');
  if (route.method !== 'GET') codes.push('PAYLOAD_TOO_LARGE');
  if (route.method !== 'GET' && route.rawBody === undefined) codes.push('UNSUPPORTED_MEDIA_TYPE');
  if (route.idempotent) codes.push('MISSING_IDEMPOTENCY_KEY', 'IDEMPOTENCY_MISMATCH', 'IDEMPOTENCY_IN_PROGRESS');
  // What is put on record is a change too: without it there is no answer.
  if (route.method !== 'GET' || route.audited === 'access') codes.push('WRITE_CONFLICT', 'DATABASE_ERROR');
  return codes;
}

/** Whether a change is made only to the version that If-Match names; elsewhere the header is refused. */
export function honoursIfMatch(route: Pick<Route, 'errors'>): boolean {
  return route.errors.includes('VERSION_MISMATCH');
}
