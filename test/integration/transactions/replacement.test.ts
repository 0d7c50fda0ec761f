import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ChainConfig } from '#shared/platform/chain/chain-config.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { requestCancel, requestSpeed } from '#shared/transactions/change-request.ts';
import type { Attempt, Transaction } from '#shared/transactions/transaction.ts';
import type { InProcess } from '#test/support/in-process.ts';
import { createLabTables, type LabTables } from '#test/support/lane-lab/lab-tables.ts';
import { workLane } from '#test/support/lane-lab/lab-worker.ts';
import { type LabLane, LaneLab } from '#test/support/lane-lab/lane-lab.ts';
import { type ExpectedEnd, expectLaneLaws } from '#test/support/lane-lab/lane-laws.ts';
import { passBlocks, submit, USUAL_WEI } from '#test/support/lane-lab/lane-steps.ts';
import { type LocalHaven, localHaven } from '#test/support/local-haven.ts';

/** Blocks further apart than a worker stays: between two looks it leaves, and the test has its turn. */
const CHAIN = { block_time_ms: 12_000, required_confirmations: 2 };
const SPIKE_WEI = 8n * USUAL_WEI;

let haven: LocalHaven;
let tables: LabTables;
let lab: LaneLab;
let lane: LabLane;
/** What is done before and after each block. */
let beforeBlock: (() => Promise<void>) | undefined;
let onBlock: (() => Promise<void>) | undefined;

beforeAll(async () => {
  haven = localHaven();
  tables = await createLabTables(haven.info.awsEndpointUrl);
});
afterEach(() => lab.close());
afterAll(() => tables.drop());

async function open(chain: Partial<ChainConfig> = {}): Promise<void> {
  beforeBlock = undefined;
  onBlock = undefined;
  const events = { beforeBlock: async () => beforeBlock?.(), onBlock: async () => onBlock?.() };
  lab = await LaneLab.open(haven, tables, { ...CHAIN, ...chain }, events);
  lane = await lab.newLane();
}

/** From the next block on, blocks ask so much, until something else is said. */
async function hold(wei: bigint): Promise<void> {
  await lab.chain.setBaseFee(wei);
  onBlock = () => lab.chain.setBaseFee(wei);
}

/** No block has room for so many blocks; nodes keep what they have. */
function fillBlocks(count: number): void {
  let left = count;
  beforeBlock = () => lab.chain.setFull(left > 0);
  onBlock = async () => {
    left -= 1;
    await lab.chain.setFull(false);
  };
}

/** Works the lane to rest, and gives back its only transaction when all laws hold. */
async function finish(status: ExpectedEnd['status'], parts: Pick<InProcess, 'lanes' | 'accept'> = lab.parts) {
  await workLane(parts, lane.key);
  await expectLaneLaws(lab, lane, [{ valueWei: 1n, status }]);
  const [transaction] = await lab.transactions(lane);
  const [onChain] = await lab.chain.history(lane.wallet.address);
  if (transaction === undefined || onChain === undefined) throw new Error('Nothing was sent');
  return { transaction, onChain };
}

/** Each version offers a tenth more than the one before it, of both fees, with the same nonce. */
function expectBumps(attempts: readonly Attempt[]): void {
  for (const [index, later] of attempts.entries()) {
    const earlier = attempts[index - 1];
    if (earlier === undefined) continue;
    expect(later.nonce).toBe(earlier.nonce);
    expect(10n * BigInt(later.max_fee_per_gas)).toBeGreaterThanOrEqual(11n * BigInt(earlier.max_fee_per_gas));
    expect(10n * BigInt(later.max_priority_fee_per_gas)).toBeGreaterThanOrEqual(
      11n * BigInt(earlier.max_priority_fee_per_gas),
    );
  }
}

const kinds = ({ attempts }: Transaction) => attempts.map(({ kind }) => kind);
const waited = ({ attempts: [first, second] }: Transaction) =>
  (second?.signed_at_block ?? 0) - (first?.signed_at_block ?? 0);

