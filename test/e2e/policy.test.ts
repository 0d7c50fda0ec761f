import { Wallet } from 'ethers';
import { beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { run } from '#local/commands.ts';
import { askChain, ended, fundedWallet, type LocalHaven, localHaven } from '#test/support/local-haven.ts';

const PROCESSES = 5;
const EACH = 10;
const TO = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8';
/** Nobody else's: what arrives here is counted to the last wei, while other files run. */
const STRANGER = Wallet.createRandom().address;
/** What one transaction moves, and the most that it may pay for gas: twenty unused fees together are less than one value. */
const VALUE = 10n ** 17n;
const MAX_GAS = 21_000;
const MAX_FEE_PER_GAS = 100n * 10n ** 9n;
const COST = VALUE + BigInt(MAX_GAS) * MAX_FEE_PER_GAS;
const quantity = z.object({ result: z.string() });

let haven: LocalHaven;
beforeAll(() => {
  haven = localHaven();
});

/** Side by side: each has a wallet of its own, and waits for blocks. */
describe.concurrent('a policy', () => {
  it('50 requests from 5 processes at once, with room for 20, move exactly the daily limit, fees counted', async () => {
    const wallet = await fundedWallet(haven);
    const sent = { wallet_id: wallet.id, chain_id: haven.info.chainId, to: TO, value: '7' };
    // So that functions remember the wallet without a limit.
    const early = await haven.client.createTransaction({ body: sent });
    await ended(haven, early.id);
    const { version } = await haven.client.putPolicy({
      params: { id: wallet.id },
      body: {
        max_value_per_day: [{ asset: 'ETH', amount: String(COST * 20n + 6n) }],
        max_gas: MAX_GAS,
        max_fee_per_gas: String(MAX_FEE_PER_GAS),
      },
    });
    expect(version).toBe(1);
    const env = {
      ...process.env,
      API_URL: haven.info.apiUrl,
      API_KEY: haven.info.adminApiKey,
      WALLET_ID: wallet.id,
      CHAIN_ID: String(haven.info.chainId),
      COUNT: String(EACH),
      TO: STRANGER,
      VALUE: String(VALUE),
    };
    const before = await balanceOf(STRANGER);
    const outputs = await Promise.all(
      Array.from({ length: PROCESSES }, () =>
        run(process.execPath, ['test/support/processes/try-transactions.ts'], { env }),
      ),
    );
    const outcomes = outputs.flatMap((output) => z.array(z.string()).parse(JSON.parse(output)));
    const ids = outcomes.filter((outcome) => outcome.startsWith('tx_'));
    expect(outcomes).toHaveLength(PROCESSES * EACH);
    expect(new Set(outcomes.filter((outcome) => !outcome.startsWith('tx_')))).toEqual(new Set(['POLICY_VIOLATION']));
    // Some may have been accepted by a function that remembered no limit: those are counted before they are signed.
    const ends = await Promise.all(ids.map((id) => ended(haven, id, 120_000)));
    const confirmed = ends.filter(({ status }) => status === 'confirmed');
    const denied = ends.filter(({ failure }) => failure?.code === 'POLICY_VIOLATION');
    expect([confirmed.length, confirmed.length + denied.length]).toEqual([20, ids.length]);
    expect((await balanceOf(STRANGER)) - before).toBe(VALUE * 20n);
  });

  it('names the rule that refuses; a pause and its end are on a stream that verifies', async () => {
    const wallet = await fundedWallet(haven);
    const params = { id: wallet.id };
    await haven.client.putPolicy({ params, body: { allowed_destinations: [TO], max_fee_per_gas: '400000000000' } });
    const sending = (to: string) =>
      haven.client.createTransaction({ body: { wallet_id: wallet.id, chain_id: haven.info.chainId, to, value: '1' } });
    await expect(sending(STRANGER)).rejects.toMatchObject({
      code: 'POLICY_VIOLATION',
      problem: { details: { rule: 'allowed_destinations', address: STRANGER } },
    });
    const allowed = await sending(TO);
    expect((await ended(haven, allowed.id)).status).toBe('confirmed');
    expect((await haven.client.pauseWallet({ params, body: { reason: 'test' } })).paused).toBe(true);
    expect((await haven.client.resumeWallet({ params, body: { reason: 'test' } })).paused).toBe(false);
    const verified = await haven.client.verifyAudit({ body: { wallet_id: wallet.id } });
    expect(verified).toMatchObject({ verified: true, first_break: null });
  });

  it('that requires a balance accepts what it covers, and says what is missing for the rest', async () => {
    const wallet = await fundedWallet(haven, '1');
    await haven.client.putPolicy({ params: { id: wallet.id }, body: { require_balance: true } });
    const sending = (value: bigint) =>
      haven.client.createTransaction({
        body: { wallet_id: wallet.id, chain_id: haven.info.chainId, to: TO, value: String(value) },
      });
    await expect(sending(2n * 10n ** 18n)).rejects.toMatchObject({
      code: 'INSUFFICIENT_BALANCE',
      problem: { details: { balance: String(10n ** 18n), reserved: '0' } },
    });
    const { id } = await sending(5n * 10n ** 17n);
    await expect(sending(5n * 10n ** 17n)).rejects.toMatchObject({ code: 'INSUFFICIENT_BALANCE' });
    expect((await ended(haven, id)).status).toBe('confirmed');
  });
});

async function balanceOf(address: string): Promise<bigint> {
  return BigInt(quantity.parse(await askChain(haven.info.rpcUrl, 'eth_getBalance', [address, 'latest'])).result);
}
