import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Anvil, startAnvil } from '#test/support/anvil.ts';
import { TEST_WALLET } from '#test/support/fakes/ledger-transactions.ts';
import { LabChain } from '#test/support/lane-lab/lab-chain.ts';
import { manyEndpointLane } from '#test/support/lane-lab/many-endpoint-lane.ts';

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
const laneOf = async (endpoints: readonly LabChain[]) => manyEndpointLane(endpoints, await honest.headTimeMs());

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
