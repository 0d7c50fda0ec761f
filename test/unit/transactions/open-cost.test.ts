import { describe, expect, it } from 'vitest';
import { createOpenCostReader } from '#shared/transactions/open-cost.ts';
import { laneTables, TEST_LANE } from '#test/support/fakes/lane-tables.ts';
import { attemptOf, mined, queued, signed, submitted } from '#test/support/fakes/ledger-transactions.ts';
import { scriptedDocumentClient } from '#test/support/fakes/scripted-aws.ts';

const attempts = (nonce: number) => [attemptOf(nonce, { gas_limit: '100', max_fee_per_gas: '10' })];

describe('what open transactions may still cost', () => {
  it('is value and highest fee of what is in no block, value and counted fee of what is queued, and nothing of what is mined', async () => {
    const { aws } = laneTables([
      mined(5, 100, { value: '1000000' }),
      signed(6, { value: '1', attempts: attempts(6) }),
      submitted(7, { value: '2', attempts: attempts(7) }),
      queued(8, { value: '4' }),
      queued(9, {
        value: '8',
        reservation: { policy_version: 1, hour: 1, amounts: [{ asset: '31337:native', value: '8', fee: '300' }] },
      }),
    ]);
    const open = createOpenCostReader(scriptedDocumentClient(aws), 'ledger');
    expect(await open(TEST_LANE)).toEqual({ reservedWei: 1_001n + 1_002n + 4n + 308n, isPartial: false });
    expect(aws.requests.map(({ operation }) => operation)).toEqual(['Query', 'BatchGetItem']);
  });

  it('of several versions is that of the dearest one: the original of a no-op may still be mined', async () => {
    const noop = attemptOf(6, { kind: 'noop', gas_limit: '100', max_fee_per_gas: '30' });
    const before = attemptOf(5, { gas_limit: '100', max_fee_per_gas: '1000' });
    const { aws } = laneTables([
      submitted(6, { value: '7000', attempts: [before, ...attempts(6), noop] }),
      submitted(7, { value: '7', attempts: [...attempts(7), { ...noop, nonce: 7 }] }),
    ]);
    const open = createOpenCostReader(scriptedDocumentClient(aws), 'ledger');
    expect(await open(TEST_LANE)).toEqual({ reservedWei: 8_000n + 3_000n, isPartial: false });
  });

  it('of a lane that has never been used is nothing', async () => {
    const { aws } = laneTables([], { version: 0 });
    const open = createOpenCostReader(scriptedDocumentClient(aws), 'ledger');
    expect(await open(TEST_LANE)).toEqual({ reservedWei: 0n, isPartial: false });
  });

  it('is two reads however many there are, and says that it did not see all', async () => {
    const { aws } = laneTables(Array.from({ length: 130 }, (_, n) => queued(n, { value: '1' })));
    const open = createOpenCostReader(scriptedDocumentClient(aws), 'ledger');
    expect(await open(TEST_LANE)).toEqual({ reservedWei: 100n, isPartial: true });
    expect(aws.requests).toHaveLength(2);
  });
});
