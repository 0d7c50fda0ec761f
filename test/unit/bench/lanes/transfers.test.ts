import { describe, expect, it } from 'vitest';
import { tokenInterface } from '#shared/token/token-contract.ts';
import { serialOf, transferData, transferIntent } from '../../../../bench/lanes/transfers.ts';

const OTHER = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8';

describe('transfers', () => {
  it('are recognised by their amount', () => {
    expect([1, 500, 1_000_000].map((serial) => serialOf(transferData(serial)))).toEqual([1, 500, 1_000_000]);
  });

  it.each([
    ['nothing', '0x'],
    ['another call of the token', tokenInterface.encodeFunctionData('mint', [OTHER, 5])],
    ['something else', '0x12345678'],
  ])('are not seen in %s', (_what, data) => {
    expect(serialOf(data)).toBeUndefined();
  });

  it('are the same for Haven as for the libraries', () => {
    expect(transferIntent('wal_1', 31_337, OTHER, 7)).toMatchObject({ to: OTHER, value: '0', data: transferData(7) });
  });
});
