import type { ApiKey } from '#shared/access/api-key.ts';
import { hashSecret } from '#shared/access/api-key-token.ts';
import { emptyHead } from '#shared/audit/audit-entry.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { TEST_NOW_MS } from './fake-clock.ts';

/** The pepper of tests. */
export const TEST_PEPPER = 'a pepper of at least 32 characters';
/** The secret of every test key: 32 bytes in hex. */
export const TEST_SECRET = '0123456789abcdef'.repeat(4);
/** The ULID of a test key unless a test says otherwise. */
export const TEST_KEY_ULID = '01JD8Q4X7M5N2V9C3R6T0W1YZA';

/**
 * A stored API key that works anywhere and never expires.
 *
 * @param overrides what differs
 */
export function storedApiKey(overrides: Partial<ApiKey> = {}): ApiKey {
  const id = overrides.id ?? `key_${TEST_KEY_ULID}`;
  return {
    ...emptyHead(id),
    id,
    name: 'shop',
    mode: 'test',
    scopes: ['custody:read'],
    allowed_addresses: [],
    expires_at: null,
    revoked_at: null,
    last_used_at: null,
    created_at: isoTime(TEST_NOW_MS),
    created_by: 'access-bootstrap',
    successor_id: null,
    secret_hash: hashSecret(TEST_PEPPER, TEST_SECRET),
    version: 1,
    ...overrides,
  };
}
