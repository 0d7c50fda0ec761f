import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { fromAuthorizerContext, type Principal } from '../auth/principal.ts';
import { hasScope } from '../auth/scopes.ts';
import { sha256Hex } from '../canonical-json.ts';
import type { Clock } from '../clock.ts';
import { Deadline } from '../deadline.ts';
import { HavenError } from '../errors/haven-error.ts';
import type { IdempotencyStore } from '../idempotency/idempotency-store.ts';
import { IdempotentReplay, type IdempotentRequest, identifyRequest } from '../idempotency/idempotent-request.ts';
import type { Log } from '../log/logger.ts';
import type { Metrics } from '../metrics.ts';
import type { RateLimiter } from '../rate-limit/rate-limiter.ts';
import { type Access, type AccessRecorder, idOf, recorded } from './access-recorder.ts';
import { type ApiEvent, type ApiResponse, apiEventSchema } from './api-event.ts';
import { API_ROOT } from './api-root.ts';
import { type BoundRoute, filtered, type RawInput, type RequestContext } from './bound-route.ts';
import { type Capability, readCapability } from './capability.ts';
import { cacheControlOf, namesEtag } from './conditional-get.ts';
import { headerOf } from './headers.ts';
import { readJsonBody } from './json-body.ts';
import { problemResponses, requestLog, securityHeaders } from './middleware.ts';
import { checkRateLimits, type RatePolicies } from './rate-limits.ts';
import { readRawBody } from './raw-body.ts';
import { RefusedWithHeaders } from './refused-with-headers.ts';
import { honoursIfMatch, type Route } from './route.ts';
import { fieldError } from './validation.ts';

/** What an API function is made of. */
export interface ApiDependencies {
  readonly routes: readonly BoundRoute[];
  readonly log: Log;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly limiter: RateLimiter;
  readonly ratePolicies: RatePolicies;
  /** Where answers are kept; only functions with idempotent routes have it. */
  readonly idempotency?: IdempotencyStore;
  /** Where accesses are put on record; only functions with audited routes have it. */
  readonly accessRecorder?: AccessRecorder | undefined;
  /** Whether answers to errors carry stack traces: the local stage only. */
  readonly exposeStacks: boolean;
}

/** Below the function's own time-out, so that Haven answers before Lambda is cut off. */
const DEADLINE_MARGIN_MS = 500;

/**
 * Makes the Lambda handler of an API function: finds the route, then authenticates, limits, authorises, reads, checks,
 * runs and filters, in this order. Every failure becomes a problem document.
 *
 * @throws Error when a route is audited and there is nowhere to record it
 */
export function createApiHandler(deps: ApiDependencies) {
  const unrecorded = deps.routes.find(({ route }) => route.audited !== undefined);
  if (unrecorded !== undefined && deps.accessRecorder === undefined) {
    throw new Error(`${unrecorded.id} is audited, and its function has no access recorder`);
  }
  const byResource = new Map<string, BoundRoute>(
    deps.routes.map((bound) => [`${bound.route.method} ${API_ROOT}${bound.route.path}`, bound]),
  );
  return middy<unknown, ApiResponse, Error, Context>()
    .use(securityHeaders())
    .use(requestLog(deps.log, deps.clock))
    .use(problemResponses(deps))
    .handler(async (rawEvent, lambdaContext) => {
      const event = apiEventSchema.parse(rawEvent);
      const bound = byResource.get(`${event.httpMethod} ${event.resource}`);
      if (bound === undefined) throw new HavenError('NOT_FOUND', 'There is no such route');
      return dispatch(deps, bound, event, lambdaContext);
    });
}

