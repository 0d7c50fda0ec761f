import { randomUUID } from 'node:crypto';
import type { MiddlewareObj } from '@middy/core';
import type { Context } from 'aws-lambda';
import { fromAuthorizerContext } from '../auth/principal.ts';
import { type Clock, isoTime } from '../clock.ts';
import type { HavenError } from '../errors/haven-error.ts';
import { PROBLEM_CONTENT_TYPE, toHavenError, toProblem } from '../errors/problem.ts';
import type { Log } from '../log/logger.ts';
import type { Metrics } from '../metrics.ts';
import { idOf } from './access-recorder.ts';
import { type ApiResponse, apiEventSchema } from './api-event.ts';
import { UndeclaredResponse } from './bound-route.ts';
import { PAGE_CONTENT_SECURITY_POLICY, SECURITY_HEADERS } from './headers.ts';
import { RefusedWithHeaders } from './refused-with-headers.ts';

type Middleware = MiddlewareObj<unknown, ApiResponse, Error, Context>;

const UNKNOWN_REQUEST = {
  requestId: 'unknown',
  sourceAddress: 'unknown',
  method: '',
  resource: '',
  principal: undefined,
  named: null,
};

function describeRequest(event: unknown) {
  const parsed = apiEventSchema.safeParse(event);
  if (!parsed.success) return UNKNOWN_REQUEST;
  const { requestContext, httpMethod, resource, pathParameters } = parsed.data;
  return {
    requestId: requestContext.requestId,
    sourceAddress: requestContext.identity.sourceIp,
    method: httpMethod,
    resource,
    principal: fromAuthorizerContext(requestContext.authorizer)?.id,
    named: idOf(pathParameters?.['id']),
  };
}

/** Puts the request id and the security headers on every answer, errors included. */
export function securityHeaders(): Middleware {
  const apply = (event: unknown, response: ApiResponse | null | undefined): void => {
    if (response === null || response === undefined) return;
    const isPage = response.headers['Content-Type']?.startsWith('text/html') === true;
    response.headers = {
      ...SECURITY_HEADERS,
      ...(isPage ? { 'Content-Security-Policy': PAGE_CONTENT_SECURITY_POLICY } : {}),
      'X-Request-Id': describeRequest(event).requestId,
      ...response.headers,
    };
  };
  return {
    after: (request) => apply(request.event, request.response),
    onError: (request) => apply(request.event, request.response),
  };
}

/** One line per request, whatever became of it. */
export function requestLog(log: Log, clock: Clock): Middleware {
  const started = new WeakMap<object, number>();
  const finish = (request: { event: unknown; response?: ApiResponse | null | undefined; internal: object }): void => {
    const { requestId, method, resource } = describeRequest(request.event);
    log.write('REQUEST_COMPLETED', {
      request_id: requestId,
      method,
      resource,
      status: request.response?.statusCode,
      duration_ms: clock() - (started.get(request.internal) ?? clock()),
    });
  };
  return {
    before: (request) => {
      started.set(request.internal, clock());
    },
    after: finish,
    onError: finish,
  };
}

/** What turning errors into answers needs. */
export interface ProblemDependencies {
  readonly log: Log;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly exposeStacks: boolean;
}

/**
 * Turns whatever was thrown into a problem document. Middy's own error handler isn't used because it blanks 5xx
 * answers that are meant, and loses Retry-After.
 */
export function problemResponses(deps: ProblemDependencies): Middleware {
  return {
    onError: (request) => {
      const thrown = request.error;
      const headers = thrown instanceof RefusedWithHeaders ? thrown.headers : {};
      const origin = thrown instanceof RefusedWithHeaders ? thrown.cause : thrown;
      const error = toHavenError(origin);
      const { requestId, method, resource, sourceAddress, principal, named } = describeRequest(request.event);
      const errorId = randomUUID();
      const who = principal === undefined ? {} : { principal };
      const fields = { request_id: requestId, error_id: errorId, method, resource, ...who, error: error.code };
      if (error.status >= 500) {
        const message = origin instanceof UndeclaredResponse ? 'RESPONSE_UNDECLARED' : 'REQUEST_FAILED';
        deps.log.write(message, { ...fields, cause: origin });
        deps.metrics.count('RequestFailed');
      } else {
        const about = idOf(error.details['wallet_id']) ?? named;
        const subject = about === null ? {} : { subject: about };
        const refused = { ...fields, ...subject, reason: error.message, source_address: sourceAddress };
        deps.log.write('REQUEST_REFUSED', refused);
        deps.metrics.count('RequestRefused');
      }
      request.response = toResponse(error, errorId, requestId, headers, deps);
    },
  };
}

function toResponse(
  error: HavenError,
  errorId: string,
  requestId: string,
  headers: Readonly<Record<string, string>>,
  deps: ProblemDependencies,
): ApiResponse {
  const problem = toProblem(error, { errorId, requestId, timestamp: isoTime(deps.clock()) });
  const stack = deps.exposeStacks && error.status >= 500 ? { stack: stackOf(error) } : {};
  const retryAfter = error.retryAfterSeconds === undefined ? {} : { 'Retry-After': String(error.retryAfterSeconds) };
  return {
    statusCode: error.status,
    headers: { ...headers, ...retryAfter, 'Content-Type': PROBLEM_CONTENT_TYPE },
    body: JSON.stringify({ ...problem, details: { ...problem.details, ...stack } }),
  };
}

function stackOf(error: Error): string {
  return error.cause instanceof Error ? `${error.stack}\nCaused by: ${stackOf(error.cause)}` : `${error.stack}`;
}
