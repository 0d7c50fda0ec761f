import { describe, expect, it } from 'vitest';
import { requireVersion, unchangedSince } from '#shared/platform/dynamo/versions.ts';
import { NOT_EXISTS } from '#shared/platform/dynamo/write-transaction.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { caught } from '#test/support/fakes/caught.ts';

describe('the version of an item', () => {
  it('is the condition of its change, and that there is none that of the first', () => {
    expect(unchangedSince(undefined)).toBe(NOT_EXISTS);
    expect(unchangedSince({ version: 7 })).toMatchObject({
      expression: '#version = :before',
      names: { '#version': 'version' },
      values: { ':before': 7 },
    });
  });

  it('must be the one that If-Match names, if it names one; 0 is one', () => {
    for (const ifMatchVersion of [undefined, 7]) {
      expect(() => requireVersion({ ifMatchVersion }, 7, 'User usr_1')).not.toThrow();
    }
    for (const ifMatchVersion of [0, 6, 8]) {
      expect(caught(HavenError, () => requireVersion({ ifMatchVersion }, 7, 'User usr_1'))).toMatchObject({
        code: 'VERSION_MISMATCH',
        message: 'User usr_1 is at version 7',
        details: { version: 7 },
      });
    }
  });
});
