import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Anvil, startAnvil } from '#test/support/anvil.ts';
import { queued, TEST_WALLET } from '#test/support/fakes/ledger-transactions.ts';
import { LabChain } from '#test/support/lane-lab/lab-chain.ts';
import { manyEndpointLane } from '#test/support/lane-lab/many-endpoint-lane.ts';
import { type Lie, startLyingProxy } from '#test/support/rpc-lies-proxy.ts';

/** Until what was silent for long, replaced and looked for elsewhere is long over. */
const ROUNDS = 24;

let toEnd: (() => Promise<void>)[];
let anvil: Anvil;
/** What everybody but the liar has. */
let honest: LabChain;

beforeEach(async () => {
  anvil = await startAnvil({ minesOnDemand: true });
  toEnd = [() => anvil.stop()];
  honest = new LabChain(anvil.rpcUrl);
  await honest.fund(TEST_WALLET.address, '10');
  // So many that no chain's base fee falls any further: what one of them asks, all take.
  await honest.ask('anvil_mine', ['0xc8']);
});
afterEach(() => Promise.all(toEnd.map((end) => end())));

/** An endpoint that lies, and whether blocks come to it with those of everybody else. */
interface Liar {
  readonly chain: LabChain;
  readonly isMined: boolean;
}

/** A chain of its own, with what there is before the lane begins. */
async function fork(prepare: (chain: LabChain) => Promise<unknown>, isMined = true): Promise<Liar> {
  const forked = await startAnvil({ minesOnDemand: true, forkOf: anvil.rpcUrl });
  toEnd.push(() => forked.stop());
  const chain = new LabChain(forked.rpcUrl);
  await prepare(chain);
  return { chain, isMined };
}

async function proxy(lie: Lie): Promise<Liar> {
  const lying = await startLyingProxy(anvil.rpcUrl, lie);
  toEnd.push(() => lying.close());
  return { chain: new LabChain(lying.url), isMined: false };
}

const LIARS: readonly (readonly [string, () => Promise<Liar>])[] = [
  ['has all transactions in blocks of its own', () => fork((chain) => chain.ask('evm_mine'))],
  ['takes transactions and mines none', () => fork((chain) => chain.setFull(true))],
  [
    'has lost its receipts',
    () => proxy(({ method }, result) => (method === 'eth_getTransactionReceipt' ? null : result)),
  ],
  ['is far ahead of everybody', () => fork((chain) => chain.ask('anvil_mine', ['0xc8']), false)],
  [
    'says for ever that an account has sent nothing',
    () =>
      proxy(({ method, params }, result) =>
        method === 'eth_getTransactionCount' && params[1] === 'latest' ? '0x0' : result,
      ),
  ],
];

/** A lane that was looked at with each of many blocks. */
async function seen(endpoints: readonly LabChain[], liar: Liar) {
  const lane = manyEndpointLane(endpoints, await honest.headTimeMs());
  await lane.run();
  for (let round = 0; round < ROUNDS && lane.transaction().status !== 'confirmed'; round += 1) {
    await lane.mine(liar.isMined ? [honest, liar.chain] : honest, 1);
    await lane.run();
  }
  return lane;
}

/** Code that reverts, whatever is asked of it: PUSH1 0, PUSH1 0, REVERT. */
const REVERTS = '0x60006000fd';

/** What the account truly sent, in order. */
const sent = async () => (await honest.history(TEST_WALLET.address)).map(({ nonce, valueWei }) => [nonce, valueWei]);

describe.each(LIARS)('one endpoint that %s', (_name, lie) => {
  it.each([1, 2, 3])('does not stop a lane with two others, at place %i of the list', async (place) => {
    const liar = await lie();
    const others = [honest, new LabChain(`${honest.rpcUrl}/?other`)];
    const lane = await seen(others.toSpliced(place - 1, 0, liar.chain), liar);
    expect(lane.transaction()).toMatchObject({ status: 'confirmed', nonce: 0, waiting_for: null });
    expect(await sent()).toEqual([[0, 1n]]);
    const blamed = ['RPC_ENDPOINT_OUTVOTED', 'RPC_ENDPOINT_FAR_AHEAD'] as const;
    const names = new Set(blamed.flatMap((message) => lane.log.of(message).map(({ endpoint }) => endpoint)));
    expect([...names].filter((name) => name !== `endpoint-${place}`)).toEqual([]);
    if (place === 1) expect(names.size).toBe(1);
  });

  it('makes a lane wait, and say so, when there is one other', async () => {
    const liar = await lie();
    const lane = await seen([liar.chain, honest], liar);
    expect(lane.transaction()).toMatchObject({ nonce: 0, waiting_for: 'lane' });
    expect(['submitted', 'mined']).toContain(lane.transaction().status);
    expect(lane.log.of('FINALITY_DISPUTED').at(-1)).toMatchObject({ endpoint: 'endpoint-2' });
    expect(lane.metrics.counts()['FinalityDisputed']).toBeGreaterThan(0);
    expect(await sent()).toEqual([[0, 1n]]);
  });
});

describe('one endpoint that says of every transaction that it reverts', () => {
  const refusing = () => fork((chain) => chain.ask('anvil_setCode', [queued(1).to, REVERTS]));

  it.each([1, 2, 3])('ends none where two others say that it succeeds, at place %i of the list', async (place) => {
    const liar = await refusing();
    const others = [honest, new LabChain(`${honest.rpcUrl}/?other`)];
    const lane = await seen(others.toSpliced(place - 1, 0, liar.chain), liar);
    expect(lane.transaction()).toMatchObject({ status: 'confirmed', nonce: 0, waiting_for: null });
    expect(await sent()).toEqual([[0, 1n]]);
  });

  it('ends none where one other says that it succeeds: it waits, and says so', async () => {
    const liar = await refusing();
    const lane = await seen([liar.chain, honest], liar);
    expect(lane.transaction()).toMatchObject({ status: 'queued', nonce: null, waiting_for: 'lane' });
    expect(lane.log.of('FINALITY_DISPUTED').at(-1)).toMatchObject({ endpoint: 'endpoint-2', against: 'endpoint-1' });
    expect(await sent()).toEqual([]);
  });
});