async function dispatch(
  deps: ApiDependencies,
  bound: BoundRoute,
  event: ApiEvent,
  lambdaContext: Context,
): Promise<ApiResponse> {
  const principal = authenticate(bound, event, deps.clock);
  const log = deps.log.with({ request_id: event.requestContext.requestId, route: bound.id, principal: principal?.id });
  const context: Omit<RequestContext, 'ifMatchVersion'> = {
    requestId: event.requestContext.requestId,
    sourceAddress: event.requestContext.identity.sourceIp,
    deadline: Deadline.in(lambdaContext.getRemainingTimeInMillis() - DEADLINE_MARGIN_MS, deps.clock),
    log,
  };
  // Before anything that costs a call.
  const { rawBody } = bound.route;
  const rawInput = rawBody === undefined ? undefined : readRawBody(event, rawBody.maxBytes);
  const rate = await checkRateLimits(
    deps.limiter,
    deps.ratePolicies[bound.route.rate],
    principal,
    context.sourceAddress,
    log,
    deps.metrics,
  );
  if (rate.refusal !== undefined) throw new RefusedWithHeaders(rate.refusal, rate.headers);
  const run = () => {
    authorise(bound, principal);
    const ifMatchVersion = readIfMatch(bound.route, headerOf(event.headers ?? {}, 'If-Match'));
    const { tokenHeader } = bound.route;
    const capability = tokenHeader && readCapability(headerOf(event.headers ?? {}, tokenHeader));
    const raw = rawInput === undefined ? readInput(bound, event) : { ...readInput(bound, event), body: rawInput };
    return answer(deps, bound, event, raw, { ...context, ifMatchVersion, capability }, principal, rate.headers);
  };
  try {
    return await onRecord(deps, bound, event, context, principal, async () => run());
  } catch (error) {
    throw new RefusedWithHeaders(error, rate.headers);
  }
}

/** Runs a request, and records its access if its route is audited. */
async function onRecord<T>(
  { accessRecorder: recorder, metrics }: ApiDependencies,
  { id, route }: BoundRoute,
  event: ApiEvent,
  { requestId, sourceAddress, deadline, log }: Omit<RequestContext, 'ifMatchVersion'>,
  principal: Principal | undefined,
  run: () => Promise<T>,
): Promise<T> {
  if (route.audited === undefined || recorder === undefined || principal === undefined) return run();
  // Of a list that is narrowed to a wallet, that wallet.
  const subject = idOf(event.pathParameters?.['id']) ?? idOf(event.multiValueQueryStringParameters?.['wallet_id']?.[0]);
  const access: Omit<Access, 'outcome'> = { operation: id, principal, requestId, sourceAddress, subject, deadline };
  return recorded({ recorder, log, metrics }, route.audited, access, run);
}

async function answer(
  deps: ApiDependencies,
  bound: BoundRoute,
  event: ApiEvent,
  raw: RawInput,
  context: RequestContext,
  principal: Principal | undefined,
  headers: Readonly<Record<string, string>>,
): Promise<ApiResponse> {
  const idempotency = identify(bound, event, principal, raw, context.capability);
  try {
    const body = await bound.run(raw, context, principal, idempotency);
    const response = respond(bound, bound.route.status, body, { ...headers, ...cacheControlOf(bound.route) });
    const seen = bound.route.revalidates === true ? headerOf(event.headers ?? {}, 'If-None-Match') : undefined;
    return namesEtag(seen, response.headers['ETag']) ? notModified(response) : response;
  } catch (error) {
    const replay = await findReplay(deps, idempotency, error);
    if (replay === undefined) throw error;
    // The effect is there, so the answer is; but what went wrong this time must not vanish with it.
    if (!isExpected(error)) context.log.write('FAILED_BEFORE_REPLAY', { error });
    const body = filtered(bound.id, bound.route, replay.answer.body);
    return respond(bound, replay.answer.status, body, { ...headers, 'Idempotent-Replayed': 'true' });
  }
}

/**
 * A repeated request is answered as the first time even if the world has changed since (a wallet paused, a limit
 * reached): so any failure of an idempotent route first looks for the earlier answer.
 */
async function findReplay(
  deps: ApiDependencies,
  idempotency: IdempotentRequest | undefined,
  error: unknown,
): Promise<IdempotentReplay | undefined> {
  if (error instanceof IdempotentReplay) return error;
  if (idempotency === undefined || deps.idempotency === undefined) return undefined;
  if (error instanceof HavenError && error.code === 'IDEMPOTENCY_MISMATCH') return undefined;
  try {
    await deps.idempotency.replayIfAnswered(idempotency);
    return undefined;
  } catch (found) {
    if (found instanceof IdempotentReplay) return found;
    if (found instanceof HavenError) throw found;
    return undefined;
  }
}

