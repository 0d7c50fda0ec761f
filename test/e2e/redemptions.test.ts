import { randomUUID } from 'node:crypto';
import { Interface, parseEther, toQuantity, ZeroAddress, zeroPadValue } from 'ethers';
import { beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { fund } from '#local/seed.ts';
import { createOutbox } from '#shared/platform/outbox/outbox-table.ts';
import { inProcess, stageAudit } from '#test/support/in-process.ts';
import { askChain, ended, eventually, type LocalHaven, localHaven } from '#test/support/local-haven.ts';

const BURN_ADDRESS = '0x000000000000000000000000000000000000dEaD';
const HAVEN_10 = parseEther('10').toString();

let haven: LocalHaven;
beforeAll(() => {
  haven = localHaven();
});

const token = new Interface([
  'function totalSupply() view returns (uint256)',
  'function balanceOf(address) view returns (uint256)',
  'event Transfer(address indexed from, address indexed to, uint256 value)',
]);
const transferTopic = token.getEvent('Transfer')?.topicHash ?? '';
const wordSchema = z.object({ result: z.string() });
const receiptSchema = z.object({ result: z.object({ blockNumber: z.string() }) });
const logsSchema = z.object({ result: z.array(z.object({ topics: z.array(z.string()), data: z.string() })) });

/** What the token itself says, past Haven. */
async function tokenSays(method: 'totalSupply' | 'balanceOf', args: readonly string[], block = 'latest') {
  const call = { to: haven.info.tokenAddress, data: token.encodeFunctionData(method, [...args]) };
  return BigInt(wordSchema.parse(await askChain(haven.info.rpcUrl, 'eth_call', [call, block])).result);
}

const balanceOf = (address: string) => tokenSays('balanceOf', [address]);

/** All that the token moved from one address to another: the zero address for what it made or burned. */
async function moved(from: string | null, to: string | null, blocks: { fromBlock: string; toBlock: string }) {
  const topics = [transferTopic, ...[from, to].map((one) => (one === null ? null : zeroPadValue(one, 32)))];
  const filter = { address: haven.info.tokenAddress, topics, ...blocks };
  const { result } = logsSchema.parse(await askChain(haven.info.rpcUrl, 'eth_getLogs', [filter]));
  return result.reduce((sum, { data }) => sum + BigInt(data), 0n);
}

const EVER = { fromBlock: '0x0', toBlock: 'latest' };

/** By how much the supply is less after the block of a transaction than before it, but for what others made and burned in that block. */
async function supplyLostTo(hash: string, user: string): Promise<bigint> {
  const receipt = await askChain(haven.info.rpcUrl, 'eth_getTransactionReceipt', [hash]);
  const { blockNumber } = receiptSchema.parse(receipt).result;
  const block = { fromBlock: blockNumber, toBlock: blockNumber };
  const before = await tokenSays('totalSupply', [], toQuantity(BigInt(blockNumber) - 1n));
  const after = await tokenSays('totalSupply', [], blockNumber);
  const made = await moved(ZeroAddress, null, block);
  const burnedByOthers = (await moved(null, ZeroAddress, block)) - (await moved(user, ZeroAddress, block));
  return before + made - burnedByOthers - after;
}

/** A user with 10 HAVEN, and ether for gas. */
async function userWithTokens(kyc: 'verified' | 'none' = 'verified', ether = '1') {
  const user = await haven.client.createUser({
    body: { external_id: `e2e-${randomUUID()}`, email: 'ada.e2e@example.com' },
  });
  await fund(haven.info.rpcUrl, user.address, ether);
  const minted = await haven.client.mintTokens({ body: { user_id: user.id, amount: HAVEN_10 } });
  expect((await ended(haven, minted.id)).status).toBe('confirmed');
  if (kyc === 'none') return user;
  await haven.client.changeUser({ params: { id: user.id }, body: { kyc_status: 'pending' } });
  return haven.client.changeUser({ params: { id: user.id }, body: { kyc_status: 'verified' } });
}

function concluded(id: string) {
  return eventually(
    `the end of ${id}`,
    async () => {
      const redemption = await haven.client.getRedemption({ params: { id } });
      return redemption.status === 'pending' ? undefined : redemption;
    },
    // The schedule alone would take a minute.
    90_000,
  );
}

describe('a user redeems tokens', () => {
  it('from the first request to the burn that the chain confirms: the supply is less by the amount', async () => {
    const user = await userWithTokens();
    expect(await haven.client.getUserBalance({ params: { user_id: user.id } })).toMatchObject({ amount: HAVEN_10 });
    const amount = parseEther('4').toString();
    const reference = `e2e-${randomUUID()}`;
    const accepted = await haven.client.redeemTokens({ body: { user_id: user.id, amount, reference } });
    expect(accepted).toMatchObject({ status: 'pending', amount, reference });

    const redemption = await concluded(accepted.id);
    expect(redemption).toMatchObject({ status: 'completed', failure: null, version: 2 });
    const burn = await haven.client.getTransaction({ params: { id: accepted.transaction_id } });
    expect(burn).toMatchObject({ status: 'confirmed', from: user.address, reference });
    expect(await balanceOf(user.address)).toBe(parseEther('6'));
    expect(await supplyLostTo(burn.hash ?? '', user.address)).toBe(parseEther('4'));
    expect(await moved(user.address, ZeroAddress, EVER)).toBe(parseEther('4'));

    const { data } = await haven.client.listUserTransactions({ params: { id: user.id }, query: {} });
    expect(data.map(({ id }) => id)).toEqual([accepted.transaction_id]);
    for (const body of [{ user_id: user.id }, { redemption_id: accepted.id }]) {
      expect(await haven.client.verifyAudit({ body })).toMatchObject({ verified: true, first_break: null });
    }
    const parts = await inProcess(haven);
    const history = await stageAudit(parts).entries(accepted.id);
    expect(history.map(({ action }) => action)).toEqual(['redemption.accepted', 'redemption.completed']);
    const outbox = createOutbox(parts.client, parts.tables.ledger);
    expect(await outbox.get(`transaction.ended#${accepted.transaction_id}`)).toBeUndefined();
  });

  it('not without KYC: nothing is stored and nothing burned', async () => {
    const user = await userWithTokens('none');
    const reference = `e2e-${randomUUID()}`;
    const ask = haven.client.redeemTokens({ body: { user_id: user.id, amount: '1', reference } });
    await expect(ask).rejects.toMatchObject({ code: 'KYC_REQUIRED', status: 403 });
    expect((await haven.client.listRedemptions({ query: { reference } })).data).toEqual([]);
    expect(await balanceOf(user.address)).toBe(parseEther('10'));
  });

  it('not more than the balance', async () => {
    const user = await userWithTokens();
    const body = { user_id: user.id, amount: parseEther('11').toString(), reference: `e2e-${randomUUID()}` };
    await expect(haven.client.redeemTokens({ body })).rejects.toMatchObject({ code: 'INSUFFICIENT_BALANCE' });
  });

  it('once for one reference, though twenty requests come at once', async () => {
    const user = await userWithTokens();
    const body = { user_id: user.id, amount: parseEther('1').toString(), reference: `e2e-${randomUUID()}` };
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => haven.client.redeemTokens({ body })));
    const accepted = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    expect(accepted).toHaveLength(1);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'DUPLICATE_REFERENCE' });
    }
    expect((await concluded(accepted[0]?.id ?? '')).status).toBe('completed');
    expect(await balanceOf(user.address)).toBe(parseEther('9'));
    const again = haven.client.redeemTokens({ body });
    await expect(again).rejects.toMatchObject({ code: 'DUPLICATE_REFERENCE' });
  });

  it('fails with nothing burned when the balance is gone before the burn', async () => {
    // Without ether its lane waits, so that everything can be queued before anything happens.
    const user = await userWithTokens('verified', '0');
    const sent = await haven.client.transferTokens({
      body: { wallet_id: user.wallet_id, to: BURN_ADDRESS, amount: HAVEN_10 },
    });
    const body = { user_id: user.id, amount: HAVEN_10, reference: `e2e-${randomUUID()}` };
    const accepted = await haven.client.redeemTokens({ body });
    await fund(haven.info.rpcUrl, user.address, '1');
    expect((await ended(haven, sent.id)).status).toBe('confirmed');
    const redemption = await concluded(accepted.id);
    expect(redemption).toMatchObject({ status: 'failed', failure: { code: 'REDEMPTION_FAILED' } });
    expect(['failed', 'reverted']).toContain((await ended(haven, accepted.transaction_id)).status);
    expect(await moved(user.address, ZeroAddress, EVER)).toBe(0n);
    await expect(haven.client.redeemTokens({ body })).rejects.toMatchObject({ code: 'DUPLICATE_REFERENCE' });
  });
});

describe('users', () => {
  it('are created once for one external id, each with a wallet that only its key can use', async () => {
    const external_id = `e2e-${randomUUID()}`;
    const outcomes = await Promise.allSettled(
      Array.from({ length: 10 }, () => haven.client.createUser({ body: { external_id } })),
    );
    const created = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    expect(created).toHaveLength(1);
    const { data } = await haven.client.listUsers({ query: { external_id } });
    expect(data).toEqual(created);
    const wallet = await haven.client.getWallet({ params: { id: created[0]?.wallet_id ?? '' } });
    expect(wallet).toMatchObject({ purpose: 'user', address: created[0]?.address });
  });
});
