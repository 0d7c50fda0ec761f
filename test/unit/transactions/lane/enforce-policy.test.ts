import { describe, expect, it } from 'vitest';
import type { StoredPolicy } from '#shared/custody/policy/policy.ts';
import { ChainRegistry } from '#shared/platform/chain/chain-config.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { enforcePolicy, signingLimits } from '#shared/transactions/lane/enforce-policy.ts';
import type { LanePass } from '#shared/transactions/lane/lane-pass.ts';
import type { Transaction } from '#shared/transactions/transaction.ts';
import { TEST_LANE } from '#test/support/fakes/lane-tables.ts';
import { TEST_CHAIN, TEST_RECIPIENT } from '#test/support/fakes/ledger-transactions.ts';
import { ether, storedPolicy } from '#test/support/fakes/policies.ts';
import { createSpendingDesk } from '#test/support/fakes/spending-desk.ts';
import { createLaneBench } from '#test/support/model/lane-bench.ts';

const STRANGER = '0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC';

/** A lane worker's look at what a desk has accepted. */
async function look(desk: ReturnType<typeof createSpendingDesk>) {
  const { store, metrics } = desk.openProcess();
  const bench = createLaneBench();
  const pass: LanePass = {
    ...bench.deps,
    store,
    metrics: metrics.metrics,
    clock: desk.clock.now,
    chains: new ChainRegistry([TEST_CHAIN]),
    chain: TEST_CHAIN,
    client: await bench.deps.clients.for(TEST_CHAIN.chain_id),
    by: { actor: 'lane-worker', request_id: 'invocation-1' },
    deadline: Deadline.in(10_000, desk.clock.now),
  };
  const stored = await store.load(TEST_LANE);
  if (stored === undefined) throw new Error('The lane has no work');
  const { transactions } = await enforcePolicy(pass, stored, stored.queued);
  return { permitted: transactions, metrics };
}

const statusOf = (desk: ReturnType<typeof createSpendingDesk>, { id }: Transaction) =>
  desk.rowOf({ pk: `TX#${id}`, sk: 'TX' });
const idsOf = (transactions: readonly Transaction[]) => transactions.map(({ id }) => id);
/** Limits value alone: at no price nothing is a fee. */
const daily = (amount: bigint, version: number) =>
  storedPolicy({ max_value_per_day: [ether(amount)], max_fee_per_gas: '0' }, version);

describe('before signing', () => {
  it('what the policy denies by now ends, audited, and the others go on in their order', async () => {
    const desk = createSpendingDesk();
    const one = desk.openProcess();
    const good = await one.accept();
    const bad = await one.accept({ to: STRANGER });
    const alsoGood = await one.accept();
    desk.put(storedPolicy({ allowed_destinations: [TEST_RECIPIENT] }, 3));
    const { permitted, metrics } = await look(desk);
    expect(idsOf(permitted)).toEqual(idsOf([good, alsoGood]));
    expect(statusOf(desk, bad)).toMatchObject({ status: 'failed', failure: { code: 'POLICY_VIOLATION' }, nonce: null });
    expect(desk.rowOf({ pk: `LANE#31337#${TEST_LANE.address.toLowerCase()}`, sk: `QUEUE#${bad.id}` })).toBeUndefined();
    const [entry] = desk.dynamo
      .items('audit')
      .filter((item) => JSON.stringify(item).includes('transaction.failed') && JSON.stringify(item).includes(bad.id));
    expect(JSON.stringify(entry)).toContain('allowed_destinations');
    expect(metrics.counts()).toEqual({ PolicyDenied: 1, TransactionFailed: 1 });
  });

  it('a wallet without a policy is not held up, and costs no write', async () => {
    const desk = createSpendingDesk();
    const accepted = await desk.openProcess().accept();
    const before = JSON.stringify(desk.dynamo.items('ledger'));
    expect(idsOf((await look(desk)).permitted)).toEqual([accepted.id]);
    expect(JSON.stringify(desk.dynamo.items('ledger'))).toBe(before);
  });

  it('what was counted by the policy in force is not counted again', async () => {
    const desk = createSpendingDesk(daily(5n, 1));
    const accepted = await desk.openProcess().accept({ value: '5' });
    expect((await look(desk)).permitted).toEqual([accepted]);
    expect(desk.spent()).toBe(5n);
  });

  it('what was accepted before there was a limit is counted, and fails where there is no room', async () => {
    const desk = createSpendingDesk();
    const one = desk.openProcess();
    const accepted = [
      await one.accept({ value: '3' }),
      await one.accept({ value: '3' }),
      await one.accept({ value: '2' }),
    ];
    desk.put(daily(5n, 1));
    // Still by what it remembers.
    const late = await one.accept({ value: '1' });
    expect(late.reservation).toBeUndefined();
    const { permitted } = await look(desk);
    expect(idsOf(permitted)).toEqual([accepted[0]?.id, accepted[2]?.id]);
    expect(desk.spent()).toBe(5n);
    expect(permitted.map(({ version, reservation }) => [version, reservation?.policy_version])).toEqual([
      [2, 1],
      [2, 1],
    ]);
    expect(statusOf(desk, late)).toMatchObject({ status: 'failed', failure: { code: 'POLICY_VIOLATION' } });
  });

  it('a limit that was lowered lets no more through than it allows, whatever was counted by the one before', async () => {
    const desk = createSpendingDesk(daily(10n, 1));
    const one = desk.openProcess();
    for (let n = 0; n < 5; n += 1) await one.accept({ value: '2' });
    expect(desk.spent()).toBe(10n);
    desk.put(daily(4n, 2));
    const { permitted } = await look(desk);
    expect(permitted).toHaveLength(2);
    expect(desk.spent()).toBe(4n);
    // Another look denies and counts nothing more.
    expect((await look(desk)).permitted).toHaveLength(2);
    expect(desk.spent()).toBe(4n);
  });

  it('a limit that is gone leaves what was counted as it is, until it is given back', async () => {
    const desk = createSpendingDesk(daily(10n, 1));
    await desk.openProcess().accept({ value: '2' });
    desk.put(storedPolicy({}, 2));
    expect((await look(desk)).permitted).toHaveLength(1);
    expect(desk.spent()).toBe(2n);
  });
});

describe('what may be offered and used', () => {
  it.each<[string, StoredPolicy | undefined, bigint, bigint]>([
    ['without a policy is up to the chain', undefined, 100_000_000_000n, 16_777_216n],
    [
      'is what the policy says where that is less',
      storedPolicy({ max_fee_per_gas: '7', max_gas: 50_000 }),
      7n,
      50_000n,
    ],
    [
      'is never more than the chain allows',
      storedPolicy({ max_fee_per_gas: '900000000000', max_gas: 900_000_000 }),
      100_000_000_000n,
      16_777_216n,
    ],
  ])('%s', (_name, policy, feeCapWei, maxGas) => {
    expect(signingLimits({ chain: TEST_CHAIN }, policy)).toEqual({ feeCapWei, maxGas });
  });

  it('holds a lane whose policy caps the fees below what the chain asks', async () => {
    const bench = createLaneBench({
      store: (real) => ({
        async load(key) {
          const stored = await real.load(key);
          return stored === undefined ? undefined : { ...stored, policy: storedPolicy({ max_fee_per_gas: '1' }) };
        },
      }),
    });
    bench.accept(1);
    expect(await bench.run(6_000)).toMatchObject({ kind: 'due' });
    expect(bench.transaction(1)).toMatchObject({ status: 'queued', waiting_for: 'fees' });
  });
});
