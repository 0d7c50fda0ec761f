import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createChainDesk } from '#test/support/fakes/chain-desk.ts';
import { expectShopLaws } from '#test/support/fakes/shop-laws.ts';
import { tokenBalance } from '#test/support/payer.ts';

const DUE = 1_000_000n;

let world: Awaited<ReturnType<typeof createChainDesk>>;
let token: string;
let feeToken: string;
let payMany: string;
let next = 0;

beforeAll(async () => {
  world = await createChainDesk();
  const { payer, accepted } = world;
  token = await payer.deploy('HavenToken', payer.address);
  feeToken = await payer.deploy('FeeToken', 1_000_000_000n);
  payMany = await payer.deploy('PayMany');
  accepted.push({ symbol: 'HAVEN', tokenAddress: token }, { symbol: 'FEE', tokenAddress: feeToken });
  await payer.send({ to: token, data: payer.data('HavenToken', 'mint', payer.address, 1_000_000_000n) });
  await payer.send({ to: token, data: payer.data('HavenToken', 'approve', payMany, 1_000_000_000n) });
  await world.mine();
  await world.scan();
});

afterAll(async () => {
  await expectShopLaws(world.desk);
  await world.stop();
});

/** Places an order of this test alone. */
async function order(tokenAddress: string | null = null) {
  next += 1;
  const n = next;
  const address = await world.place(n, { token_address: tokenAddress });
  return { n, address };
}

/** Pays by a token's own transfer. */
const transfer = (to: string, amount: bigint, of = token) =>
  world.payer.send({ to: of, data: world.payer.data('HavenToken', 'transfer', to, amount) });

async function mineAndScan(blocks = 1) {
  for (let n = 0; n < blocks; n += 1) await world.mine();
  return world.scan();
}

describe('somebody who pays on a real chain', () => {
  it('pays exactly, in coin and in a token', async () => {
    const [coin, other] = [await order(), await order(token)];
    await world.payer.send({ to: coin.address, valueWei: DUE });
    await transfer(other.address, DUE);
    await mineAndScan();
    for (const { n } of [coin, other])
      expect(await world.desk.see(n)).toMatchObject({ status: 'confirming', flags: [] });
    await mineAndScan();
    for (const { n } of [coin, other])
      expect(await world.desk.see(n)).toMatchObject({ status: 'paid', paid: '1000000' });
  });

  it('pays a little less, too little, in two parts, and too much', async () => {
    const [less, short, over] = [await order(token), await order(token), await order(token)];
    await transfer(less.address, DUE - 1_000n);
    await transfer(short.address, DUE / 2n);
    await transfer(over.address, DUE * 2n);
    await mineAndScan();
    expect(await world.desk.see(less.n)).toMatchObject({ flags: ['settled_within_tolerance'] });
    expect(await world.desk.see(short.n)).toMatchObject({ status: 'awaiting_payment', flags: ['partially_paid'] });
    expect(await world.desk.see(over.n)).toMatchObject({ status: 'confirming', flags: ['overpaid'] });
    await transfer(short.address, DUE / 2n);
    await mineAndScan(2);
    expect(await world.desk.see(short.n)).toEqual({ status: 'paid', flags: [], paid: '1000000' });
  });

  it('pays in a token that the order does not ask for: it is kept in sight', async () => {
    const { n, address } = await order(token);
    await transfer(address, DUE, feeToken);
    await mineAndScan();
    expect(await world.desk.see(n)).toEqual({ status: 'awaiting_payment', flags: ['other_asset'], paid: '0' });
  });

  it('pays two orders in one transaction', async () => {
    const [one, two] = [await order(token), await order(token)];
    const data = world.payer.data('PayMany', 'payTokens', token, [one.address, two.address], [DUE, DUE]);
    await world.payer.send({ to: payMany, data });
    await mineAndScan();
    for (const { n } of [one, two])
      expect(await world.desk.see(n)).toMatchObject({ status: 'confirming', paid: '1000000' });
  });

  it('pays with a token that keeps a part: what arrived is credited', async () => {
    const { n, address } = await order(feeToken);
    await transfer(address, DUE, feeToken);
    await mineAndScan();
    const arrived = await tokenBalance(world.payer, feeToken, address);
    expect(arrived).toBe(990_000n);
    expect(await world.desk.see(n)).toMatchObject({ status: 'awaiting_payment', paid: arrived.toString() });
  });

  it('pays nothing, and that is nothing', async () => {
    const [coin, other] = [await order(), await order(token)];
    await world.payer.send({ to: coin.address, valueWei: 0n });
    await transfer(other.address, 0n);
    await mineAndScan();
    for (const { n } of [coin, other]) expect(world.desk.payments(n)).toEqual([]);
  });

  it('pays by a transaction that fails: it is none', async () => {
    const { n, address } = await order();
    // The contract refuses uneven lists, and with them the coin that came along.
    const uneven = world.payer.data('PayMany', 'payCoin', [address], []);
    await world.payer.send({ to: payMany, valueWei: DUE, data: uneven });
    await mineAndScan();
    expect(world.desk.payments(n)).toEqual([]);
  });

  it('replaces what it sent by a higher fee: only what is mined counts', async () => {
    const [first, second] = [await order(), await order()];
    await world.payer.send({ to: first.address, valueWei: DUE });
    await world.payer.send({ to: second.address, valueWei: DUE, nonce: world.payer.lastNonce(), gasPriceGwei: 20 });
    await mineAndScan();
    expect(world.desk.payments(first.n)).toEqual([]);
    expect(await world.desk.see(second.n)).toMatchObject({ status: 'confirming' });
  });

  it('pays by a contract that sends coin along: it is found by the balance, in time', async () => {
    const { n, address } = await order();
    const data = world.payer.data('PayMany', 'payCoin', [address], [DUE]);
    await world.payer.send({ to: payMany, valueWei: DUE, data });
    await mineAndScan();
    expect(await world.desk.see(n)).toMatchObject({ status: 'awaiting_payment', paid: '0' });
    await world.passTime(3_600);
    await world.scan();
    expect(world.desk.payments(n)).toMatchObject([{ id: `31337:${address}:balance`, amount: '1000000' }]);
    await mineAndScan();
    expect(await world.desk.see(n)).toMatchObject({ status: 'paid', flags: [] });
  });
});