describe('a transaction that is in no block', () => {
  it.each([
    ['fastest', 10],
    ['fast', 15],
    ['standard', 25],
  ] as const)('of speed %s is signed anew after %i blocks, with a tenth more, and mined', async (speed, blocks) => {
    await open();
    await submit(lab, lane, [{ valueWei: 1n, speed }]);
    fillBlocks(blocks);
    const { transaction } = await finish('confirmed');
    expect(kinds(transaction)).toEqual(['intent', 'intent']);
    expect(waited(transaction)).toBe(blocks);
    expectBumps(transaction.attempts);
    expect(transaction.hash).toBe(transaction.attempts[1]?.hash);
  });

  it('because it is below the base fee is signed anew after its blocks for what they ask, and mined', async () => {
    await open();
    await submit(lab, lane, [{ valueWei: 1n, speed: 'fastest' }]);
    await hold(SPIKE_WEI);
    const { transaction, onChain } = await finish('confirmed');
    expect(waited(transaction)).toBe(10);
    expectBumps(transaction.attempts);
    expect(onChain.maxFeePerGasWei).toBeGreaterThanOrEqual(SPIKE_WEI);
  });

  it('and that a node has dropped and refuses as too cheap is signed anew before its blocks are over', async () => {
    await open();
    await submit(lab, lane, [{ valueWei: 1n }]);
    await hold(SPIKE_WEI);
    const { transaction } = await finish('confirmed');
    expect(waited(transaction)).toBeGreaterThanOrEqual(10);
    expect(waited(transaction)).toBeLessThan(25);
    expectBumps(transaction.attempts);
  });

  it('above the cap waits for fees, is signed anew for no more than the cap, and is mined when it suffices', async () => {
    const capWei = 5n * USUAL_WEI;
    await open({ max_fee_per_gas_wei: capWei.toString() });
    await submit(lab, lane, [{ valueWei: 1n, speed: 'fastest' }]);
    await hold(SPIKE_WEI);
    const goesOnUntil = lab.time.clock() + 30 * CHAIN.block_time_ms;
    await workLane(lab.parts, lane.key, () => lab.time.clock() < goesOnUntil);
    expect(await lab.transactions(lane)).toMatchObject([{ status: 'submitted', waiting_for: 'fees' }]);
    await hold(USUAL_WEI);
    const { transaction, onChain } = await finish('confirmed');
    expect(transaction.waiting_for).toBeNull();
    expect(onChain.maxFeePerGasWei).toBeLessThanOrEqual(capWei);
  });
});

describe('more speed', () => {
  it('for what is in the pool signs it anew before the next block, which has the new version', async () => {
    await open();
    const [{ id } = { id: '' }] = await submit(lab, lane, [{ valueWei: 1n, speed: 'slow' }]);
    await lab.change(id, requestSpeed('fastest'));
    const { transaction, onChain } = await finish('confirmed');
    expect(kinds(transaction)).toEqual(['intent', 'intent']);
    expect(waited(transaction)).toBe(0);
    expectBumps(transaction.attempts);
    expect(onChain.hash).toBe(transaction.attempts[1]?.hash);
  });

  it('asked for again and again outbids each version, and one of them is mined', async () => {
    await open();
    const [{ id } = { id: '' }] = await submit(lab, lane, [{ valueWei: 1n, speed: 'slow' }]);
    for (const speed of ['standard', 'fast', 'fastest'] as const) {
      lab.time.skip(1_000);
      await lab.change(id, requestSpeed(speed));
      await workLane(lab.parts, lane.key, () => false);
    }
    const { transaction } = await finish('confirmed');
    expect(transaction.attempts).toHaveLength(4);
    expectBumps(transaction.attempts);
  });
});

