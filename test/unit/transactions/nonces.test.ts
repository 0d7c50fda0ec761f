import { describe, expect, it } from 'vitest';
import { createAuditStore } from '#shared/audit/audit-store.ts';
import { firstBreak } from '#shared/audit/verify-stream.ts';
import { ChainClient } from '#shared/platform/chain/chain-client.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { type LaneState, laneStream, newLane } from '#shared/transactions/lane/lane.ts';
import { laneItem } from '#shared/transactions/ledger-items.ts';
import { showNonces } from '#shared/transactions/nonces/nonce-status.ts';
import { type ResetWish, resetNonces } from '#shared/transactions/nonces/reset-nonces.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';
import { idempotentContext } from '#test/support/fakes/idempotent-context.ts';
import { TEST_LANE } from '#test/support/fakes/lane-tables.ts';
import { TEST_CHAIN, TEST_WALLET } from '#test/support/fakes/ledger-transactions.ts';
import { createTokenDesk } from '#test/support/fakes/token-desk.ts';

const WISH: ResetWish = { chainId: TEST_CHAIN.chain_id, next: null, force: false, reason: 'drift' };

/** A wallet's lane as it is stored, before a chain that counts 7, and 8 with its pool. */
function desk(state: Partial<LaneState> | undefined) {
  const base = createTokenDesk();
  const client = new ChainClient({
    ask: async (calls, read) =>
      read(calls.map(({ params }) => ({ ok: true, result: params[1] === 'latest' ? '0x7' : '0x8' }))),
  });
  if (state !== undefined) {
    base.dynamo.put('ledger', laneItem({ ...newLane(TEST_LANE, TEST_WALLET.id), version: 3, ...state }));
  }
  const deps = { ...base.deps, clients: { for: async () => client } };
  const context = (key: string) =>
    idempotentContext({ idempotency: { recordKey: `IDEMPOTENCY#${key}`, fingerprint: 'f' } });
  return {
    ...base,
    show: () => showNonces(deps, TEST_WALLET.id, TEST_CHAIN.chain_id, context('show').deadline),
    reset: (wish: Partial<ResetWish>, key = 'reset') =>
      resetNonces(deps, TEST_WALLET.id, { ...WISH, ...wish }, context(key)),
    lane: () => deps.lanes.get(TEST_LANE),
    entries: () => createAuditStore(deps.client, 'audit').stored(laneStream(TEST_LANE)),
  };
}
const flight = (...nonces: number[]) => nonces.map((nonce) => ({ nonce, id: `tx_${nonce}` }));

describe('the nonces of a wallet', () => {
  it('are those of the chain before the lane was ever driven', async () => {
    expect(await desk(undefined).show()).toMatchObject({
      next: 7,
      chain_latest: 7,
      chain_pending: 8,
      gaps: [],
      in_flight: 0,
      foreign: [],
      synced_at: null,
    });
  });

  it('show what is in flight, and what is counted and nowhere', async () => {
    const shown = await desk({ next_nonce: 11, in_flight: flight(8, 10) }).show();
    expect(shown).toMatchObject({ next: 11, gaps: [7, 9], in_flight: 2 });
  });
});

describe('a reset', () => {
  it('without a nonce takes the counter to what the chain says, or behind what is in flight', async () => {
    expect(await desk({ next_nonce: 20 }).reset({})).toMatchObject({ next: 7, gaps: [] });
    expect(await desk({ next_nonce: 20, in_flight: flight(7, 9) }).reset({})).toMatchObject({ next: 10, gaps: [8] });
    expect(await desk(undefined).reset({})).toMatchObject({ next: 7 });
  });

  it('forgets nothing that is signed, says who did it and why, and kicks the lane', async () => {
    const { reset, lane, entries, calls } = desk({ next_nonce: 20, in_flight: flight(7, 9) });
    await reset({ next: 7, force: true, reason: 'an old key was used' });
    expect(await lane()).toMatchObject({ next_nonce: 7, in_flight: flight(7, 9), gap: null, version: 4 });
    const stored = await entries();
    expect(stored).toMatchObject([
      { action: 'nonces.reset', actor: 'key_tester', severity: 'CRITICAL', reason: 'an old key was used' },
    ]);
    const head = (await lane())?.audit;
    expect(firstBreak(laneStream(TEST_LANE), stored, head ?? { audit_seq: 0, audit_hash: '' })).toBeNull();
    expect(calls).toHaveLength(1);
  });

  it('below what is signed is refused unless it is forced, and names what is in the way', async () => {
    const { reset, lane } = desk({ next_nonce: 10, in_flight: flight(7, 9) });
    const error = await caughtLater(HavenError, () => reset({ next: 8 }));
    expect(error).toMatchObject({
      code: 'INVALID_TRANSITION',
      details: { in_flight: [{ nonce: 9, transaction_id: 'tx_9' }], next: 8 },
    });
    expect(await lane()).toMatchObject({ next_nonce: 10, version: 3 });
  });

  it.each([
    ['that the chain has used', 6],
    ['that would leave a gap', 11],
  ])('to a nonce %s is refused, forced or not', async (_name, next) => {
    const { reset } = desk({ next_nonce: 10 });
    for (const force of [false, true]) {
      const error = await caughtLater(HavenError, () => reset({ next, force }, `${next} ${force}`));
      expect(error).toMatchObject({ code: 'INVALID_PARAMETER', details: { fields: [{ field: 'body.next' }] } });
    }
  });
});
