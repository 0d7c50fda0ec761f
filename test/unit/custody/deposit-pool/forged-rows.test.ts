import { describe, expect, it } from 'vitest';
import { custodyKey } from '#shared/custody/custody-state.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';
import { unusedCustody } from '#test/support/fakes/ledger-transactions.ts';
import { createPoolDesk } from '#test/support/fakes/pool-desk.ts';

describe.each([{ status: 'revoked' }, { status: 'rotated' }, { paused: true }] as const)(
  'deposit wallets whose key state is %j and whose rows were put again as active',
  (state) => {
    async function deskWithForgedRows() {
      const desk = createPoolDesk({ target: 4, lowWater: 0 });
      await desk.refill();
      const pooled = await desk.pool.all();
      for (const { walletId } of pooled) {
        desk.dynamo.put('ledger', { ...custodyKey(walletId), ...unusedCustody(state) });
      }
      return { desk, pooled };
    }

    it('are handed out to nobody', async () => {
      const { desk } = await deskWithForgedRows();
      expect(await caughtLater(HavenError, () => desk.take('ord_1'))).toMatchObject({ code: 'DEPOSIT_POOL_EMPTY' });
      expect(desk.rows('ledger').filter(({ sk }) => sk === 'HOLDER')).toEqual([]);
    });

    it('leave the pool within four minutes', async () => {
      const { desk, pooled } = await deskWithForgedRows();
      for (let minute = 0; minute < 4; minute += 1) {
        await desk.refill();
        desk.clock.advance(60_000);
      }
      const left = (await desk.pool.all()).map(({ walletId }) => walletId);
      for (const { walletId } of pooled) expect(left).not.toContain(walletId);
    });
  },
);