describe('cancelling what is in the pool', () => {
  it('wins when its no-op is mined: the nonce is used, and nothing was sent', async () => {
    await open();
    const [{ id } = { id: '' }] = await submit(lab, lane, [{ valueWei: 1n }]);
    expect((await lab.change(id, requestCancel)).cancellation).toMatchObject({ outcome: 'pending' });
    const { transaction, onChain } = await finish('cancelled');
    expect(transaction.cancellation).toMatchObject({ reason: 'requested', requested_by: 'test', outcome: 'won' });
    expect(kinds(transaction)).toEqual(['intent', 'noop']);
    expectBumps(transaction.attempts);
    expect(onChain).toMatchObject({ nonce: 0, valueWei: 0n, hash: transaction.attempts[1]?.hash });
    expect(onChain.to.toLowerCase()).toBe(lane.wallet.address.toLowerCase());
  });

  it('loses when the original was mined before anyone had looked: no no-op is signed', async () => {
    await open();
    const [{ id } = { id: '' }] = await submit(lab, lane, [{ valueWei: 1n }]);
    await passBlocks(lab, 1);
    expect((await lab.change(id, requestCancel)).cancellation).toMatchObject({ outcome: 'pending' });
    const { transaction } = await finish('confirmed');
    expect(transaction.cancellation).toMatchObject({ outcome: 'lost' });
    expect(kinds(transaction)).toEqual(['intent']);
  });

  it('loses when the original is mined before the signed no-op reaches a node', async () => {
    await open();
    const [{ id } = { id: '' }] = await submit(lab, lane, [{ valueWei: 1n }]);
    await lab.change(id, requestCancel);
    const { store } = lab.parts.lanes;
    const late: typeof store.claim = async (...claim) => {
      const after = await store.claim(...claim);
      await lab.chain.mine(lab.time.clock() + 1_000);
      return after;
    };
    const parts = { ...lab.parts, lanes: { ...lab.parts.lanes, store: { ...store, claim: late } } };
    const { transaction } = await finish('confirmed', parts);
    expect(transaction.cancellation).toMatchObject({ outcome: 'lost' });
    expect(kinds(transaction)).toEqual(['intent', 'noop']);
    expect(transaction.hash).toBe(transaction.attempts[0]?.hash);
  });

  it('may offer more than the cap, which what was asked for may not', async () => {
    const capWei = 5n * USUAL_WEI;
    await open({ max_fee_per_gas_wei: capWei.toString() });
    const [{ id } = { id: '' }] = await submit(lab, lane, [{ valueWei: 1n }]);
    await hold(SPIKE_WEI);
    await passBlocks(lab, 1);
    await lab.change(id, requestCancel);
    const { transaction, onChain } = await finish('cancelled');
    expect(kinds(transaction)).toEqual(['intent', 'noop']);
    expect(onChain.maxFeePerGasWei).toBeGreaterThan(capWei);
    expect(onChain.maxFeePerGasWei).toBeLessThanOrEqual(2n * capWei);
  });

  it('ends one of several, and those behind it are mined', async () => {
    await open();
    const [{ id } = { id: '' }] = await submit(lab, lane, [{ valueWei: 1n }, { valueWei: 2n }, { valueWei: 3n }]);
    await lab.change(id, requestCancel);
    await workLane(lab.parts, lane.key);
    await expectLaneLaws(lab, lane, [
      { valueWei: 1n, status: 'cancelled' },
      { valueWei: 2n, status: 'confirmed' },
      { valueWei: 3n, status: 'confirmed' },
    ]);
  });
});

describe('valid_until', () => {
  it('that passes while it is unmined ends it by a no-op, and it is never executed', async () => {
    await open();
    const validUntil = isoTime(lab.time.clock() + 5 * CHAIN.block_time_ms);
    await submit(lab, lane, [{ valueWei: 1n, validUntil }]);
    fillBlocks(8);
    const { transaction, onChain } = await finish('expired');
    expect(transaction).toMatchObject({
      failure: { code: 'TRANSACTION_TIMEOUT' },
      cancellation: { reason: 'valid_until', requested_by: 'lane-worker', outcome: 'won' },
    });
    expect(kinds(transaction)).toEqual(['intent', 'noop']);
    expect(Date.parse(transaction.attempts[1]?.signed_at ?? '')).toBeGreaterThanOrEqual(Date.parse(validUntil));
    expect(onChain).toMatchObject({ nonce: 0, valueWei: 0n });
  });

  it('that passes after it is mined changes nothing', async () => {
    await open();
    const validUntil = isoTime(lab.time.clock() + 3 * CHAIN.block_time_ms);
    await submit(lab, lane, [{ valueWei: 1n, validUntil }]);
    await passBlocks(lab, 1);
    lab.time.skip(5 * CHAIN.block_time_ms);
    const { transaction } = await finish('confirmed');
    expect(kinds(transaction)).toEqual(['intent']);
    expect(transaction.cancellation).toBeNull();
  });
});
