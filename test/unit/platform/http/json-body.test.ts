import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { MAX_BODY_BYTES, MAX_JSON_DEPTH, readJsonBody } from '#shared/platform/http/json-body.ts';
import { parsePart } from '#shared/platform/http/validation.ts';
import { caught } from '#test/support/fakes/caught.ts';

const JSON_TYPE = 'application/json';

function refusal(raw: string, isBase64 = false, contentType: string | undefined = JSON_TYPE): HavenError {
  return caught(HavenError, () => readJsonBody(raw, isBase64, contentType));
}

const base64 = (bytes: string | Uint8Array) => Buffer.from(bytes).toString('base64');

describe('the size of a body', () => {
  const padded = (bytes: number, unit: string) => `"${unit.repeat((bytes - 2) / Buffer.byteLength(unit))}"`;

  it('may be 64 KB and not a byte more', () => {
    expect(readJsonBody(padded(MAX_BODY_BYTES, 'a'), false, JSON_TYPE)).toHaveLength(MAX_BODY_BYTES - 2);
    expect(refusal(padded(MAX_BODY_BYTES + 1, 'a')).code).toBe('PAYLOAD_TOO_LARGE');
  });

  it('is counted in bytes, not in characters', () => {
    expect(readJsonBody(padded(MAX_BODY_BYTES, 'é'), false, JSON_TYPE)).toHaveLength((MAX_BODY_BYTES - 2) / 2);
    expect(refusal(padded(MAX_BODY_BYTES + 2, 'é')).code).toBe('PAYLOAD_TOO_LARGE');
  });

  it('is counted after base64 is taken off', () => {
    const largest = padded(MAX_BODY_BYTES, 'a');
    expect(readJsonBody(base64(largest), true, JSON_TYPE)).toHaveLength(MAX_BODY_BYTES - 2);
    expect(refusal(base64(`${largest} `), true).code).toBe('PAYLOAD_TOO_LARGE');
  });

  it('is judged before anything else, and the refusal names the cap', () => {
    const error = refusal('x'.repeat(MAX_BODY_BYTES + 1), false, 'text/plain');
    expect(error).toMatchObject({ code: 'PAYLOAD_TOO_LARGE', status: 413, details: { max_bytes: 65_536 } });
  });
});

describe('the content type of a body', () => {
  it.each([
    'application/json',
    'APPLICATION/JSON',
    'application/json; charset=utf-8',
    'application/json;charset=UTF-8',
    'application/json ; charset="utf-8" ',
  ])('may be %j', (contentType) => {
    expect(readJsonBody('{"a":1}', false, contentType)).toEqual({ a: 1 });
  });

  it.each([
    undefined,
    '',
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/jsonp',
    'application/problem+json',
    'application/json; charset=utf-16',
    'application/json, text/plain',
    'text/plain; application/json',
  ])('must not be %j', (contentType) => {
    expect(caught(HavenError, () => readJsonBody('{"a":1}', false, contentType))).toMatchObject({
      code: 'UNSUPPORTED_MEDIA_TYPE',
      status: 415,
      details: { fields: [{ field: 'header.Content-Type' }] },
    });
  });

  it.each([null, ''])('does not matter without a body (%j)', (raw) => {
    expect(readJsonBody(raw, false, undefined)).toEqual({});
  });
});

describe('the text of a body', () => {
  it.each(['{', '{"a":1}}', "{'a':1}", '{"a":01}', 'NaN', 'undefined', '{"a":1,}', '\ufeff{}', ' ', '\0', '// x'])(
    'must be JSON: %j is not',
    (raw) => {
      expect(refusal(raw)).toMatchObject({ code: 'INVALID_PARAMETER', details: { fields: [{ field: 'body' }] } });
    },
  );

  it('is not part of the refusal', () => {
    expect(refusal('{"secret": hush').message).not.toContain('hush');
  });

  it('is not read from what is no base64', () => {
    expect(refusal('{"a":1}!', true).code).toBe('INVALID_PARAMETER');
  });

  it('must be UTF-8: other bytes are refused, not replaced', () => {
    const bytes = Buffer.concat([Buffer.from('{"label":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')]);
    expect(refusal(base64(bytes), true).code).toBe('INVALID_PARAMETER');
  });

  it('may hold any character of UTF-8, base64 or not', () => {
    const text = JSON.stringify({ label: 'é漢😀\u2028' });
    expect(readJsonBody(base64(text), true, JSON_TYPE)).toEqual(readJsonBody(text, false, JSON_TYPE));
  });
});

describe('the depth of a body', () => {
  const lists = (depth: number, inner = '1') => `${'['.repeat(depth)}${inner}${']'.repeat(depth)}`;
  const objects = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;

  it('may be 16', () => {
    expect(MAX_JSON_DEPTH).toBe(16);
    expect(readJsonBody(lists(MAX_JSON_DEPTH), false, JSON_TYPE)).toBeInstanceOf(Array);
    expect(readJsonBody(objects(MAX_JSON_DEPTH), false, JSON_TYPE)).toBeInstanceOf(Object);
  });

  it.each([
    ['lists', lists(MAX_JSON_DEPTH + 1)],
    ['objects', objects(MAX_JSON_DEPTH + 1)],
    ['lists whose innermost is empty', lists(MAX_JSON_DEPTH + 1, '')],
    ['a bomb of lists', lists(30_000, '')],
    ['a bomb of objects', objects(10_000)],
    ['a list whose last item alone is deep', `[${'1,'.repeat(1_000)}${lists(MAX_JSON_DEPTH)}]`],
  ])('must not be more: %s', (_name, raw) => {
    expect(refusal(raw)).toMatchObject({
      code: 'INVALID_PARAMETER',
      details: { fields: [{ field: 'body', message: 'is nested deeper than 16' }] },
    });
  });

  it('does not count breadth', () => {
    expect(readJsonBody(`[${'[],'.repeat(20_000)}1]`, false, JSON_TYPE)).toHaveLength(20_001);
  });
});

describe('names with a meaning of their own', () => {
  const schema = z.strictObject({ name: z.string().optional() });

  it.each(['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty'])(
    '%s is a field like any other: unknown, so refused',
    (name) => {
      const body = readJsonBody(`{"${name}":{"admin":true}}`, false, JSON_TYPE);
      expect(caught(HavenError, () => parsePart(schema, 'body', body))).toMatchObject({
        code: 'UNKNOWN_FIELD',
        details: { fields: [{ field: `body.${name}`, message: 'is not a known field' }] },
      });
    },
  );

  it('__proto__ never becomes the prototype of anything', () => {
    const body = readJsonBody('{"__proto__":{"admin":true},"a":{"__proto__":{"admin":true}}}', false, JSON_TYPE);
    expect(Object.getPrototypeOf(body)).toBe(Object.prototype);
    expect(body).not.toHaveProperty('admin');
    expect(Object.prototype).not.toHaveProperty('admin');
  });

  it('given twice, a name counts as it was given last: nothing that is judged differs from what is used', () => {
    expect(readJsonBody('{"to":"a","to":"b"}', false, JSON_TYPE)).toEqual({ to: 'b' });
  });
});
