import { describe, expect, it } from 'vitest';
import type { PolicyRules } from '#shared/custody/policy/policy.ts';
import { toQuantity } from '#shared/platform/chain/quantities.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { requestCancel, requestSpeed } from '#shared/transactions/change-request.ts';
import type { Transaction } from '#shared/transactions/transaction.ts';
import { transactionSchema } from '#shared/transactions/transaction.ts';
import { ether, storedPolicy } from '#test/support/fakes/policies.ts';
import { COIN, createSpendingDesk } from '#test/support/fakes/spending-desk.ts';
import { type BenchOptions, createLaneBench } from '#test/support/model/lane-bench.ts';
import { MODEL_GAS, MODEL_PRICE_WEI } from '#test/support/model/model-chain.ts';

const GWEI = 1_000_000_000n;
/** What the model chain's quotes come to: twice the base fee, and the tip. */
const WORST_FEE = MODEL_GAS * 3n * GWEI;
const PAID_FEE = MODEL_GAS * MODEL_PRICE_WEI;
/** The highest price of the policies below. */
const CAP_GWEI = 5n;
const GUESSED_FEE = MODEL_GAS * CAP_GWEI * GWEI;
const VALUE = 10n ** 15n;

/** A limited wallet before a lane worker and a model chain: what is accepted at the desk is driven on the bench. */
function limited(capWei: bigint, rules: Partial<PolicyRules> = {}, answer?: BenchOptions['answer']) {
  const policyOf = (version: number, changes: Partial<PolicyRules> = {}) =>
    storedPolicy(
      { max_value_per_day: [ether(capWei)], max_fee_per_gas: String(CAP_GWEI * GWEI), ...rules, ...changes },
      version,
    );
  const desk = createSpendingDesk(policyOf(1));
  const one = desk.openProcess();
  const worker = desk.openProcess();
  const bench = createLaneBench({ store: () => worker.store, ...(answer === undefined ? {} : { answer }) });
  const get = (id: string): Transaction => transactionSchema.parse(desk.rowOf({ pk: `TX#${id}`, sk: 'TX' }));
  return {
    desk,
    bench,
    worker,
    get,
    accept: (value = VALUE) => one.accept({ value: value.toString() }),
    put: (version: number, changes: Partial<PolicyRules>) => desk.put(policyOf(version, changes)),
    /** As somebody's request changes a transaction. */
    change(id: string, request: typeof requestCancel) {
      const before = get(id);
      const { after } = request(before, isoTime(bench.clock.now()), { actor: 'key_tester', request_id: 'request-1' });
      desk.dynamo.put('ledger', { pk: `TX#${id}`, sk: 'TX', ...after });
    },
    async run(budgetMs?: number) {
      await bench.run(budgetMs);
      desk.clock.advance(bench.clock.now() - desk.clock.now());
    },
  };
}