describe('time on a real chain', () => {
  it('is that of blocks: in time though it is seen after hours of downtime, late though it is seen before others', async () => {
    const [early, late] = [await order(token), await order(token)];
    await transfer(early.address, DUE);
    await world.mine();
    await world.passTime(3_600);
    await transfer(late.address, DUE);
    await world.mine();
    await world.lab.ask('anvil_mine', ['0x64', '0x3c']);
    await world.scan();
    expect(await world.desk.see(early.n)).toMatchObject({ status: 'paid', flags: [] });
    expect(await world.desk.see(late.n)).toMatchObject({ status: 'expired', flags: ['paid_late'], paid: '1000000' });
  });
});

describe('a reorg on a real chain', () => {
  it('that takes a payment away and brings it back, or leaves it gone', async () => {
    const [back, gone] = [await order(token), await order(token)];
    await transfer(back.address, DUE);
    await world.mine();
    await world.scan();
    expect(await world.desk.see(back.n)).toMatchObject({ status: 'confirming' });
    const snapshot = await world.lab.ask('evm_snapshot');
    const hash = await transfer(gone.address, DUE);
    await world.mine();
    await world.scan();
    expect(await world.desk.see(gone.n)).toMatchObject({ status: 'confirming' });
    await world.lab.ask('evm_revert', [snapshot]);
    await world.lab.ask('anvil_dropTransaction', [hash]).catch(() => undefined);
    await world.passTime(5);
    await world.mine();
    await world.scan();
    expect(await world.desk.see(gone.n)).toMatchObject({ status: 'awaiting_payment', flags: [], paid: '0' });
    expect(await world.desk.see(back.n)).toMatchObject({ status: 'paid' });
    await world.payer.send({
      to: token,
      data: world.payer.data('HavenToken', 'transfer', gone.address, DUE),
      nonce: world.payer.lastNonce(),
    });
    await mineAndScan(2);
    expect(await world.desk.see(gone.n)).toMatchObject({ status: 'paid', paid: '1000000' });
  });
});
