import { describe, expect, it } from 'vitest';
import type { JsonRpc, OtherAnswer, RpcCall, RpcOutcome } from '#shared/platform/chain/json-rpc.ts';
import { createScanDesk, DUE, payAddress, payToken, type ScanDesk, TOKEN } from '#test/support/fakes/scan-desk.ts';
import { expectShopLaws } from '#test/support/fakes/shop-laws.ts';

/** Two endpoints: the first is asked, the second for its opinion. */
function two(
  first: JsonRpc,
  second: JsonRpc | 'away',
): { readonly rpc: JsonRpc; readonly others: readonly (readonly RpcCall[])[] } {
  const others: (readonly RpcCall[])[] = [];
  return {
    others,
    rpc: {
      ask: (calls, read, deadline) => first.ask(calls, (outcomes) => read(outcomes, 'first'), deadline),
      async askOther(_besides, calls, read, deadline): Promise<OtherAnswer<ReturnType<typeof read>>> {
        if (second === 'away') return { kind: 'unusable' };
        others.push(calls);
        return { kind: 'answered', endpoint: 'second', value: await second.ask(calls, read, deadline) };
      },
    },
  };
}

/** An endpoint that tells of the chain, and of a payment that is not on it. */
function lying(desk: ScanDesk, to: string): JsonRpc {
  const hash = `0x${'1e'.repeat(32)}`;
  const place = () => {
    const block = desk.chain.blocks[1];
    return { blockNumber: '0x1', blockHash: block?.hash };
  };
  const madeUp = () => ({
    address: TOKEN,
    topics: [
      '0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef',
      `0x${'5e'.repeat(20).padStart(64, '0')}`,
      `0x${to.slice(2).padStart(64, '0')}`,
    ],
    data: `0x${DUE.toString(16).padStart(64, '0')}`,
    ...place(),
    transactionHash: hash,
    logIndex: '0x0',
  });
  const answer = ({ method, params }: RpcCall, honest: RpcOutcome): RpcOutcome => {
    if (method === 'eth_getLogs') return { ok: true, result: desk.chain.blocks.length > 1 ? [madeUp()] : [] };
    if (method !== 'eth_getTransactionReceipt' || params[0] !== hash) return honest;
    return { ok: true, result: { transactionHash: hash, ...place(), status: '0x1', gasUsed: '0x0', logs: [madeUp()] } };
  };
  return {
    ask: (calls, read, deadline) =>
      desk.chain.rpc.ask(
        calls,
        (outcomes) =>
          read(
            calls.map((call, index) => answer(call, outcomes[index] ?? { ok: true, result: null })),
            'first',
          ),
        deadline,
      ),
  };
}

async function open() {
  const desk = createScanDesk();
  await desk.place(1);
  await desk.scan();
  return desk;
}

describe('a payment that one endpoint made up', () => {
  it('is never confirmed as long as another says that there is none, and operators are told once', async () => {
    const desk = await open();
    const { rpc } = two(lying(desk, payAddress(1)), desk.chain.rpc);
    desk.chain.mine();
    await desk.scan(undefined, { rpc });
    expect(await desk.see(1)).toMatchObject({ status: 'confirming' });
    for (let n = 0; n < 10; n += 1) {
      desk.chain.mine();
      // A log that is told again in a later range is of no block of it.
      const { rpc: honest } = two(onlyReceiptsLie(desk, rpc), desk.chain.rpc);
      await desk.scan(undefined, { rpc: honest });
    }
    expect(desk.payments(1)).toMatchObject([{ status: 'detected' }]);
    expect(await desk.see(1)).not.toMatchObject({ status: 'paid' });
    expect(desk.metrics.counts().PaymentDisputed).toBeGreaterThan(1);
    const alerts = desk.rows('logs').filter(({ category }) => category === 'payment_anomaly');
    expect(alerts).toHaveLength(1);
    await expectShopLaws(desk);
  });

  it('is not confirmed by an honest one either that is asked later', async () => {
    const desk = await open();
    desk.chain.mine();
    await desk.scan(undefined, { rpc: lying(desk, payAddress(1)) });
    for (let n = 0; n < 5; n += 1) {
      desk.chain.mine();
      await desk.scan();
    }
    expect(desk.payments(1)).toMatchObject([{ status: 'detected' }]);
    expect(desk.metrics.counts()).toHaveProperty('PaymentDisputed');
  });
});

/** Blocks and logs of the chain, receipts of the liar. */
function onlyReceiptsLie(desk: ScanDesk, liar: JsonRpc): JsonRpc {
  return {
    ask: (calls, read, deadline) =>
      calls.some(({ method }) => method === 'eth_getLogs')
        ? desk.chain.rpc.ask(calls, read, deadline)
        : liar.ask(calls, read, deadline),
  };
}

describe('a second opinion', () => {
  it('that agrees confirms a payment at once', async () => {
    const desk = await open();
    const { rpc, others } = two(desk.chain.rpc, desk.chain.rpc);
    desk.chain.mine({ name: 'a', logs: [payToken(1)] });
    await desk.scan(undefined, { rpc });
    expect(others).toEqual([]);
    desk.chain.mine();
    await desk.scan(undefined, { rpc });
    expect(others).toHaveLength(1);
    expect(await desk.see(1)).toMatchObject({ status: 'paid' });
  });

  it('that nobody gives is done without at twice the depth', async () => {
    const desk = await open();
    const { rpc } = two(desk.chain.rpc, 'away');
    desk.chain.mine({ name: 'a', logs: [payToken(1)] });
    for (const [depth, status] of [
      [2, 'confirming'],
      [3, 'confirming'],
      [4, 'paid'],
    ] as const) {
      desk.chain.mine();
      await desk.scan(undefined, { rpc });
      expect([depth, (await desk.see(1)).status]).toEqual([depth, status]);
    }
    expect(desk.log.of('PAYMENT_NOT_CHECKED')).toHaveLength(3);
  });

  it('of an endpoint that has not come so far is none', async () => {
    const desk = await open();
    const behind: JsonRpc = {
      ask: (calls, read, deadline) =>
        desk.chain.rpc.ask(
          calls.map((call) => (call.params[0] === 'latest' ? { ...call, params: ['0x0', false] } : call)),
          (outcomes) => read(outcomes.map((one, index) => (index === 0 ? one : { ok: true, result: null }))),
          deadline,
        ),
    };
    const { rpc } = two(desk.chain.rpc, behind);
    desk.chain.mine({ name: 'a', logs: [payToken(1)] });
    desk.chain.mine();
    await desk.scan(undefined, { rpc });
    expect(await desk.see(1)).toMatchObject({ status: 'confirming' });
    expect(desk.metrics.counts()).not.toHaveProperty('PaymentDisputed');
    desk.chain.mine();
    desk.chain.mine();
    await desk.scan(undefined, { rpc });
    expect(await desk.see(1)).toMatchObject({ status: 'paid' });
  });
});
