import { describe, expect, it } from 'vitest';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { parsePart } from '#shared/platform/http/validation.ts';
import { type IdPrefix, idSchema, newId } from '#shared/platform/ids.ts';
import { caught } from '#test/support/fakes/caught.ts';

const PREFIXES: readonly IdPrefix[] = ['wal', 'tx', 'key', 'bat', 'alr', 'exp', 'dst'];
const ULID = '01JD8Q4X7M5N2V9C3R6T0W1YZA';

describe('a new id', () => {
  it.each(PREFIXES)('of kind %s is one that its schema takes, and no other schema does', (prefix) => {
    const id = newId(prefix);
    for (const other of PREFIXES) expect(idSchema(other).safeParse(id).success).toBe(other === prefix);
  });

  it('is never given twice', () => {
    const ids = Array.from({ length: 10_000 }, () => newId('wal'));
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('idSchema', () => {
  it('shows an example of its own kind', () => {
    for (const prefix of PREFIXES) expect(idSchema(prefix).meta()?.examples).toEqual([`${prefix}_${ULID}`]);
  });

  it.each([
    ['no prefix', ULID],
    ['another prefix', `tx_${ULID}`],
    ['lower case', `wal_${ULID.toLowerCase()}`],
    ['a letter that Crockford left out', `wal_${ULID.slice(0, -1)}U`],
    ['a character too few', `wal_${ULID.slice(1)}`],
    ['a character too many', `wal_${ULID}0`],
    ['white space', `wal_${ULID}\n`],
    ['nothing', ''],
    ['a number', 7],
  ])('refuses an id with %s', (_name, value) => {
    expect(caught(HavenError, () => parsePart(idSchema('wal'), 'params', value)).code).toBe('INVALID_PARAMETER');
  });
});
