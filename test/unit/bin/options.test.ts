import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { caught } from '#test/support/fakes/caught.ts';
import { importOptions, reencryptOptions, verifyOptions } from '../../../bin/keys/options.ts';
import { BadUsage } from '../../../bin/keys/usage.ts';

const IMPORT = { stage: 'local', file: '/keys.csv', purpose: 'user' };

describe('the options of keys:import', () => {
  it('have safe defaults: nothing is written, and no faster than others need KMS', () => {
    expect(importOptions(IMPORT)).toMatchObject({
      write: false,
      paused: false,
      encoding: 'hex',
      pace: { concurrency: 16, perSecond: 100 },
      reading: { columns: { key: 'private_key', address: undefined, label: undefined }, delimiter: ',' },
      journal: resolve('/keys.csv.local.haven-import'),
    });
  });

  it('take tags, a tab, and paths', () => {
    const options = importOptions({ ...IMPORT, tag: ['source=old', 'team=a-b'], delimiter: '\\t' });
    expect(options.tags).toEqual({ source: 'old', team: 'a-b' });
    expect(options.reading.delimiter).toBe('\t');
  });

  it.each([
    [{ stage: undefined }, '--stage is required'],
    [{ tag: [`note=${'4c0883a6'.repeat(8)}`] }, 'looks like a key'],
    [{ purpose: undefined }, '--purpose'],
    [{ purpose: 'other' }, 'must be treasury, user or deposit'],
    [{ delimiter: '"' }, '--delimiter must be one character'],
    [{ delimiter: 'ab' }, '--delimiter must be one character'],
    [{ delimiter: 'a' }, '--delimiter must be one character'],
    [{ rate: '0' }, '--rate'],
    [{ rate: '1e9' }, '--rate'],
    [{ concurrency: 'x' }, '--concurrency'],
    [{ tag: ['a=art bus cat dog egg fan', 'b=gap-hat-ice-job-key-lab'] }, 'looks like a key'],
    [{ tag: ['user_id=customer-1'] }, 'a tag that only Haven gives'],
    [{ tag: ['x'] }, 'must be KEY=VALUE'],
    [{ tag: ['Über=x'] }, '--tag.Über'],
    [{ account: '1' }, '--account'],
    [{ all: true }, 'this command has no --all'],
    [{ report: 'keys.csv', file: 'keys.csv' }, '--file and --report name the same file'],
    [{ report: 'x/../keys.csv', file: 'keys.csv' }, '--file and --report name the same file'],
    [{ journal: 'keys.csv', file: 'keys.csv' }, '--file and --journal name the same file'],
  ])('are refused with %j', (change, message) => {
    expect(caught(BadUsage, () => importOptions({ ...IMPORT, ...change })).message).toContain(message);
  });
});

describe('the options of keys:verify', () => {
  const wallet = 'wal_01JD8Q4X7M5N2V9C3R6T0W1YZA';

  it.each([{}, { all: true, sample: '3' }, { all: true, wallet }, { sample: '3', wallet }])(
    'must say one of all, a sample and a wallet, not %j',
    (which) => {
      const error = caught(BadUsage, () => verifyOptions({ stage: 'local', ...which }));
      expect(error.message).toContain('say one of --all, --sample N and --wallet ID');
    },
  );

  it('have a journal for all wallets only', () => {
    expect(verifyOptions({ stage: 'local', all: true }).journal).toMatch(/keys-verify-local\.journal$/);
    expect(verifyOptions({ stage: 'local', sample: '3' }).journal).toBeUndefined();
  });
});

it('keys:reencrypt is told where to', () => {
  expect(caught(BadUsage, () => reencryptOptions({ stage: 'local' })).message).toContain('--to is required');
});
