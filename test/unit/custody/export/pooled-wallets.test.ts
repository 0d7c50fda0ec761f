import { describe, expect, it } from 'vitest';
import { holderKey, POOL_SHARDS, slotItem, slotKey } from '#shared/custody/deposit-pool/pool-rows.ts';
import { approvedExport, createKeyDesk, recipientKeys } from '#test/support/fakes/key-desk.ts';
import { TEST_WALLET } from '#test/support/fakes/ledger-transactions.ts';

const { id: walletId, address } = TEST_WALLET;
const deposit = { wallet: { purpose: 'deposit' as const } };
const holder = (status: 'taken' | 'retired', order_id: string | null = null) => ({
  ...holderKey(walletId),
  ...{ audit_seq: 1, audit_hash: 'h', wallet_id: walletId, address, status, order_id },
  at: '2026-11-22T00:00:00.000Z',
});
const refused = { status: 409, json: { error: 'KEY_NOT_AVAILABLE' } };

describe('the key of a deposit wallet', () => {
  it.each(Array.from({ length: POOL_SHARDS }, (_, shard) => shard))(
    'can’t be asked for while it waits in the pool, for a customer may be shown its address: shard %i',
    async (slot) => {
      const desk = await createKeyDesk(deposit);
      desk.dynamo.put('ledger', slotItem({ slot, walletId, address }));
      const { publicJwk } = await recipientKeys();
      expect(await desk.requestExport(publicJwk)).toMatchObject(refused);
      expect(desk.items('approvals')).toEqual([]);
    },
  );

  it('is not given out while it waits there, whatever was approved', async () => {
    const { desk, exportId } = await approvedExport(deposit);
    desk.dynamo.put('ledger', slotItem({ slot: 3, walletId, address }));
    expect(await desk.retrieve(exportId)).toMatchObject(refused);
    expect(desk.opened).toEqual([]);
    // What was approved is good once the wallet has left.
    desk.dynamo.remove('ledger', slotKey(3));
    desk.dynamo.put('ledger', holder('retired'));
    expect((await desk.retrieve(exportId)).status).toBe(200);
  });

  it.each(['taken', 'retired'] as const)('can be asked for once it has left the pool: %s', async (status) => {
    const desk = await createKeyDesk(deposit);
    desk.dynamo.put('ledger', slotItem({ slot: 0, walletId: 'wal_01JD8Q4X7M5N2V9C3R6T0W1YZB', address }));
    desk.dynamo.put('ledger', holder(status));
    const { publicJwk } = await recipientKeys();
    expect((await desk.requestExport(publicJwk)).status).toBe(201);
  });

  it('names the order that holds it where it was asked for, and nothing of an order where none does', async () => {
    const asked = async (order: string | null) => {
      const desk = await createKeyDesk(deposit);
      desk.dynamo.put('ledger', holder('taken', order));
      const { publicJwk } = await recipientKeys();
      expect(await desk.requestExport(publicJwk)).toMatchObject({ status: 201 });
      return desk.items('audit').find((item) => item['action'] === 'export.requested')?.['detail'];
    };
    expect(await asked('ord_1')).toMatchObject({ order_id: 'ord_1' });
    expect(await asked(null)).not.toHaveProperty('order_id');
  });

  it('can be asked for if it never was in the pool', async () => {
    const desk = await createKeyDesk(deposit);
    desk.dynamo.put('ledger', slotItem({ slot: 0, walletId: 'wal_01JD8Q4X7M5N2V9C3R6T0W1YZB', address }));
    const { publicJwk } = await recipientKeys();
    expect((await desk.requestExport(publicJwk)).status).toBe(201);
  });
});

it('of other wallets the pool is not looked at', async () => {
  const { desk, exportId } = await approvedExport();
  await desk.retrieve(exportId);
  expect(desk.aws.requests.filter(({ operation }) => operation === 'Query')).toEqual([]);
});
