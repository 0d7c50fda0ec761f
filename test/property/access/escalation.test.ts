import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ApiKey } from '#shared/access/api-key.ts';
import { judge } from '#shared/access/api-key.ts';
import { issueApiKey } from '#shared/access/manage-api-keys.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { storedApiKey, TEST_KEY_ULID, TEST_PEPPER, TEST_SECRET } from '#test/support/fakes/api-keys.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { keyManagement } from '#test/support/fakes/key-management.ts';

const RUNS = { seed: 20_261_130, numRuns: 1_000 };

/** Addresses and blocks so near to each other that they often meet. */
const last = fc.integer({ min: 0, max: 7 });
const source = fc.oneof(
  last.map((byte) => `10.0.0.${byte}`),
  last.map((byte) => `::ffff:10.0.0.${byte}`),
  last.map((byte) => `2001:db8::${byte}`),
);
const block = fc.oneof(
  source,
  fc.tuple(last, fc.integer({ min: 28, max: 32 })).map(([byte, prefix]) => `10.0.0.${byte}/${prefix}`),
  fc.tuple(last, fc.integer({ min: 124, max: 128 })).map(([byte, prefix]) => `2001:db8::${byte}/${prefix}`),
  fc.tuple(last, fc.integer({ min: 124, max: 128 })).map(([byte, prefix]) => `::ffff:10.0.0.${byte}/${prefix}`),
  fc.constantFrom('0.0.0.0/0', '::/0'),
);
const instant = fc.integer({ min: TEST_NOW_MS, max: TEST_NOW_MS + 5 });
const reach = fc.record({
  allowed_addresses: fc.array(block, { maxLength: 3 }),
  expires_at: fc.option(instant.map(isoTime)),
});

const works = (key: Partial<ApiKey>, address: string, atMs: number) => {
  const token = { mode: 'test' as const, ulid: TEST_KEY_ULID, secret: TEST_SECRET };
  return judge(token, storedApiKey(key), TEST_PEPPER, address, atMs).kind === 'accepted';
};

describe('a key that another one issued', () => {
  it('works nowhere and at no time where its issuer does not', async () => {
    let issued = 0;
    await fc.assert(
      fc.asyncProperty(
        reach,
        reach,
        fc.array(source, { minLength: 8, maxLength: 8 }),
        async (issuer, asked, sources) => {
          const { deps, context } = keyManagement({ issuer });
          const view = await issueApiKey(deps, { name: 'shop', scopes: ['token:read'], ...asked }, context).catch(
            (error: unknown) => {
              expect(error).toBeInstanceOf(HavenError);
            },
          );
          if (view === undefined) return;
          issued += 1;
          for (const address of sources) {
            for (let atMs = TEST_NOW_MS; atMs <= TEST_NOW_MS + 6; atMs += 1) {
              if (works(view, address, atMs)) expect(works(issuer, address, atMs), `${address} at ${atMs}`).toBe(true);
            }
          }
        },
      ),
      RUNS,
    );
    expect(issued).toBeGreaterThan(RUNS.numRuns / 20);
  });

  it('may always have the reach of its issuer', async () => {
    await fc.assert(
      fc.asyncProperty(reach, async (issuer) => {
        const { deps, context } = keyManagement({ issuer });
        expect(await issueApiKey(deps, { name: 'shop', scopes: ['token:read'], ...issuer }, context)).toMatchObject(
          issuer,
        );
      }),
      { ...RUNS, numRuns: 200 },
    );
  });
});