describe('the fee of what is signed', () => {
  it('takes the place of the guess in the write that signs, and what was really paid takes its place at the end', async () => {
    const { desk, accept, run, get, bench } = limited(10n ** 18n);
    const { id } = await accept();
    expect(desk.spent()).toBe(VALUE + GUESSED_FEE);
    bench.chain.stall(5);
    await run(6_000);
    expect(get(id)).toMatchObject({ status: 'submitted' });
    expect(get(id).reservation).toEqual({
      policy_version: 1,
      amounts: [{ asset: COIN, value: VALUE.toString(), fee: WORST_FEE.toString() }],
    });
    expect(desk.spent()).toBe(VALUE + WORST_FEE);
    await run();
    expect(get(id)).toMatchObject({ status: 'confirmed', effective_gas_price: MODEL_PRICE_WEI.toString() });
    expect(desk.spent()).toBe(VALUE + PAID_FEE);
  });

  it('that finds no room ends the transaction unsigned, and those behind it go on', async () => {
    let asked = 0;
    const hungry: BenchOptions['answer'] = (calls) => {
      if (calls[0]?.method !== 'eth_estimateGas') return undefined;
      asked += 1;
      return calls.map(({ params }) => ({
        ok: true,
        result: toQuantity(JSON.stringify(params).includes(toQuantity(VALUE + 1n)) ? 60_000n : MODEL_GAS),
      }));
    };
    const room = 3n * (VALUE + GUESSED_FEE) + 1n;
    const { desk, accept, run, get, worker } = limited(room, {}, hungry);
    const all = [await accept(), await accept(VALUE + 1n), await accept()];
    await run();
    expect(asked).toBeGreaterThan(1);
    expect(all.map(({ id }) => get(id).status)).toEqual(['confirmed', 'failed', 'confirmed']);
    expect(get(all[1]?.id ?? '')).toMatchObject({
      attempts: [],
      nonce: null,
      failure: { code: 'POLICY_VIOLATION', message: expect.stringContaining('max_value_per_day') },
    });
    expect(all.map(({ id }) => get(id).nonce)).toEqual([0, null, 1]);
    expect(worker.metrics.counts()).toEqual({});
    expect(desk.spent()).toBe(2n * (VALUE + PAID_FEE));
  });

  it('costs no call more where the coin has no limit: a batch is read, signed and submitted by the same four', async () => {
    const { bench, worker, accept, desk, run } = limited(1n, { max_value_per_day: [] });
    for (let n = 0; n < 4; n += 1) await accept();
    bench.chain.stall(5);
    const before = worker.aws.requests.length;
    await run(6_000);
    const operations = worker.aws.requests.slice(before).map(({ operation }) => operation);
    expect(operations.slice(0, 4)).toEqual(['Query', 'BatchGetItem', 'TransactWriteItems', 'TransactWriteItems']);
    expect(desk.spent()).toBeUndefined();
  });
});

describe('a replacement', () => {
  /** Stuck: blocks come, and nobody's transaction is in them. */
  const STUCK_BLOCKS_MS = 26 * 2_000;

  async function stuck(capWei: bigint) {
    const parts = limited(capWei);
    const { id } = await parts.accept();
    parts.bench.chain.stall(40);
    await parts.run(6_000);
    expect(parts.get(id).attempts).toHaveLength(1);
    return { ...parts, id };
  }

  it('holds its higher fee before it is signed', async () => {
    const { id, run, get, desk, bench } = await stuck(10n ** 18n);
    bench.pass(STUCK_BLOCKS_MS);
    await run(6_000);
    const [, second] = get(id).attempts;
    expect(second).toBeDefined();
    const fee = MODEL_GAS * BigInt(second?.max_fee_per_gas ?? 0);
    expect(fee > WORST_FEE).toBe(true);
    expect(desk.spent()).toBe(VALUE + fee);
  });

  it('is not made dearer than there is room for, whatever price the policy allows by now: it waits, and is made when there is room', async () => {
    const { id, run, get, desk, bench, put, change } = await stuck(VALUE + GUESSED_FEE);
    put(2, { max_fee_per_gas: String(100n * GWEI), max_value_per_day: [ether(VALUE + WORST_FEE)] });
    change(id, requestSpeed('fastest'));
    bench.pass(STUCK_BLOCKS_MS);
    await run(6_000);
    expect(get(id)).toMatchObject({ attempts: [{}], waiting_for: 'fees' });
    expect(desk.spent()).toBe(VALUE + WORST_FEE);
    put(3, { max_fee_per_gas: String(100n * GWEI), max_value_per_day: [ether(2n * VALUE)] });
    await run(6_000);
    expect(get(id).attempts).toHaveLength(2);
    expect((desk.spent() ?? 0n) > VALUE + WORST_FEE).toBe(true);
  });

  it('by a no-op is made where there is no room at all, and counts: what others may take is less', async () => {
    const { id, run, get, desk, bench, put, change } = await stuck(VALUE + GUESSED_FEE);
    put(2, { max_value_per_day: [ether(VALUE + WORST_FEE)] });
    change(id, requestCancel);
    await run(6_000);
    const noop = get(id).attempts[1];
    expect(noop?.kind).toBe('noop');
    const fee = MODEL_GAS * BigInt(noop?.max_fee_per_gas ?? 0);
    expect(fee > WORST_FEE).toBe(true);
    expect(desk.spent()).toBe(VALUE + fee);
    bench.pass(40 * 2_000);
    await run();
    expect(get(id).status).toBe('cancelled');
    expect(desk.spent()).toBe(PAID_FEE);
  });
});
