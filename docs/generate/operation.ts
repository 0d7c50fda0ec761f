import * as z from 'zod';
import type {
  ZodOpenApiOperationObject,
  ZodOpenApiRequestBodyObject,
  ZodOpenApiResponseObject,
  ZodOpenApiResponsesObject,
} from 'zod-openapi';
import { honoursIfMatch, type Route } from '#shared/platform/http/route.ts';
import { errorResponse, headerRefs, parameterRef, SECURITY_SCHEME } from './components.ts';
import { errorsByStatus } from './error-codes.ts';

/**
 * One operation of the document.
 *
 * @param id its name in the catalogue of routes
 */
export function toOperation(id: string, route: Route): ZodOpenApiOperationObject {
  return {
    operationId: id,
    tags: [route.tag],
    summary: route.summary,
    description: describe(route),
    security: route.access === 'public' ? [] : [{ [SECURITY_SCHEME]: [] }],
    ...(route.access === 'public' ? {} : { 'x-haven-scope': route.access }),
    'x-haven-rate-class': route.rate,
    ...parameters(route),
    ...requestBody(route),
    responses: { [`${route.status}`]: success(route), ...notModified(route), ...failures(route) },
  };
}

/** Says who may call an operation. */
export function accessSentence(scope: string | undefined): string {
  return scope === undefined ? 'Needs no authentication.' : `Needs the scope \`${scope}\`.`;
}

function describe(route: Route): string {
  const access = accessSentence(route.access === 'public' ? undefined : route.access);
  const other = route.orScope === undefined ? '' : ` The scope \`${route.orScope}\` will do as well.`;
  return [...(route.description === undefined ? [] : [route.description]), `${access}${other}`].join('\n\n');
}

function parameters(route: Route): Pick<ZodOpenApiOperationObject, 'requestParams' | 'parameters'> {
  const headers = [
    ...(route.idempotent ? [parameterRef('Idempotency-Key')] : []),
    ...(honoursIfMatch(route) ? [parameterRef('If-Match')] : []),
    ...(route.tokenHeader === undefined ? [] : [parameterRef(route.tokenHeader)]),
    ...(route.revalidates === true ? [parameterRef('If-None-Match')] : []),
  ];
  return {
    ...(isEmpty(route.params.shape) && isEmpty(route.query.shape)
      ? {}
      : { requestParams: { path: route.params, query: route.query } }),
    ...(isEmpty(headers) ? {} : { parameters: headers }),
  };
}

/** A body is required only where a request without one, read as `{}`, would be refused. */
function requestBody(route: Route): { requestBody?: ZodOpenApiRequestBodyObject } {
  if (route.method === 'GET' || isEmpty(route.body.shape)) return {};
  const required = !route.body.safeParse({}).success;
  return { requestBody: { required, content: { 'application/json': { schema: route.body } } } };
}

function isEmpty(value: object): boolean {
  return Object.keys(value).length === 0;
}

const SUCCESS: Readonly<Record<Route['status'], string>> = {
  200: 'Done.',
  201: 'Created.',
  202: 'Accepted: it is stored and will be done.',
};

function success(route: Route): ZodOpenApiResponseObject {
  return {
    description: SUCCESS[route.status],
    headers: {
      ...headerRefs('X-Request-Id', 'RateLimit-Policy', 'RateLimit'),
      ...(hasVersion(route) ? headerRefs('ETag') : {}),
      ...(route.cacheSeconds === undefined ? {} : headerRefs('Cache-Control')),
      ...(route.idempotent ? headerRefs('Idempotent-Replayed') : {}),
    },
    content: { [route.contentType ?? 'application/json']: { schema: route.response } },
  };
}

function notModified(route: Route): ZodOpenApiResponsesObject {
  if (route.revalidates !== true) return {};
  const headers = { ...headerRefs('X-Request-Id', 'RateLimit-Policy', 'RateLimit', 'ETag') };
  return { '304': { description: 'You have it already: If-None-Match names its ETag.', headers } };
}

function hasVersion({ response }: Route): boolean {
  return response instanceof z.ZodObject && 'version' in response.shape;
}

function failures(route: Route): ZodOpenApiResponsesObject {
  return Object.fromEntries(
    errorsByStatus(route).map(({ status, codes }) => [
      `${status}`,
      codes.length === 1 ? { $ref: `#/components/responses/${codes[0]}` } : errorResponse(status, codes),
    ]),
  );
}
