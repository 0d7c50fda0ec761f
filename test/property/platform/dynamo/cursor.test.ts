import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeCursor, encodeCursor } from '#shared/platform/dynamo/cursor.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { caught } from '#test/support/fakes/caught.ts';

const RUNS = { seed: 20_261_124, numRuns: 1_000 };

/** Texts that survive UTF-8: no half surrogates, and no cursor points at nothing. */
const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 });

describe('a cursor', () => {
  it('gives any position back to the list that gave it out', () => {
    fc.assert(
      fc.property(text, text, text, (secret, scope, position) => {
        expect(decodeCursor(secret, scope, encodeCursor(secret, scope, position))).toBe(position);
      }),
      RUNS,
    );
  });

  it('with any bit changed is refused', () => {
    fc.assert(
      fc.property(text, text, fc.nat(), fc.nat({ max: 7 }), (scope, position, at, bit) => {
        const bytes = Buffer.from(encodeCursor('secret', scope, position), 'base64url');
        const index = at % bytes.length;
        bytes[index] = (bytes[index] ?? 0) ^ (1 << bit);
        const forged = bytes.toString('base64url');
        expect(caught(HavenError, () => decodeCursor('secret', scope, forged)).code).toBe('INVALID_PARAMETER');
      }),
      RUNS,
    );
  });

  it('made of anything at all is refused, and nothing but a refusal is thrown', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), (forged) => {
        expect(caught(HavenError, () => decodeCursor('secret', 'list', forged)).code).toBe('INVALID_PARAMETER');
      }),
      RUNS,
    );
  });
});
