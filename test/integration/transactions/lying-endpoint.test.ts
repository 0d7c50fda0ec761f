import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { createChainClients } from '#shared/platform/chain/chain-clients.ts';
import { type ChainConfig, ChainRegistry } from '#shared/platform/chain/chain-config.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { newId } from '#shared/platform/ids.ts';
import { driveLane } from '#shared/transactions/lane/driver.ts';
import { type Transaction, transactionSchema } from '#shared/transactions/transaction.ts';
import { type Anvil, startAnvil } from '#test/support/anvil.ts';
import { createFakeClock } from '#test/support/fakes/fake-clock.ts';
import { laneTables, TEST_LANE } from '#test/support/fakes/lane-tables.ts';
import { queued, TEST_CHAIN, TEST_WALLET } from '#test/support/fakes/ledger-transactions.ts';
import { createRecordingLog } from '#test/support/fakes/recording-log.ts';
import { createRecordingMetrics } from '#test/support/fakes/recording-metrics.ts';
import { createTestSigner } from '#test/support/fakes/test-signer.ts';
import { LabChain } from '#test/support/lane-lab/lab-chain.ts';

/** Blocks come when the test says so, further apart than a driver stays. */
const CHAIN: ChainConfig = { ...TEST_CHAIN, block_time_ms: 12_000, required_confirmations: 3 };
const GWEI = 10n ** 9n;

let anvils: Anvil[];
/** What everybody but the liar has. */
let honest: LabChain;
/** On a fork of its own. */
let liar: LabChain;

beforeEach(async () => {
  const first = await startAnvil({ minesOnDemand: true });
  anvils = [first];
  honest = new LabChain(first.rpcUrl);
  await honest.fund(TEST_WALLET.address, '10');
  for (let block = 0; block < 3; block += 1) await honest.ask('evm_mine');
  const second = await startAnvil({ minesOnDemand: true, forkOf: first.rpcUrl });
  anvils.push(second);
  liar = new LabChain(second.rpcUrl);
});
afterEach(() => Promise.all(anvils.map((anvil) => anvil.stop())));

/** A lane with one queued transaction, and drivers that see it through some endpoints. */
async function laneOf(endpoints: readonly LabChain[]) {
  const { store, dynamo } = laneTables([queued(1)], { next_nonce: null, version: 0 });
  const log = createRecordingLog();
  const metrics = createRecordingMetrics();
  const clock = createFakeClock(await honest.headTimeMs());
  const run = async (through: readonly LabChain[]) => {
    const urls = through.map(({ rpcUrl }, index) => ({ url: rpcUrl, name: `endpoint-${index + 1}` }));
    const deps = {
      store,
      wallets: { identity: async () => TEST_WALLET },
      chains: new ChainRegistry([CHAIN]),
      clients: createChainClients(async () => ({ [CHAIN.chain_id]: urls }), log.log, {
        chains: [CHAIN],
        clock: clock.now,
      }),
      signer: createTestSigner(),
      newId,
      clock: clock.now,
      sleep: async (durationMs: number) => clock.advance(durationMs),
      log: log.log,
      metrics: metrics.metrics,
    };
    return driveLane(deps, TEST_LANE, 'lied to', Deadline.in(30_000, clock.now));
  };
  return {
    log,
    metrics,
    /** Runs a driver once, as a kick would. */
    run: (through = endpoints) => run(through),
    transaction(): Transaction {
      const rows = dynamo
        .items('ledger')
        .map((item) => unmarshall(z.record(z.string(), z.custom<AttributeValue>()).parse(item)));
      return transactionSchema.parse(rows.find(({ sk }) => sk === 'TX'));
    },
    /** Blocks on one chain, and the time that they take. */
    async mine(chain: LabChain, blocks: number): Promise<void> {
      for (let block = 0; block < blocks; block += 1) {
        clock.advance(CHAIN.block_time_ms);
        await chain.mine(clock.now());
      }
    },
  };
}

/** What the account truly sent, in order. */
const sent = async () => (await honest.history(TEST_WALLET.address)).map(({ nonce, valueWei }) => [nonce, valueWei]);

describe('an endpoint that lies about blocks, before one that does not', () => {
  it('has nothing confirmed by a fork of its own, nor by others while it contradicts them', async () => {
    const lane = await laneOf([liar, honest]);
    await lane.run();
    expect(lane.transaction().status).toBe('submitted');
    // The liar has it deep in its blocks; the others have blocks as high, and it is in none of them.
    await honest.ask('anvil_dropAllTransactions');
    await lane.mine(liar, 4);
    await lane.mine(honest, 4);
    await lane.run();
    expect(lane.transaction()).toMatchObject({ status: 'mined' });
    expect(lane.log.of('FINALITY_DISPUTED')[0]).toMatchObject({ endpoint: 'endpoint-2' });
    expect(lane.metrics.counts()['TransactionConfirmed']).toBeUndefined();
    // Without the liar it is found out: back, handed over again, and mined where everybody is.
    await lane.run([honest]);
    expect(lane.transaction().status).toBe('submitted');
    await lane.run([honest]);
    await lane.mine(honest, 3);
    await lane.run([honest, liar]);
    expect(lane.transaction().status).toBe('mined');
    await lane.run([honest]);
    expect(lane.transaction().status).toBe('confirmed');
    expect(await sent()).toEqual([[0, 1n]]);
  });

  it('gives no nonce up to a stranger that only it has: what was signed is executed once', async () => {
    const lane = await laneOf([liar, honest]);
    await lane.run();
    await liar.ask('anvil_dropAllTransactions');
    await liar.sendAsStranger(TEST_WALLET.address, 0, 10n * GWEI);
    await lane.mine(liar, 12);
    await lane.run();
    expect(lane.transaction()).toMatchObject({ status: 'submitted', nonce: 0 });
    // What it had signed before is mined now, where everybody is.
    await lane.mine(honest, 12);
    for (let look = 0; look < 3; look += 1) await lane.run();
    expect(lane.transaction()).toMatchObject({ status: 'submitted', nonce: 0 });
    expect(lane.log.of('FINALITY_DISPUTED').length).toBeGreaterThan(0);
    await lane.run([honest]);
    expect(lane.transaction()).toMatchObject({ status: 'confirmed', nonce: 0 });
    expect(lane.transaction().attempts).toHaveLength(1);
    expect(await sent()).toEqual([[0, 1n]]);
  });

  it('is none of two that agree: those hold nothing up', async () => {
    const lane = await laneOf([honest, new LabChain(`${honest.rpcUrl}/?other`)]);
    await lane.run();
    await lane.mine(honest, 3);
    await lane.run();
    expect(lane.transaction().status).toBe('confirmed');
    expect(lane.log.of('FINALITY_DISPUTED')).toEqual([]);
  });
});
