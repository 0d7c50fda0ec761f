import { describe, expect, it } from 'vitest';
import { createHandler } from '#functions/payment-scanner/handler.ts';
import type { ScanKick } from '#shared/payments/scan/scan-kick.ts';
import { ChainClient } from '#shared/platform/chain/chain-client.ts';
import { orderId } from '#test/support/fakes/orders.ts';
import { createScanDesk, payAddress, TOKEN } from '#test/support/fakes/scan-desk.ts';
import { sqsEvent } from '#test/support/fakes/sqs-event.ts';

const CONTEXT = { awsRequestId: 'invocation-1', getRemainingTimeInMillis: () => 50_000 };

/** A scanner of three chains, of which the second is dead. */
async function open() {
  const desk = createScanDesk();
  await desk.place(1);
  const { deps, chain } = desk.pass();
  const kicks: (ScanKick & { readonly delaySeconds: number })[] = [];
  const config = {
    ...chain,
    name: 'test',
    native_asset: 'ETH',
    assets: [{ symbol: 'USDC', token_address: TOKEN, decimals: 6, min_sweep: '0' }],
  };
  const read: number[] = [];
  const handler = createHandler({
    ...deps,
    chains: {
      all: () => [
        { ...ALL, ...config },
        { ...ALL, ...config, chain_id: 2 },
        { ...ALL, ...config, chain_id: 3 },
      ],
    },
    clients: {
      for: async (chainId) => {
        read.push(chainId);
        if (chainId === 2) throw new Error('no endpoint');
        return new ChainClient(desk.chain.rpc);
      },
    },
    token: async () => undefined,
    kicker: {
      kick: async (kick, delaySeconds = 0) => {
        kicks.push({ ...kick, delaySeconds });
      },
    },
  });
  return { ...desk, handler, kicks, read };
}

const ALL = {
  max_gas_per_transaction: 16_777_216,
  in_flight_cap: 4,
  fee_model: 'eip1559' as const,
  rpc_max_head_lag_blocks: 5,
  rpc_broadcast_endpoints: 2,
  max_fee_per_gas_wei: '1',
};

describe('the payment scanner', () => {
  it('reads every chain by its schedule, and one that is dead keeps no other from being read', async () => {
    const { handler, chain, order, read, metrics, log } = await open();
    await handler({}, CONTEXT);
    chain.mine({ name: 'a', logs: [{ token: TOKEN, to: payAddress(1), amount: 1_000_000n }] });
    await handler({}, CONTEXT);
    expect(read.toSorted()).toEqual([2, 2, 3, 3, 31_337, 31_337]);
    expect(await order(orderId(1))).toMatchObject({ status: 'confirming' });
    expect(metrics.counts()).toMatchObject({ PaymentScanFailed: 2 });
    expect(log.of('CHAIN_SCAN_FAILED')).toHaveLength(2);
  });

  it('reads the chains that kicks name, each once, and lets another pass follow a block later', async () => {
    const { handler, read, kicks, clock } = await open();
    const untilMs = clock.now() + 120_000;
    const kick = { chain_id: 31_337, until_ms: untilMs, looks: 3 };
    expect(await handler(sqsEvent([kick, kick]), CONTEXT)).toEqual({ batchItemFailures: [] });
    expect(read).toEqual([31_337]);
    expect(kicks).toEqual([{ ...kick, looks: 2, delaySeconds: 60 }]);
    await handler(sqsEvent([{ ...kick, looks: 0 }]), CONTEXT);
    expect(kicks).toHaveLength(1);
  });

  it('lets none follow when the time of the kick is over, or there is nothing to wait for', async () => {
    const { handler, kicks, clock } = await open();
    await handler(sqsEvent([{ chain_id: 31_337, until_ms: clock.now() + 10_000, looks: 3 }]), CONTEXT);
    await handler({}, CONTEXT);
    expect(kicks).toEqual([]);
  });

  it('lets one follow at once that goes on where time ran out, and none when the time of the kick is over', async () => {
    const { handler, chain, kicks, clock } = await open();
    await handler({}, CONTEXT);
    for (let n = 0; n < 100; n += 1) chain.mine();
    clock.advance(Math.max(0, (chain.blocks.at(-1)?.timestampSeconds ?? 0) * 1_000 - clock.now()));
    chain.before(() => clock.advance(20_000));
    const kick = { chain_id: 31_337, until_ms: clock.now() + 120_000, looks: 0 };
    await handler(sqsEvent([kick]), CONTEXT);
    expect(kicks).toEqual([{ ...kick, delaySeconds: 0 }]);
    await handler(sqsEvent([{ ...kick, until_ms: clock.now() + 30_000 }]), CONTEXT);
    expect(kicks).toHaveLength(1);
  });

  it('gives back a kick that it can not read, and works on the others', async () => {
    const { handler, read, log, clock } = await open();
    const event = sqsEvent([{ chain: 1 }, { chain_id: 3, until_ms: clock.now(), looks: 0 }]);
    expect((await handler(event, CONTEXT)).batchItemFailures).toHaveLength(1);
    expect(read).toEqual([3]);
    expect(log.of('UNREADABLE_SCAN_KICK')).toHaveLength(1);
  });
});
