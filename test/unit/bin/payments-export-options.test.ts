import { describe, expect, it } from 'vitest';
import { BadExportCall, readExportOptions } from '../../../bin/payments/export-options.ts';

const ARGS = ['--stage', 'local', '--from', '2026-11-01', '--to', '2026-12-01T00:00:00Z', '--format', 'csv'];

describe('npm run payments:export', () => {
  it('takes days and instants', () => {
    expect(readExportOptions(ARGS)).toEqual({
      stage: 'local',
      from: '2026-11-01T00:00:00.000Z',
      to: '2026-12-01T00:00:00.000Z',
      format: 'csv',
      status: undefined,
      out: undefined,
    });
  });

  it('is helped', () => expect(readExportOptions(['--help'])).toBeUndefined());

  it.each([
    ['no stage', ARGS.slice(2), '--stage'],
    ['no format', ARGS.slice(0, 6), '--format'],
    ['another format', [...ARGS.slice(0, 7), 'xml'], '--format'],
    ['no time', [...ARGS.slice(0, 3), 'yesterday', ...ARGS.slice(4)], '--from'],
    ['a period that ends before it begins', [...ARGS.slice(0, 3), '2027-01-01', ...ARGS.slice(4)], '--from'],
    ['an unknown argument', [...ARGS, '--all'], '--all'],
  ])('names what is wrong with %s', (_what, args, name) => {
    expect(() => readExportOptions(args)).toThrow(BadExportCall);
    expect(() => readExportOptions(args)).toThrow(name);
  });
});
