import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judge } from '#shared/access/api-key.ts';
import { formatToken, readBearer } from '#shared/access/api-key-token.ts';
import { SCOPES } from '#shared/platform/auth/scopes.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { storedApiKey, TEST_KEY_ULID, TEST_PEPPER, TEST_SECRET } from '#test/support/fakes/api-keys.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';

const RUNS = { seed: 20_261_129, numRuns: 2_000 };

const hex64 = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString('hex'));
const mode = fc.constantFrom('live', 'test');
const instant = fc.integer({ min: TEST_NOW_MS - 10, max: TEST_NOW_MS + 10 });
const address = fc.ipV4();

const key = fc
  .record({
    mode,
    scopes: fc.uniqueArray(fc.constantFrom(...SCOPES)),
    allowed_addresses: fc.array(address, { maxLength: 2 }),
    expires_at: fc.option(instant.map(isoTime)),
    revoked_at: fc.option(instant.map(isoTime)),
  })
  .map(storedApiKey);

describe('a key', () => {
  it('is accepted exactly when secret, mode, revocation, end and address all allow it', () => {
    const presented = fc.record({ mode, secret: fc.oneof(fc.constant(TEST_SECRET), hex64) });
    fc.assert(
      fc.property(key, presented, address, (stored, { mode: asked, secret }, other) => {
        const from = stored.allowed_addresses[0] ?? other;
        for (const source of [from, other]) {
          const verdict = judge({ mode: asked, ulid: TEST_KEY_ULID, secret }, stored, TEST_PEPPER, source, TEST_NOW_MS);
          const allowed =
            secret === TEST_SECRET &&
            asked === stored.mode &&
            stored.revoked_at === null &&
            (stored.expires_at === null || Date.parse(stored.expires_at) > TEST_NOW_MS) &&
            (stored.allowed_addresses.length === 0 || stored.allowed_addresses.includes(source));
          expect(verdict.kind === 'accepted').toBe(allowed);
          if (verdict.kind === 'accepted') expect(verdict.principal.scopes).toEqual(stored.scopes);
        }
      }),
      RUNS,
    );
  });

  it('is judged the same, whatever is stored, by who has another secret', () => {
    fc.assert(
      fc.property(key, hex64, mode, address, (stored, secret, asked, source) => {
        fc.pre(secret !== TEST_SECRET);
        const verdict = judge({ mode: asked, ulid: TEST_KEY_ULID, secret }, stored, TEST_PEPPER, source, TEST_NOW_MS);
        expect(verdict).toEqual({ kind: 'refused', reason: 'wrong_secret' });
      }),
      RUNS,
    );
  });
});

describe('a header', () => {
  it('is read as a token only if the token writes it again', () => {
    const nearly = fc.oneof(
      fc.string({ maxLength: 120 }),
      fc.tuple(mode, hex64).map(([kind, secret]) => `Bearer hvn_${kind}_${TEST_KEY_ULID}_${secret}`),
      fc
        .tuple(hex64, fc.string({ maxLength: 3 }))
        .map(([secret, tail]) => `bearer hvn_test_${TEST_KEY_ULID}_${secret}${tail}`),
    );
    fc.assert(
      fc.property(nearly, (header) => {
        const token = readBearer(header);
        if (token !== undefined) expect(header.toLowerCase()).toBe(`bearer ${formatToken(token)}`.toLowerCase());
        else expect(header).not.toMatch(/^Bearer hvn_(live|test)_[0-9A-Z]{26}_[0-9a-f]{64}$/);
      }),
      RUNS,
    );
  });
});
