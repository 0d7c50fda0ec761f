import { describe, expect, it } from 'vitest';
import { createTreasuryChain } from '#shared/payments/refunds/look-at-treasury.ts';
import { ChainClient } from '#shared/platform/chain/chain-client.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';
import { answered, refused } from '#test/support/fakes/fake-rpc.ts';
import { TEST_CHAIN, TEST_WALLET } from '#test/support/fakes/ledger-transactions.ts';
import { createRefundDesk, OTHER_TOKEN } from '#test/support/fakes/refund-desk.ts';
import { expectRefundLaws } from '#test/support/fakes/refund-laws.ts';

const COIN = { token_address: null, asset: 'ETH', decimals: 18 };

async function paidDesk(payment = {}) {
  const desk = createRefundDesk();
  desk.putProduct('TEE-M', [10]);
  await desk.putPaid({}, [1_000_000], payment);
  return desk;
}

describe('a refund that the treasury has too little for now', () => {
  it('of a token is refused, naming what is missing, and nothing stands in its lane', async () => {
    const desk = await paidDesk();
    desk.chain.tokens = 999_998n;
    const error = await caughtLater(HavenError, () => desk.refund());
    expect(error).toMatchObject({
      code: 'INSUFFICIENT_BALANCE',
      details: { wallet_id: TEST_WALLET.id, asset: 'USDC', balance: '999998', required: '1000000', missing: '2' },
    });
    expect(desk.rows('ledger').filter(({ pk }) => /^(TX|LANE)#/.test(String(pk)))).toEqual([]);
    expect((await desk.read()).order).toMatchObject({ status: 'paid', version: 1 });
    desk.chain.tokens = 1_000_000n;
    await desk.refund();
    await expectRefundLaws(desk);
  });

  it('of coin counts what its gas costs now', async () => {
    const desk = await paidDesk(COIN);
    desk.chain.gasPriceWei = 10n;
    desk.chain.coinWei = 1_000_000n + 209_999n;
    const error = await caughtLater(HavenError, () => desk.refund());
    expect(error).toMatchObject({ code: 'INSUFFICIENT_BALANCE', details: { asset: 'ETH', missing: '1' } });
    desk.chain.coinWei += 1n;
    expect(await desk.refund()).toMatchObject({ status: 'pending' });
  });

  it('of a token is refused for want of coin for its gas', async () => {
    const desk = await paidDesk();
    desk.chain.coinWei = 0n;
    const error = await caughtLater(HavenError, () => desk.refund());
    expect(error).toMatchObject({ code: 'INSUFFICIENT_BALANCE', details: { asset: 'ETH', balance: '0' } });
  });
});

describe('what a chain says of a treasury', () => {
  const asked: string[] = [];
  const client = new ChainClient({
    async ask(calls, read) {
      return read(
        calls.map(({ method, params }) => {
          asked.push(method);
          switch (method) {
            case 'eth_getBlockByNumber':
              return answered({ number: '0x64', hash: `0x${'ab'.repeat(32)}`, timestamp: '0x1' });
            case 'eth_getTransactionCount':
              return answered('0x0');
            case 'eth_getBalance':
              return answered('0x7');
            case 'eth_gasPrice':
              return answered('0x3');
            case 'eth_call':
              return answered(`0x${'9'.padStart(64, '0')}`);
            case 'eth_getCode':
              return answered(params[0] === OTHER_TOKEN ? '0x60016001' : '0x');
            case 'eth_estimateGas':
              return answered('0x5209');
            default:
              return refused('method not found');
          }
        }),
      );
    },
  });
  const look = createTreasuryChain({ for: async () => client });
  const deadline = Deadline.in(10_000, Date.now);
  const treasury = { wallet_id: TEST_WALLET.id, address: TEST_WALLET.address };
  const outgoing = { treasury, chain: TEST_CHAIN, asset: 'ETH', tokenAddress: null, amount: 1n };

  it('is its coin, and its tokens as of the same block', async () => {
    const view = { blockNumber: 100, coinWei: 7n, gasPriceWei: 3n };
    expect(await look.treasury(outgoing, deadline)).toEqual({ ...view, balance: 7n });
    const token = { ...outgoing, asset: 'DAI', tokenAddress: OTHER_TOKEN };
    expect(await look.treasury(token, deadline)).toEqual({ ...view, balance: 9n });
  });

  it('is whether an address has code, and what a transfer takes', async () => {
    expect(await look.hasCode(31_337, OTHER_TOKEN, deadline)).toBe(true);
    expect(await look.hasCode(31_337, TEST_WALLET.address, deadline)).toBe(false);
    expect(await look.plainGas(outgoing, deadline)).toBe(21_001n);
  });
});
