import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { defineRoute } from '#shared/platform/http/route.ts';
import { PLAIN_ROUTE } from '#test/support/fakes/plain-route.ts';
import { buildOpenApi } from '../../../../../docs/generate/openapi.ts';
import { documentSchema, schemaNode } from '../../../../../docs/generate/page/document.ts';
import { curlExample, exampleOf } from '../../../../../docs/generate/page/example.ts';

const document = documentSchema.parse(
  buildOpenApi({
    take: defineRoute({
      ...PLAIN_ROUTE,
      response: z.object({ id: z.string().meta({ examples: ['smp_1'] }) }).meta({ id: 'Sample' }),
    }),
  }),
);

describe('an example', () => {
  it.each([
    [
      'its example',
      z
        .string()
        .default('b')
        .meta({ examples: ['a'] }),
      'a',
    ],
    ['its only value', z.literal('a'), 'a'],
    ['its first choice', z.enum(['a', 'b']), 'a'],
    ['its default', z.number().default(7), 7],
    ['the least number', z.number().int().min(3), 3],
    ['a number above an excluded bound', z.number().int().positive(), 1],
    ['what it is when it is not null', z.string().nullable(), 'string'],
    ['a list of one', z.array(z.boolean()), [false]],
    ['all fields of an object', z.object({ a: z.enum(['x']), b: z.record(z.string(), z.string()) }), { a: 'x', b: {} }],
  ])('is %s', (_, schema, expected) => {
    expect(exampleOf(document, schemaNode.parse(z.toJSONSchema(schema)))).toEqual(expected);
  });

  it('follows references', () => {
    expect(exampleOf(document, schemaNode.parse({ $ref: '#/components/schemas/Sample' }))).toEqual({ id: 'smp_1' });
  });

  it('of a schema that contains itself ends', () => {
    const recursive = {
      ...document,
      components: {
        ...document.components,
        schemas: {
          Tree: schemaNode.parse({
            type: 'object',
            properties: { of: { type: 'array', items: { $ref: '#/components/schemas/Tree' } } },
          }),
        },
      },
    };
    expect(
      JSON.stringify(exampleOf(recursive, schemaNode.parse({ $ref: '#/components/schemas/Tree' }))).length,
    ).toBeLessThan(200);
  });
});

describe('a request as a shell command', () => {
  const text = (name: string, place: 'path' | 'query' | 'header', value: string, required = true) => ({
    name,
    in: place,
    required,
    description: undefined,
    schema: schemaNode.parse({ type: 'string', examples: [value] }),
  });

  /** What the shell hands to curl. */
  function argumentsOf(command: string): string[] {
    const printed = execFileSync('sh', ['-c', `curl() { for a; do printf '%s\\0' "$a"; done; }; ${command}`], {
      encoding: 'utf8',
      env: { HAVEN_URL: 'http://haven.test/v1', HAVEN_API_KEY: 'hvn_test_a_b' },
    });
    return printed.split('\0').slice(0, -1);
  }

  it('carries parameters, key and body to curl as they are, quotes included', () => {
    const command = curlExample(document, {
      method: 'POST',
      path: '/samples/{id}',
      parameters: [
        text('id', 'path', 'smp$1/"'),
        text('kind', 'query', 'a b&c'),
        text('other', 'query', 'x', false),
        text('If-Match', 'header', `"v1" it's $HOME`),
      ],
      authenticated: true,
      body: schemaNode.parse({
        type: 'object',
        required: ['note'],
        properties: { note: { type: 'string', examples: [`it's $HOME "quoted"`] }, more: { type: 'string' } },
      }),
    });
    const [flagX, method, url, , key, , match, , type, flagD, body, ...rest] = argumentsOf(command);
    expect([flagX, method, url]).toEqual(['-X', 'POST', 'http://haven.test/v1/samples/smp%241%2F%22?kind=a%20b%26c']);
    expect([key, match, type]).toEqual([
      'Authorization: Bearer hvn_test_a_b',
      `If-Match: "v1" it's $HOME`,
      'Content-Type: application/json',
    ]);
    expect(flagD).toBe('-d');
    expect(JSON.parse(body ?? '')).toEqual({ note: `it's $HOME "quoted"` });
    expect(rest).toEqual([]);
  });

  it('needs no key on a public route and no body on a GET', () => {
    const command = curlExample(document, {
      method: 'GET',
      path: '/health',
      parameters: [],
      authenticated: false,
      body: undefined,
    });
    expect(argumentsOf(command)).toEqual(['http://haven.test/v1/health']);
  });

  it('shows every field of a body in which none is required', () => {
    const body = schemaNode.parse({ type: 'object', properties: { a: { enum: ['x'] }, b: { enum: ['y'] } } });
    const command = curlExample(document, { method: 'PATCH', path: '/', parameters: [], authenticated: false, body });
    expect(JSON.parse(argumentsOf(command).at(-1) ?? '')).toEqual({ a: 'x', b: 'y' });
  });
});
