import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { allRoutes } from '#functions/catalogue.ts';
import { errorCatalogue } from '#shared/platform/errors/catalogue.ts';
import { commonErrors, defineRoute, NOTHING, type Route } from '#shared/platform/http/route.ts';
import { buildOpenApi } from '../../../../docs/generate/openapi.ts';
import { headerParametersOf, operationOf, readDocument, responseOf } from './openapi-document.ts';

const document = readDocument();
const routes: readonly (readonly [string, Route])[] = Object.entries(allRoutes);

const sample = defineRoute({
  method: 'POST',
  path: '/samples/{id}',
  summary: 'Take a sample',
  tag: 'samples',
  access: 'public',
  idempotent: false,
  rate: 'public',
  params: z.strictObject({ id: z.string() }),
  query: NOTHING,
  body: NOTHING,
  status: 200,
  response: z.object({ id: z.string(), taken: z.boolean().default(false) }),
  errors: [],
});

describe('the operations', () => {
  it('are the routes, each under its path and method, and no others', () => {
    const documented = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { operationId }]) => `${operationId} ${method.toUpperCase()} ${path}`),
    );
    const declared = routes.map(([id, route]) => `${id} ${route.method} ${route.path}`);
    expect(documented.sort()).toEqual(declared.sort());
  });

  it('stand below the base path of the API', () => {
    expect(document.servers).toEqual([{ url: '/api/v1' }]);
    expect(document.openapi).toBe('3.1.1');
  });

  it('of one path stand side by side', () => {
    const pair = readDocument({ take: sample, look: { ...sample, method: 'GET' } });
    expect(Object.keys(pair.paths['/samples/{id}'] ?? {})).toEqual(['post', 'get']);
  });

  it('come out the same every time', () => {
    expect(JSON.stringify(buildOpenApi())).toBe(JSON.stringify(buildOpenApi()));
  });

  it('have a tag that says what it is about', () => {
    const used = new Set(routes.map(([, route]) => route.tag));
    expect(document.tags.map(({ name }) => name).sort()).toEqual([...used].sort());
    expect(document.tags.filter(({ description }) => description === undefined)).toEqual([]);
  });

  it('with a tag that nobody described yet are documented all the same', () => {
    expect(readDocument({ take: sample }).tags).toEqual([{ name: 'samples' }]);
  });
});

describe.each(routes)('%s', (id, route) => {
  const operation = operationOf(document, id);

  it('names every code that the route can answer, under its status, with an example', () => {
    for (const code of [...commonErrors(route), ...route.errors]) {
      const answer = responseOf(document, operation, errorCatalogue[code].status);
      expect(answer.description).toContain(`\`${code}\``);
      expect(Object.keys(answer.content)).toEqual(['application/problem+json']);
      const problem = answer.content['application/problem+json'];
      expect(problem?.schema).toEqual({ $ref: '#/components/schemas/Problem' });
      expect(problem?.examples).toHaveProperty(code, { $ref: `#/components/examples/${code}` });
      expect(document.components.examples[code]?.value).toMatchObject({
        error: code,
        status: errorCatalogue[code].status,
      });
    }
  });

  it('has no other answers than its success and its errors', () => {
    const statuses = [...commonErrors(route), ...route.errors].map((code) => errorCatalogue[code].status);
    const unchanged = route.revalidates === true ? [304] : [];
    expect(Object.keys(operation.responses)).toEqual(
      [...new Set([route.status, ...unchanged, ...statuses])].sort((a, b) => a - b).map(String),
    );
  });

  it('tells who may call it', () => {
    if (route.access === 'public') {
      expect(operation.security).toEqual([]);
      expect(operation['x-haven-scope']).toBeUndefined();
    } else {
      expect(operation.security).toEqual([{ apiKey: [] }]);
      expect(operation['x-haven-scope']).toBe(route.access);
      expect(operation.description).toContain(`\`${route.access}\``);
    }
  });

  it('asks for the headers that its route honours, and no others', () => {
    const expected = [
      ...(route.idempotent ? ['Idempotency-Key'] : []),
      ...(route.errors.includes('VERSION_MISMATCH') ? ['If-Match'] : []),
      ...(route.tokenHeader === undefined ? [] : [route.tokenHeader]),
      ...(route.revalidates === true ? ['If-None-Match'] : []),
    ];
    expect(headerParametersOf(document, operation)).toEqual(expected);
  });

  it('tells the headers of its answer', () => {
    const { headers } = responseOf(document, operation, route.status);
    const hasVersion = route.response instanceof z.ZodObject && 'version' in route.response.shape;
    expect(Object.keys(headers)).toEqual([
      'X-Request-Id',
      'RateLimit-Policy',
      'RateLimit',
      ...(hasVersion ? ['ETag'] : []),
      ...(route.cacheSeconds === undefined ? [] : ['Cache-Control']),
      ...(route.idempotent ? ['Idempotent-Replayed'] : []),
    ]);
  });

  it('has a body exactly when its route reads one', () => {
    const reads = route.method !== 'GET' && Object.keys(route.body.shape).length > 0;
    expect(operation.requestBody !== undefined).toBe(reads);
  });
});

