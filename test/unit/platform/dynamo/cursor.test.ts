import { describe, expect, it } from 'vitest';
import { decodeCursor, encodeCursor } from '#shared/platform/dynamo/cursor.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { caught } from '#test/support/fakes/caught.ts';

const SECRET = 'a signing secret';
const POSITION = 'wal_01JD8Q4X7M5N2V9C3R6T0W1YZA';
const CURSOR = encodeCursor(SECRET, 'wallets {}', POSITION);

describe('a cursor', () => {
  it.each([POSITION, 'é漢😀', 'with\nline\0feed', 'x'.repeat(300)])('gives its position back: %j', (position) => {
    expect(decodeCursor(SECRET, 'wallets {}', encodeCursor(SECRET, 'wallets {}', position))).toBe(position);
  });

  it('fits the field that takes it, for any id', () => {
    expect(CURSOR.length).toBeLessThan(100);
  });

  it.each([
    ['of another list', SECRET, 'keys {}', CURSOR],
    ['of another filter', SECRET, 'wallets {"status":"active"}', CURSOR],
    ['of another stage', 'another secret', 'wallets {}', CURSOR],
    ['that is empty', SECRET, 'wallets {}', ''],
    ['cut to its signature', SECRET, 'wallets {}', CURSOR.slice(0, 22)],
    ['cut short', SECRET, 'wallets {}', CURSOR.slice(0, -2)],
    ['with more at its end', SECRET, 'wallets {}', `${CURSOR}AAAA`],
    ['that is a bare position', SECRET, 'wallets {}', Buffer.from(POSITION).toString('base64url')],
    [
      'signed with nothing',
      SECRET,
      'wallets {}',
      Buffer.concat([Buffer.alloc(16), Buffer.from(POSITION)]).toString('base64url'),
    ],
    ['that is garbage', SECRET, 'wallets {}', '!!! %% ..'],
  ])('%s is refused', (_name, secret, scope, cursor) => {
    expect(caught(HavenError, () => decodeCursor(secret, scope, cursor))).toMatchObject({
      code: 'INVALID_PARAMETER',
      details: { fields: [{ field: 'query.cursor' }] },
    });
  });
});
