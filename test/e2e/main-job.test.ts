import { Interface, parseEther, Wallet } from 'ethers';
import { beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { fund } from '#local/seed.ts';
import { auditEntrySchema } from '#shared/audit/audit-entry.ts';
import { inProcess, stageAudit } from '#test/support/in-process.ts';
import {
  askChain,
  ended,
  eventually,
  fundedWallet,
  LANE_MS,
  type LocalHaven,
  localHaven,
} from '#test/support/local-haven.ts';

const RECIPIENT = '0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC';

let haven: LocalHaven;
beforeAll(() => {
  haven = localHaven();
});

const erc20 = new Interface(['function balanceOf(address) view returns (uint256)']);
const wordSchema = z.object({ result: z.string() });

/** What the token itself says, past Haven. */
async function balanceOnChain(holder: string): Promise<bigint> {
  const call = { to: haven.info.tokenAddress, data: erc20.encodeFunctionData('balanceOf', [holder]) };
  return BigInt(wordSchema.parse(await askChain(haven.info.rpcUrl, 'eth_call', [call, 'latest'])).result);
}

/** Side by side: each has a wallet of its own, and waits for blocks. */
describe.concurrent('a wallet under KMS sends HAVEN on a real chain', () => {
  it('mints and transfers, follows both to confirmation, and the chain agrees on every balance', async () => {
    const wallet = await fundedWallet(haven);
    const minted = await haven.client.mintTokens({ body: { to: wallet.address, amount: parseEther('10').toString() } });
    expect(minted.status).toBe('queued');
    const mint = await ended(haven, minted.id);
    expect(mint).toMatchObject({ status: 'confirmed', failure: null });
    // Two are required; a worker that comes late finds more.
    expect(mint.confirmations).toBeGreaterThanOrEqual(2);

    const amount = parseEther('4').toString();
    const recipient = Wallet.createRandom().address;
    const sent = await haven.client.transferTokens({ body: { wallet_id: wallet.id, to: recipient, amount } });
    const transfer = await ended(haven, sent.id);
    expect(transfer).toMatchObject({ status: 'confirmed', from: wallet.address, nonce: 0 });
    expect(await balanceOnChain(wallet.address)).toBe(parseEther('6'));
    expect(await balanceOnChain(recipient)).toBe(parseEther('4'));

    const query = { chain_id: haven.info.chainId };
    const { balances } = await haven.client.getBalances({ params: { id: wallet.id }, query });
    const held = balances.find(({ asset }) => asset === 'HAVEN');
    expect(held).toMatchObject({ amount: parseEther('6').toString(), token_address: haven.info.tokenAddress });
  });

  it('tells the whole life of a transaction, each state once and in order', async () => {
    const wallet = await fundedWallet(haven);
    const { id } = await haven.client.createTransaction({
      body: {
        wallet_id: wallet.id,
        chain_id: haven.info.chainId,
        to: RECIPIENT,
        value: '5',
        reference: `life-${Date.now()}`,
      },
    });
    const transaction = await ended(haven, id);
    expect(transaction.history.map(({ action }) => action)).toEqual([
      'transaction.queued',
      'transaction.signed',
      'transaction.submitted',
      'transaction.mined',
      'transaction.confirmed',
    ]);
    expect(transaction.attempts).toHaveLength(1);
    expect(transaction.attempts[0]).toMatchObject({ hash: transaction.hash, nonce: 0, outcome: 'mined' });
    const verification = await haven.client.verifyAudit({ body: { transaction_id: id } });
    expect(verification).toMatchObject({ stream: id, verified: true, entries: 5, first_break: null });
  });

  it('fails a transaction that would revert before it takes a nonce, and says why', async () => {
    const wallet = await fundedWallet(haven);
    const amount = parseEther('1').toString();
    const { id } = await haven.client.transferTokens({ body: { wallet_id: wallet.id, to: RECIPIENT, amount } });
    const transaction = await ended(haven, id);
    expect(transaction).toMatchObject({ status: 'failed', nonce: null, hash: null, attempts: [] });
    expect(transaction.failure).toMatchObject({ code: 'CONTRACT_REVERT' });
    const next = await haven.client.createTransaction({
      body: { wallet_id: wallet.id, chain_id: haven.info.chainId, to: RECIPIENT, value: '1' },
    });
    expect(await ended(haven, next.id)).toMatchObject({ status: 'confirmed', nonce: 0 });
  });

  it('records the use of the key on the audit stream of the wallet', async () => {
    const wallet = await fundedWallet(haven);
    const body = { wallet_id: wallet.id, chain_id: haven.info.chainId, to: RECIPIENT, value: '1' };
    const { id } = await haven.client.createTransaction({ body });
    await ended(haven, id);
    const verification = await haven.client.verifyAudit({ body: { wallet_id: wallet.id } });
    expect(verification).toMatchObject({ stream: wallet.id, verified: true, entries: 2, first_break: null });
    const stored = await stageAudit(await inProcess(haven)).stored(wallet.id);
    expect(stored.map((entry) => auditEntrySchema.parse(entry))).toMatchObject([
      { action: 'wallet.created' },
      { action: 'key.used', actor: 'lane-worker', detail: { chain_id: haven.info.chainId, transactions: [id] } },
    ]);
  });

  it('holds a transaction whose wallet has no funds and says so, then sends it when funds come', {
    timeout: 3 * LANE_MS,
  }, async () => {
    const { id: walletId, address } = await haven.client.createWallet({ body: { purpose: 'user' } });
    const body = { wallet_id: walletId, chain_id: haven.info.chainId, to: RECIPIENT, value: '1' };
    const { id } = await haven.client.createTransaction({ body });
    await eventually(
      'waiting for funds',
      async () => {
        const { waiting_for, status } = await haven.client.getTransaction({ params: { id } });
        return waiting_for === 'funds' && status === 'queued' ? true : undefined;
      },
      LANE_MS,
    );
    await fund(haven.info.rpcUrl, address, '1');
    expect(await ended(haven, id)).toMatchObject({ status: 'confirmed', waiting_for: null });
  });
});