function isExpected(error: unknown): boolean {
  return error instanceof IdempotentReplay || (error instanceof HavenError && error.status < 500);
}

function authenticate(bound: BoundRoute, event: ApiEvent, clock: Clock): Principal | undefined {
  if (bound.route.access === 'public') return undefined;
  const principal = fromAuthorizerContext(event.requestContext.authorizer);
  if (principal === undefined) throw new HavenError('UNAUTHENTICATED', 'This route needs an API key or a token');
  // API Gateway keeps the authorizer's answer, and so may let a credential live on past its end.
  if (principal.expires_at_ms !== undefined && clock() >= principal.expires_at_ms) {
    throw new HavenError('UNAUTHENTICATED', 'The API key or the token has expired');
  }
  return principal;
}

/** After the rate limit, so that trying out routes costs quota. */
function authorise(bound: BoundRoute, principal: Principal | undefined): void {
  const { access, orScope } = bound.route;
  if (access === 'public') return;
  const scopes = orScope === undefined ? [access] : [access, orScope];
  if (principal !== undefined && scopes.some((scope) => hasScope(principal.scopes, scope))) return;
  throw new HavenError('FORBIDDEN', `This route needs the scope ${access}`, { details: { scope: access } });
}

function readInput(bound: BoundRoute, event: ApiEvent): RawInput {
  const headers = event.headers ?? {};
  const hasBody = bound.route.method !== 'GET' && bound.route.rawBody === undefined;
  return {
    params: event.pathParameters ?? {},
    query: readQuery(event),
    body: hasBody
      ? readJsonBody(event.body ?? null, event.isBase64Encoded ?? false, headerOf(headers, 'Content-Type'))
      : {},
  };
}

function readQuery(event: ApiEvent): Record<string, string> {
  const query: [string, string][] = [];
  for (const [name, values] of Object.entries(event.multiValueQueryStringParameters ?? {})) {
    if (values === undefined || values[0] === undefined) continue;
    if (values.length > 1) throw fieldError('INVALID_PARAMETER', `query.${name}`, 'is given more than once');
    query.push([name, values[0]]);
  }
  return Object.fromEntries(query);
}

function identify(
  bound: BoundRoute,
  event: ApiEvent,
  principal: Principal | undefined,
  raw: RawInput,
  capability: Capability | undefined,
): IdempotentRequest | undefined {
  if (!bound.route.idempotent || principal === undefined) return undefined;
  // Many share a storefront's key, and each has a token of their own: nobody is given the answer of another.
  const who = capability === undefined ? principal.id : `${principal.id}#${sha256Hex(capability.reveal())}`;
  return identifyRequest(headerOf(event.headers ?? {}, 'Idempotency-Key'), who, bound.id, raw);
}

/** A precondition that would be ignored is refused: whoever sets one counts on it. */
function readIfMatch(route: Route, header: string | undefined): number | undefined {
  if (header === undefined || header === '*') return undefined;
  const match = /^"v(\d{1,9})"$/.exec(header);
  if (match === null) throw fieldError('INVALID_PARAMETER', 'header.If-Match', 'must be an ETag such as "v3"');
  if (route.method !== 'GET' && !honoursIfMatch(route)) {
    throw fieldError('INVALID_PARAMETER', 'header.If-Match', 'is not honoured here: this route has no versions');
  }
  return Number(match[1]);
}

function respond(
  bound: BoundRoute,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>>,
): ApiResponse {
  const { contentType } = bound.route;
  if (contentType !== undefined) {
    return { statusCode: status, headers: { ...headers, 'Content-Type': contentType }, body: String(body) };
  }
  return {
    statusCode: status,
    headers: { ...headers, ...etagOf(body), 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  };
}

/** The answer to who has it already (https://www.rfc-editor.org/rfc/rfc9110#section-15.4.5): its headers, nothing of the body. */
function notModified({ headers: { 'Content-Type': _, ...headers } }: ApiResponse): ApiResponse {
  return { statusCode: 304, headers, body: '' };
}

/** Resources that carry a version are answered with it as their ETag. */
function etagOf(body: unknown): Record<string, string> {
  if (typeof body !== 'object' || body === null || !('version' in body) || !Number.isInteger(body.version)) return {};
  return { ETag: `"v${String(body.version)}"` };
}
