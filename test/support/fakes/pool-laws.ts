import { expect } from 'vitest';
import type { PoolDesk } from './pool-desk.ts';

/**
 * What holds of a pool at any moment, whoever was killed or raced: a wallet is in one slot or with one holder and never in both, it is
 * whole, and no slot is beyond the pool's size.
 */
export async function expectPoolLaws(desk: Pick<PoolDesk, 'rows' | 'pool' | 'walletIds' | 'deps'>): Promise<void> {
  const pooled = await desk.pool.all();
  const inSlots = pooled.map(({ walletId }) => walletId);
  const ledger = desk.rows('ledger');
  const held = ledger.filter(({ sk }) => sk === 'HOLDER').map(({ wallet_id }) => String(wallet_id));
  // Every wallet that was made is somewhere, once.
  expect([...inSlots, ...held].toSorted()).toEqual(desk.walletIds());
  expect(pooled.every(({ slot }) => slot < desk.deps.size.target)).toBe(true);
  expect(new Set(pooled.map(({ slot }) => slot)).size).toBe(pooled.length);
  const ids = desk.walletIds();
  const ofEach = (found: readonly string[]) => expect(found.toSorted()).toEqual(ids);
  ofEach(desk.rows('keys').map(({ pk }) => String(pk)));
  ofEach(ledger.filter(({ sk }) => sk === 'ADDRESS').map(({ wallet_id }) => String(wallet_id)));
  const created = desk.rows('audit').filter(({ action }) => action === 'wallet.created');
  ofEach(created.map(({ pk }) => String(pk)));
}