describe('a body', () => {
  const withBody = (body: z.ZodObject) =>
    operationOf(readDocument({ take: { ...sample, body } }), 'take').requestBody?.required;

  it('is not asked of a POST that reads none', () => {
    expect(operationOf(readDocument({ take: sample }), 'take').requestBody).toBeUndefined();
  });

  it('is required when a field of it is', () => {
    expect(withBody(z.strictObject({ note: z.string() }))).toBe(true);
  });

  it('is not required when every field can be left out', () => {
    expect(withBody(z.strictObject({ note: z.string().default(''), mark: z.string().optional() }))).toBe(false);
  });

  it('is described as it may be sent: a field with a default can be left out, an unknown one is refused', () => {
    const { requestBody } = operationOf(document, 'createWallet');
    expect(requestBody?.content['application/json']?.schema).toMatchObject({
      required: ['purpose'],
      additionalProperties: false,
    });
  });
});

describe('an answer', () => {
  it('is described as it leaves: a field with a default is always there, and more may come', () => {
    const { content } = responseOf(
      readDocument({ take: sample }),
      operationOf(readDocument({ take: sample }), 'take'),
      200,
    );
    expect(content['application/json']?.schema).toEqual({
      type: 'object',
      properties: { id: { type: 'string' }, taken: { type: 'boolean', default: false } },
      required: ['id', 'taken'],
    });
  });

  it('of another type than JSON says so', () => {
    expect(Object.keys(responseOf(document, operationOf(document, 'docs'), 200).content)).toEqual([
      'text/html; charset=utf-8',
    ]);
  });

  it('to too many requests tells when to come back', () => {
    expect(document.components.responses['RATE_LIMITED']?.headers).toHaveProperty('Retry-After');
  });
});

describe('the document', () => {
  const text = JSON.stringify(buildOpenApi());

  it('refers only to what it has', () => {
    const refs = [...text.matchAll(/"\$ref":"#\/components\/(\w+)\/([^"]+)"/g)];
    const components = z.record(z.string(), z.record(z.string(), z.unknown())).parse(buildOpenApi().components);
    expect(refs.length).toBeGreaterThan(0);
    expect(refs.filter(([, kind = '', name = '']) => components[kind]?.[name] === undefined)).toEqual([]);
  });

  it('shows no code that validation texts begin with', () => {
    expect(text).not.toMatch(/(INVALID_\w+|UNKNOWN_FIELD): must/);
  });

  it('leaves out the bounds of answers that only a double has', () => {
    expect(JSON.stringify(readDocument().components.schemas)).not.toContain(String(Number.MAX_SAFE_INTEGER));
  });
});
