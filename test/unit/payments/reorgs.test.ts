import { describe, expect, it } from 'vitest';
import { openScanDesk, payToken, type ScanDesk } from '#test/support/fakes/scan-desk.ts';

/** The chain as it was some blocks ago. */
function createLate(desk: ScanDesk, blocks: number): typeof desk.chain.rpc {
  const headNumber = desk.chain.blocks.length - 1 - blocks;
  return {
    ask: (calls, read, deadline) =>
      desk.chain.rpc.ask(
        calls.map((call) =>
          call.params[0] === 'latest' ? { ...call, params: [`0x${headNumber.toString(16)}`, false] } : call,
        ),
        read,
        deadline,
      ),
  };
}

describe('a reorg', () => {
  it('that takes a payment away takes the order back, and one that brings it again pays it', async () => {
    const desk = await openScanDesk();
    desk.chain.mine({ name: 'a', logs: [payToken(1)] });
    await desk.scan();
    desk.chain.drop(1);
    desk.chain.mine();
    await desk.scan();
    expect(await desk.see(1)).toMatchObject({ status: 'awaiting_payment', flags: [], paid: '0' });
    expect(desk.payments(1)).toMatchObject([{ status: 'orphaned' }]);
    desk.chain.mine({ name: 'a', logs: [payToken(1)] });
    desk.chain.mine();
    await desk.scan();
    expect(await desk.see(1)).toMatchObject({ status: 'paid', paid: '1000000' });
    expect(desk.payments(1)).toHaveLength(1);
  });

  it('in which its log is counted otherwise leaves one payment, and never an order without it', async () => {
    const desk = await openScanDesk(2);
    desk.chain.mine({ name: 'a', logs: [payToken(1)] });
    await desk.scan();
    desk.chain.drop(1);
    desk.chain.mine({ name: 'other', logs: [payToken(2)] }, { name: 'a', logs: [payToken(1)] });
    await desk.scan();
    expect(await desk.see(1)).toMatchObject({ status: 'confirming', paid: '1000000' });
    expect(
      desk
        .payments(1)
        .map(({ status }) => status)
        .toSorted(),
    ).toEqual(['detected', 'orphaned']);
    expect(desk.rows('audit').filter(({ action }) => action === 'order.payment_lost')).toEqual([]);
  });

  it('that moves it beyond the deadline leaves it late', async () => {
    const desk = await openScanDesk();
    desk.chain.mine({ name: 'a', logs: [payToken(1)] });
    await desk.scan();
    desk.chain.drop(1);
    desk.mineBeyondDeadline();
    desk.chain.mine({ name: 'a', logs: [payToken(1)] });
    await desk.scan();
    expect(await desk.see(1)).toEqual({ status: 'expired', flags: ['paid_late'], paid: '1000000' });
  });

  it('of many blocks goes back to a block that both know', async () => {
    const desk = await openScanDesk();
    desk.chain.mine({ name: 'a', logs: [payToken(1)] });
    for (let n = 0; n < 300; n += 1) desk.chain.mine();
    await desk.scan();
    desk.chain.drop(301);
    for (let n = 0; n < 310; n += 1) desk.chain.mine();
    await desk.scan();
    expect(desk.metrics.counts()).toMatchObject({ PaymentScanReorg: 1, OrderPaymentUndone: 1 });
    expect(await desk.see(1)).toMatchObject({ status: 'paid', flags: ['partially_paid'], paid: '0' });
  });

  it('beyond all that is known is told, and what is gone is found out', async () => {
    const desk = await openScanDesk();
    desk.chain.mine({ name: 'a', logs: [payToken(1)] });
    desk.chain.mine();
    await desk.scan();
    expect(await desk.see(1)).toMatchObject({ status: 'paid' });
    // Another chain altogether: not even its first block is the same.
    const first = desk.chain.blocks[0];
    if (first === undefined) throw new Error('No first block');
    desk.chain.lie(({ method, params }) => {
      if (method !== 'eth_getBlockByNumber' || params[0] !== '0x0') return undefined;
      return {
        ok: true,
        result: {
          number: '0x0',
          hash: `0x${'77'.repeat(32)}`,
          parentHash: first.parentHash,
          timestamp: '0x1',
          transactions: [],
        },
      };
    });
    desk.chain.drop(2);
    desk.chain.mine();
    desk.chain.mine();
    desk.chain.mine();
    await desk.scan().catch(() => undefined);
    expect(desk.rows('logs').filter(({ severity }) => severity === 'CRITICAL').length).toBeGreaterThan(0);
  });

  it('is not what a late endpoint is: nothing is taken back', async () => {
    const desk = await openScanDesk();
    desk.chain.mine();
    desk.chain.mine({ name: 'a', logs: [payToken(1)] });
    await desk.scan();
    const late = createLate(desk, 1);
    expect(await desk.scan(undefined, { rpc: late })).toMatchObject({ blocks: 0, lagSeconds: undefined });
    expect(await desk.see(1)).toMatchObject({ status: 'confirming', paid: '1000000' });
  });
});
