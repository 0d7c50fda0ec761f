import { describe, expect, it } from 'vitest';
import { walletKey } from '#shared/custody/ledger-keys.ts';
import { lambdaContext } from '#test/support/fakes/api-request.ts';
import { storedWallet, TEST_WALLET } from '#test/support/fakes/ledger-transactions.ts';
import { createSweepDesk, HEIR } from '#test/support/fakes/sweep-desk.ts';

const EVIL = { id: 'wal_01JD8Q4X7M5N2V9C3R6T0W3009', address: '0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC' };

type Desk = ReturnType<typeof createSweepDesk>;

/** Puts the row of a wallet again, as who makes wallets may. */
function forge(desk: Desk, row: Parameters<typeof storedWallet>[0]): void {
  const wallet = storedWallet(row);
  desk.dynamo.put('ledger', { ...walletKey(wallet.id), ...wallet });
}

describe('a row of a wallet that says something else than its key state', () => {
  it.each<[string, string, (desk: Desk) => void]>([
    [
      'another successor',
      TEST_WALLET.id,
      (desk) => {
        desk.setSuccessor(EVIL, {});
        forge(desk, { status: 'rotated', successor_id: EVIL.id });
      },
    ],
    ['another address of the successor', HEIR.id, (desk) => forge(desk, { ...HEIR, address: EVIL.address })],
    [
      'a successor of the successor',
      HEIR.id,
      (desk) => {
        desk.setSuccessor(EVIL, {});
        forge(desk, { ...HEIR, status: 'rotated', successor_id: EVIL.id });
      },
    ],
    [
      'that a revoked successor is active',
      HEIR.id,
      (desk) => {
        desk.setHeir({ status: 'revoked' });
        forge(desk, { ...HEIR, status: 'active' });
      },
    ],
    ['that the wallet is revoked', TEST_WALLET.id, (desk) => forge(desk, { status: 'revoked', successor_id: HEIR.id })],
  ])('as %s holds the sweep, with one alert, and goes on when it is mended', async (_name, disputed, tamper) => {
    const desk = createSweepDesk();
    tamper(desk);
    await desk.run();
    await desk.run();
    expect(desk.transactions()).toEqual([]);
    expect(desk.sweep()).toMatchObject({ status: 'open', waiting_for: 'disputed' });
    expect(desk.alerts()).toMatchObject([{ severity: 'CRITICAL', details: { wallet_id: TEST_WALLET.id, disputed } }]);
    expect(desk.log.of('SWEEP_DISPUTED')).toMatchObject([{ disputed }, { disputed }]);
    expect(desk.metrics.counts()).toMatchObject({ SweepHeld: 2, AlertRecorded: 1 });
    desk.setWallet({});
    desk.setHeir({});
    await desk.run();
    expect(desk.transactions()).toMatchObject([{ to: HEIR.address }]);
  });

  it('because both are just being changed is looked at once more', async () => {
    const desk = createSweepDesk();
    forge(desk, { ...HEIR, status: 'rotated' });
    let reads = 0;
    const run = desk.open((request) => {
      const answer = desk.dynamo.answer(request);
      if (request.operation === 'GetItem' && JSON.stringify(request).includes(`WALLET#${HEIR.id}`)) {
        reads += 1;
        if (reads === 1) desk.setHeir({});
      }
      return answer;
    });
    await run({}, lambdaContext());
    expect(reads).toBeGreaterThan(1);
    expect(desk.alerts()).toEqual([]);
    expect(desk.transactions()).toMatchObject([{ to: HEIR.address }]);
  });
});
