import fc from 'fast-check';
import * as z from 'zod';

/** The part of JSON Schema that Haven's request schemas use. */
const schemaSchema = z.looseObject({
  type: z.string().optional(),
  enum: z.array(z.unknown()).optional(),
  const: z.unknown().optional(),
  pattern: z.string().optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  anyOf: z.array(z.unknown()).optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
  required: z.array(z.string()).optional(),
  items: z.unknown().optional(),
  examples: z.array(z.unknown()).optional(),
});

/**
 * Values that fit a JSON schema as zod writes it, nearly always: what a schema can't say (a checksum, a refinement) an
 * example has to.
 */
export function arbitraryOf(schema: unknown): fc.Arbitrary<unknown> {
  const parsed = schemaSchema.parse(schema);
  if (parsed.examples !== undefined && parsed.examples.length > 0) return fc.constantFrom(...parsed.examples);
  if (parsed.enum !== undefined) return fc.constantFrom(...parsed.enum);
  if (parsed.const !== undefined) return fc.constant(parsed.const);
  if (parsed.anyOf !== undefined) return fc.oneof(...parsed.anyOf.map(arbitraryOf));
  switch (parsed.type) {
    case 'string':
      return parsed.pattern === undefined
        ? fc.string({ minLength: 1, maxLength: 60 })
        : fc.stringMatching(new RegExp(parsed.pattern));
    case 'integer':
    case 'number':
      return fc.integer({ min: parsed.minimum ?? 0, max: Math.min(parsed.maximum ?? 1_000_000, 1_000_000) });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array':
      return fc.array(arbitraryOf(parsed.items ?? {}), { minLength: 1, maxLength: 3 });
    case 'object':
      return objectOf(parsed.properties ?? {}, parsed.required ?? []);
    default:
      return fc.jsonValue();
  }
}

function objectOf(properties: Record<string, unknown>, required: readonly string[]): fc.Arbitrary<unknown> {
  const members = Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, arbitraryOf(schema)]));
  return fc.record(members, { requiredKeys: required.filter((name) => members[name] !== undefined) });
}

/** What hostile or careless clients put in the place of a value. */
export const nonsense: fc.Arbitrary<unknown> = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom(
    '',
    ' ',
    '\u0000',
    '-1',
    '1e308',
    '0x',
    'NaN',
    'null',
    '../../etc/passwd',
    '\u0024{jndi:ldap://x}',
    "' OR 1=1 --",
    '<script>alert(1)</script>',
    '\ud83d\udca9'.repeat(100),
    '9'.repeat(400),
    'A'.repeat(5_000),
    Number.MAX_SAFE_INTEGER,
    -0.5,
    [],
    {},
    { $ne: null },
    { __proto__: { admin: true } },
  ),
);

/** A valid object with one of its members replaced, removed or added. */
export function spoiled(valid: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc
    .tuple(valid, nonsense, fc.string({ minLength: 1, maxLength: 20 }), fc.nat())
    .map(([value, bad, name, pick]) => {
      if (typeof value !== 'object' || value === null) return bad;
      const keys = Object.keys(value);
      const key = keys[pick % Math.max(1, keys.length)];
      if (key === undefined || pick % 5 === 0) return { ...value, [name]: bad };
      if (pick % 7 === 0) return Object.fromEntries(Object.entries(value).filter(([member]) => member !== key));
      return { ...value, [key]: bad };
    });
}
