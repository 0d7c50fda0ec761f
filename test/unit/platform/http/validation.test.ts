import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { addressField, amountField } from '#shared/platform/http/fields.ts';
import { fieldError, parsePart, type RequestPart } from '#shared/platform/http/validation.ts';
import { caught } from '#test/support/fakes/caught.ts';
import { KEY_ENCODINGS, survives, TEST_PRIVATE_KEY } from '#test/support/fakes/key-encodings.ts';

function refusal(schema: z.ZodType, value: unknown, part: RequestPart = 'body'): HavenError {
  return caught(HavenError, () => parsePart(schema, part, value));
}

describe('parsePart', () => {
  it('gives back what the schema makes of a value', () => {
    expect(parsePart(z.strictObject({ n: z.coerce.number().default(3) }), 'query', {})).toEqual({ n: 3 });
  });

  it('answers with the code at the start of the message, and leaves it out of the text', () => {
    const schema = z.strictObject({ to: z.string().refine(() => false, { error: 'KYC_REQUIRED: must be checked' }) });
    const error = refusal(schema, { to: 'x' });
    expect(error.code).toBe('KYC_REQUIRED');
    expect(error.message).toBe('body.to: must be checked');
    expect(error.details).toEqual({ fields: [{ field: 'body.to', message: 'must be checked' }] });
  });

  it.each([
    ['no prefix', 'must be odd', 'must be odd'],
    ['a prefix that is no code', 'Hint: must be odd', 'Hint: must be odd'],
    ['a prefix that only looks like a code', 'NOT_A_CODE: must be odd', 'NOT_A_CODE: must be odd'],
    ['a code without a text', 'INVALID_AMOUNT', 'INVALID_AMOUNT'],
    ['a colon in the message', 'INVALID_PARAMETER: one of: a, b', 'one of: a, b'],
    ['a name of Object.prototype as prefix', 'constructor: must be odd', 'constructor: must be odd'],
  ])('answers INVALID_PARAMETER for %s', (_name, message, shown) => {
    const error = refusal(z.strictObject({ n: z.number().refine(() => false, { error: message }) }), { n: 2 });
    expect(error.code).toBe('INVALID_PARAMETER');
    expect(error.details).toEqual({ fields: [{ field: 'body.n', message: shown }] });
  });

  it('answers UNKNOWN_FIELD for fields that are not declared, each by its path', () => {
    const schema = z.strictObject({ inner: z.strictObject({}) });
    const error = refusal(schema, { inner: { a: 1, b: 2 } });
    expect(error.code).toBe('UNKNOWN_FIELD');
    expect(error.details).toEqual({
      fields: [
        { field: 'body.inner.a', message: 'is not a known field' },
        { field: 'body.inner.b', message: 'is not a known field' },
      ],
    });
  });

  it('names the part of the request', () => {
    const schema = z.strictObject({});
    for (const part of ['params', 'query', 'body'] as const) {
      expect(refusal(schema, { x: 1 }, part).message).toBe(`${part}.x: is not a known field`);
    }
  });

  it('names items of lists by their place', () => {
    const schema = z.strictObject({ lines: z.array(z.strictObject({ amount: amountField })) });
    const error = refusal(schema, { lines: [{ amount: '1' }, { amount: '-1' }] });
    expect(error.message).toMatch(/^body\.lines\[1\]\.amount: /);
    expect(error.code).toBe('INVALID_AMOUNT');
  });

  it('lists each field at fault once', () => {
    const schema = z.strictObject({ to: addressField, amount: amountField });
    const fields = z
      .array(z.object({ field: z.string() }))
      .parse(refusal(schema, { to: '', amount: '' }).details['fields']);
    expect(fields.map(({ field }) => field)).toEqual(['body.to', 'body.amount']);
  });

  it('reports at most 20 fields', () => {
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`field_${index}`, 1]));
    expect(refusal(z.strictObject({}), many).details['fields']).toHaveLength(20);
    expect(
      refusal(
        z.array(amountField),
        Array.from({ length: 500 }, () => 1),
      ).details['fields'],
    ).toHaveLength(20);
  });

  it('cuts the name of an unknown field, so that a request cannot make its own answer large', () => {
    const error = refusal(z.strictObject({}), { ['x'.repeat(10_000)]: 1 });
    expect(JSON.stringify(error.details).length).toBeLessThan(200);
  });

  it.each([null, undefined, 'text', 7, [], [{}]])('refuses a body that is no object: %j', (value) => {
    expect(refusal(z.strictObject({ a: z.string() }), value)).toMatchObject({
      code: 'INVALID_PARAMETER',
      details: { fields: [{ field: 'body' }] },
    });
  });

  it('never repeats a value', () => {
    const schema = z.strictObject({
      a: amountField,
      b: z.enum(['x', 'y']),
      c: z.url(),
      d: z.literal('z'),
      e: z.number(),
    });
    const error = refusal(schema, { a: 'hush', b: 'hush', c: 'hush', d: 'hush', e: 'hush' });
    expect(`${error.message} ${JSON.stringify(error.details)}`).not.toContain('hush');
  });
});

describe('fieldError', () => {
  it('is the error of one field that no schema describes', () => {
    const error = fieldError('INVALID_PARAMETER', 'header.If-Match', 'must be an ETag');
    expect(error).toMatchObject({
      code: 'INVALID_PARAMETER',
      message: 'header.If-Match: must be an ETag',
      details: { fields: [{ field: 'header.If-Match', message: 'must be an ETag' }] },
    });
  });
});

describe('the name of a field that is a key', () => {
  const schema = z.strictObject({ tags: z.record(z.string().regex(/^[a-z]{1,8}$/), z.string()).default({}) });
  it.each(Object.entries(KEY_ENCODINGS))('as %s is not repeated, known or not', (_name, encode) => {
    const name = encode(TEST_PRIVATE_KEY);
    for (const body of [{ [name]: 1 }, { tags: { [name]: 'x' } }]) {
      const error = caught(HavenError, () => parsePart(schema, 'body', body));
      expect(survives(name, `${error.message} ${JSON.stringify(error.details)}`)).toBe(false);
      expect(error.message).toContain('[redacted]');
    }
  });

  it('is shown otherwise, as far as it says something', () => {
    const error = caught(HavenError, () => parsePart(schema, 'body', { ['labels_of_my_own_'.repeat(9)]: 1 }));
    expect(error.details).toMatchObject({ fields: [{ field: `body.${'labels_of_my_own_'.repeat(9).slice(0, 64)}` }] });
  });
});
