import type * as z from 'zod';
import { type Clock, systemClock } from '#shared/platform/clock.ts';
import type { Route } from '#shared/platform/http/route.ts';
import { type RetryPolicy, type Sleep, sleep } from '#shared/platform/retry.ts';
import { HavenApiError, HavenConnectionError, UnexpectedAnswer } from './errors.ts';
import { CLIENT_RETRY, type Outcome, retryDelayMs } from './retry-rules.ts';
import { createTransport, type Fetch, fillPath, type RawRequest, type RawResponse, type Send } from './transport.ts';

/** API Gateway gives up on a request after 29 s (https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html). */
const DEFAULT_TIMEOUT_MS = 30_000;

/** What a client is made of; all but the URL has a default. */
export interface ClientOptions {
  /** The API's URL, which ends in `/api/v1`. */
  readonly baseUrl: string;
  /** Without one, only public routes answer. */
  readonly apiKey?: string;
  readonly fetch?: Fetch;
  /** The limit of each attempt. */
  readonly timeoutMs?: number;
  readonly retry?: RetryPolicy;
  /** Makes the Idempotency-Key of a request that is given none. */
  readonly newIdempotencyKey?: () => string;
  readonly sleep?: Sleep;
  readonly clock?: Clock;
  /** 0 to 1; for jitter. */
  readonly random?: () => number;
}

/** What any call can be given. */
interface AnyArguments {
  readonly params?: object | undefined;
  readonly query?: object | undefined;
  readonly body?: object | undefined;
  /** Sent on idempotent routes; made when absent. */
  readonly idempotencyKey?: string;
  /** The ETag of the version that may be changed. */
  readonly ifMatch?: string;
  /** The token of the cart or order; sent on routes that declare its header. */
  readonly token?: string;
}

/** One part of a request: absent when the route has none, optional when all of it is. */
type Part<Name extends 'params' | 'query' | 'body', Schema extends z.ZodObject> = keyof Schema['shape'] extends never
  ? { readonly [N in Name]?: undefined }
  : object extends z.input<Schema>
    ? { readonly [N in Name]?: z.input<Schema> }
    : { readonly [N in Name]: z.input<Schema> };

/** What a call of a route is given. */
export type CallArguments<R extends Route> = AnyArguments &
  Part<'params', R['params']> &
  Part<'query', R['query']> &
  Part<'body', R['body']>;

/** Calls a route; its argument can be left out when nothing in it is needed. */
export type Operation<R extends Route> = (
  ...args: object extends CallArguments<R> ? [args?: CallArguments<R>] : [args: CallArguments<R>]
) => Promise<z.output<R['response']>>;

/** A method for each route. */
export type Operations<T extends { readonly [K in keyof T]: Route }> = { readonly [K in keyof T]: Operation<T[K]> };

/** Calls routes. */
export interface Caller {
  /**
   * Calls one route: sends it, tries again where that is safe, and reads the answer as the route declares it.
   *
   * @throws HavenApiError, HavenConnectionError, UnexpectedAnswer
   */
  call<R extends Route>(route: R, args: AnyArguments): Promise<z.output<R['response']>>;
  /** Sends one request, once, and gives the answer as it is, whatever its status. */
  readonly request: Send;
}

/** Makes what calls routes. */
export function createCaller(options: ClientOptions): Caller {
  const {
    retry = CLIENT_RETRY,
    newIdempotencyKey = () => globalThis.crypto.randomUUID(),
    sleep: wait = sleep,
    clock = systemClock,
    random = Math.random,
  } = options;
  const send = createTransport({
    baseUrl: options.baseUrl,
    apiKey: options.apiKey,
    fetch: options.fetch ?? globalThis.fetch,
    timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
  });

  async function sendUntilDone(request: RawRequest, key: string | undefined): Promise<RawResponse> {
    const repeatable = request.method === 'GET' || key !== undefined;
    for (let attempt = 0; ; attempt += 1) {
      const result = await attemptOnce(send, request);
      const delayMs = retryDelayMs(toOutcome(result), repeatable, attempt, retry, clock(), random);
      if (delayMs !== undefined) await wait(delayMs);
      else if (result.response !== undefined) return result.response;
      else throw new HavenConnectionError(`${request.method} ${request.path}`, key, result.failure);
    }
  }

  return {
    request: send,
    async call<R extends Route>(route: R, args: AnyArguments): Promise<z.output<R['response']>> {
      const key = route.idempotent ? (args.idempotencyKey ?? newIdempotencyKey()) : undefined;
      const request = toRequest(route, args, key);
      const response = await sendUntilDone(request, key);
      const operation = `${request.method} ${request.path}`;
      if (response.status < 200 || response.status > 299) throw new HavenApiError(operation, response);
      return read(operation, property(route, 'response'), response.body);
    },
  };
}

/** `route.response` would have the type of any route's answer; read by its key, it keeps the type of this route's. */
function property<T, K extends keyof T>(of: T, key: K): T[K] {
  return of[key];
}

/** A function of its own because only a schema's own type parameter tells the type of what it parses. */
function read<S extends z.ZodType>(operation: string, schema: S, body: unknown): z.output<S> {
  const parsed = schema.safeParse(body);
  if (!parsed.success) throw new UnexpectedAnswer(operation, parsed.error);
  return parsed.data;
}

type Attempt = { readonly response: RawResponse } | { readonly response: undefined; readonly failure: unknown };

async function attemptOnce(send: Send, request: RawRequest): Promise<Attempt> {
  try {
    return { response: await send(request) };
  } catch (failure) {
    return { response: undefined, failure };
  }
}

function toOutcome({ response }: Attempt): Outcome {
  if (response === undefined) return { kind: 'unanswered' };
  return { kind: 'answered', status: response.status, retryAfter: response.headers.get('retry-after') };
}

function toRequest(route: Route, args: AnyArguments, key: string | undefined): RawRequest {
  return {
    method: route.method,
    path: fillPath(route.path, { ...args.params }),
    query: { ...args.query },
    headers: {
      ...(key === undefined ? {} : { 'Idempotency-Key': key }),
      ...(args.ifMatch === undefined ? {} : { 'If-Match': args.ifMatch }),
      ...(route.tokenHeader === undefined || args.token === undefined ? {} : { [route.tokenHeader]: args.token }),
    },
    body: args.body,
  };
}

/**
 * Makes a method for each route.
 *
 * @param routes by the name of the method
 */
export function toOperations<T extends { readonly [K in keyof T]: Route }>(routes: T, caller: Caller): Operations<T> {
  const operations: { [K in keyof T]?: Operation<T[K]> } = {};
  for (const name in routes) {
    const route = routes[name];
    operations[name] = (args: AnyArguments = {}) => caller.call(route, args);
  }
  if (!isComplete(routes, operations)) throw new Error('A route was left out');
  return operations;
}

function isComplete<T extends { readonly [K in keyof T]: Route }>(
  routes: T,
  operations: { readonly [K in keyof T]?: Operation<T[K]> },
): operations is Operations<T> {
  return Object.keys(routes).every((name) => Object.hasOwn(operations, name));
}
