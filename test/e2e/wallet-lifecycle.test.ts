import { randomUUID } from 'node:crypto';
import { parseEther } from 'ethers';
import { beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { fund } from '#local/seed.ts';
import { sweepStream } from '#shared/custody/lifecycle/sweep.ts';
import { USABLE_FOR_MS } from '#shared/custody/use-wallet.ts';
import { sleep } from '#shared/platform/retry.ts';
import { inProcess, stageAudit } from '#test/support/in-process.ts';
import {
  askChain,
  callAsScheduled,
  ended,
  eventually,
  fundedWallet,
  type LocalHaven,
  localHaven,
  minedTransactions,
} from '#test/support/local-haven.ts';

const TO = '0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC';
const REASON = 'a laptop was stolen';
const body = { reason: REASON };
/** Held lanes are looked at every ten seconds, and every lane each minute. */
const NEXT_LOOK_MS = 90_000;
/** The sweeper waits half a minute and sends one after the other; after the first look, the schedule is not waited for. */
const SWEPT_MS = 300_000;
/** Between two calls of the sweeper. */
const SWEEP_EACH_MS = 3_000;

let haven: LocalHaven;
beforeAll(() => {
  haven = localHaven();
});

const quantity = z.object({ result: z.string() });

async function balanceOf(address: string): Promise<bigint> {
  return BigInt(quantity.parse(await askChain(haven.info.rpcUrl, 'eth_getBalance', [address, 'latest'])).result);
}

function send(walletId: string, value = '1') {
  return haven.client.createTransaction({
    body: { wallet_id: walletId, chain_id: haven.info.chainId, to: TO, value },
  });
}

const code = (promise: Promise<unknown>) =>
  promise.then(
    () => 'answered',
    (error: unknown) => (error instanceof Error && 'code' in error ? error.code : error),
  );

async function actionsOf(stream: string): Promise<readonly string[]> {
  const entries = await stageAudit(await inProcess(haven)).entries(stream);
  return entries.map(({ action }) => action);
}

/** Functions remember for five seconds that a wallet may be used. */
function refusedWith(walletId: string, expected: string) {
  return eventually(
    `a refusal with ${expected}`,
    async () => ((await code(send(walletId))) === expected ? true : undefined),
    15_000,
  );
}

/** All of this file side by side: each has its own wallets, and waits. */
describe.concurrent('a revoked wallet on the deployed stack', () => {
  it('ends all that was queued with the reason, has nothing more on chain, and takes on nothing', {
    timeout: NEXT_LOOK_MS + 60_000,
  }, async () => {
    // Without money the first waits for funds at the head of the queue, and the others behind it.
    const poor = await haven.client.createWallet({ body: { purpose: 'user' } });
    const queued = await Promise.all(Array.from({ length: 25 }, () => send(poor.id)));
    const revoked = await haven.client.revokeWallet({ params: { id: poor.id }, body });
    const forgottenAtMs = Date.now() + USABLE_FOR_MS;
    expect(revoked).toMatchObject({ status: 'revoked', revoked_at: expect.any(String) });
    for (const { id } of queued) {
      expect(await ended(haven, id, NEXT_LOOK_MS)).toMatchObject({
        status: 'failed',
        attempts: [],
        failure: { code: 'WALLET_REVOKED', message: expect.stringContaining(REASON) },
      });
    }
    await fund(haven.info.rpcUrl, poor.address, '1');
    expect(await minedTransactions(haven.info.rpcUrl, poor.address)).toEqual([]);
    await refusedWith(poor.id, 'WALLET_REVOKED');
    // Each process of a function remembers by itself: that one refuses says nothing of another until all must have forgotten.
    await sleep(Math.max(0, forgottenAtMs - Date.now()));
    const retry = { params: { id: queued[0]?.id ?? '' }, body: {} };
    expect(await code(haven.client.retryTransaction(retry))).toBe('WALLET_REVOKED');
    const message = { params: { id: poor.id }, body: { message: 'hello' } };
    expect(await code(haven.client.signMessage(message))).toBe('WALLET_REVOKED');
    expect(await code(haven.client.revokeWallet({ params: { id: poor.id }, body }))).toBe('INVALID_TRANSITION');
    expect(await haven.client.verifyAudit({ body: { wallet_id: poor.id } })).toMatchObject({ verified: true });
    const logs = await haven.client.listWalletLogs({ query: { wallet_id: poor.id, severity: 'CRITICAL' } });
    expect(logs.data).toMatchObject([{ action: 'wallet.revoked', reason: REASON }]);
  });

  it('signs nothing after the answer, however many it was signing: what was signed before ends as the chain says', {
    timeout: 2 * NEXT_LOOK_MS + 60_000,
  }, async () => {
    const wallet = await fundedWallet(haven);
    const accepted = await Promise.all(Array.from({ length: 60 }, () => send(wallet.id)));
    // Somewhere between the first signature and the last.
    await eventually(
      'the first signature',
      async () => ((await actionsOf(wallet.id)).includes('key.used') ? true : undefined),
      NEXT_LOOK_MS,
    );
    await haven.client.revokeWallet({ params: { id: wallet.id }, body });
    const usesBefore = (await actionsOf(wallet.id)).filter((action) => action === 'key.used').length;
    const ends = await Promise.all(accepted.map(({ id }) => ended(haven, id, NEXT_LOOK_MS)));
    const confirmed = ends.filter(({ status }) => status === 'confirmed');
    const failed = ends.filter(({ status }) => status === 'failed');
    expect(confirmed.length + failed.length).toBe(accepted.length);
    expect(confirmed.length).toBeGreaterThan(0);
    for (const { failure, attempts } of failed) {
      expect(failure).toMatchObject({ code: 'WALLET_REVOKED' });
      expect(attempts).toEqual([]);
    }
    const mined = await minedTransactions(haven.info.rpcUrl, wallet.address);
    expect(mined.map(({ hash }) => hash).toSorted()).toEqual(confirmed.map(({ hash }) => hash ?? '').toSorted());
    const actions = await actionsOf(wallet.id);
    expect(actions.at(-1)).toBe('wallet.revoked');
    expect(actions.filter((action) => action === 'key.used')).toHaveLength(usesBefore);
    expect(await haven.client.verifyAudit({ body: { wallet_id: wallet.id } })).toMatchObject({ verified: true });
  });
});

describe.concurrent('a rotated wallet on the deployed stack', () => {
  it.each(['envelope', 'kms'] as const)(
    'of the %s tier has one successor, however many ask at once',
    async (custody) => {
      const wallet = await haven.client.createWallet({
        body: { purpose: 'treasury', custody, label: 'Till', tags: { run: randomUUID().slice(0, 8) } },
      });
      const rotate = () => haven.client.rotateWallet({ params: { id: wallet.id }, body });
      const answers = await Promise.allSettled(Array.from({ length: 20 }, rotate));
      const rotated = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
      expect(rotated).toHaveLength(1);
      const [{ successor } = { successor: wallet }] = rotated;
      expect(successor).toMatchObject({ purpose: 'treasury', custody, label: 'Till', predecessor_id: wallet.id });
      expect(await haven.client.getWallet({ params: { id: wallet.id } })).toMatchObject({
        status: 'rotated',
        successor_id: successor.id,
      });
      const [[key, value] = ['', '']] = Object.entries(wallet.tags);
      const { data } = await haven.client.listWallets({ query: { tag: `${key}:${value}` } });
      expect(data.map(({ id }) => id).toSorted()).toEqual([wallet.id, successor.id].toSorted());
      await fund(haven.info.rpcUrl, successor.address, '1');
      const sent = await send(successor.id);
      expect((await ended(haven, sent.id)).status).toBe('confirmed');
      for (const wallet_id of [wallet.id, successor.id]) {
        expect(await haven.client.verifyAudit({ body: { wallet_id } })).toMatchObject({ verified: true });
      }
    },
  );
});

/** Waits until the schedule has had the sweeper look at a sweep. */
function looksBySchedule(id: string) {
  return eventually(
    'a look by the schedule',
    async () => {
      const { sweep } = await haven.client.getWallet({ params: { id } });
      return sweep?.status === 'open' && sweep.waiting_for === null ? undefined : sweep;
    },
    NEXT_LOOK_MS,
  );
}

/** Has the sweeper go on until a sweep has ended. */
function swept(id: string) {
  return eventually(
    'the end of the sweep',
    async () => {
      await callAsScheduled(haven, 'sweeper');
      const { sweep } = await haven.client.getWallet({ params: { id } });
      return sweep?.status === 'open' ? undefined : sweep;
    },
    SWEPT_MS,
    SWEEP_EACH_MS,
  );
}

describe.concurrent('a sweep on the deployed stack', () => {
  it('comes after what the wallet had accepted, and brings tokens and coin to the successor', {
    timeout: SWEPT_MS + 60_000,
  }, async () => {
    const user = await haven.client.createUser({ body: { external_id: `e2e-${randomUUID()}` } });
    await fund(haven.info.rpcUrl, user.address, '3');
    const amount = parseEther('7').toString();
    const minted = await haven.client.mintTokens({ body: { to: user.address, amount } });
    expect((await ended(haven, minted.id)).status).toBe('confirmed');
    const accepted = await Promise.all(Array.from({ length: 5 }, () => send(user.wallet_id)));
    const { successor, sweep } = await haven.client.rotateWallet({
      params: { id: user.wallet_id },
      body: { ...body, sweep: true },
    });
    expect(sweep).toMatchObject({ status: 'open', transactions: [] });
    await refusedWith(user.wallet_id, 'WALLET_ROTATED');
    for (const { id } of accepted) expect((await ended(haven, id)).status).toBe('confirmed');
    expect(await haven.client.getUser({ params: { id: user.id } })).toMatchObject({
      wallet_id: successor.id,
      address: successor.address,
    });

    expect(await looksBySchedule(user.wallet_id)).toMatchObject({ status: 'open', waiting_for: 'lane' });
    const end = await swept(user.wallet_id);
    // What came late to the queue before everybody knew of the rotation is sent, too.
    expect(end).toMatchObject({
      status: 'done',
      failure: null,
      transactions: [
        { token_address: haven.info.tokenAddress, amount, status: 'confirmed', attempt: 1 },
        { token_address: null, status: 'confirmed', attempt: 1 },
      ],
    });
    expect(await haven.client.getUserBalance({ params: { user_id: user.id } })).toMatchObject({ amount });
    expect(await balanceOf(successor.address)).toBe(BigInt(end?.transactions[1]?.amount ?? '0'));
    // No more than what two transfers could have cost.
    expect(await balanceOf(user.address)).toBeLessThan(parseEther('0.001'));
    expect(await actionsOf(sweepStream(user.wallet_id))).toEqual(['sweep.requested', 'sweep.done']);
    const sweeps_of = user.wallet_id;
    expect(await haven.client.verifyAudit({ body: { sweeps_of } })).toMatchObject({ verified: true, entries: 2 });
    for (const wallet_id of [user.wallet_id, successor.id]) {
      expect(await haven.client.verifyAudit({ body: { wallet_id } })).toMatchObject({ verified: true });
    }
  });

  it('that the policy forbids says so and moves nothing, and goes on when the policy is changed', {
    timeout: SWEPT_MS * 2,
  }, async () => {
    const wallet = await fundedWallet(haven, '1');
    const params = { id: wallet.id };
    await haven.client.putPolicy({ params, body: { allowed_destinations: [TO] } });
    const { successor } = await haven.client.rotateWallet({ params, body: { ...body, sweep: true } });
    await looksBySchedule(wallet.id);
    expect(await swept(wallet.id)).toMatchObject({
      status: 'failed',
      failure: { code: 'POLICY_VIOLATION', message: expect.stringContaining('allowed_destinations') },
      transactions: [{ token_address: null, transaction_id: null, status: 'failed' }],
    });
    expect(await balanceOf(wallet.address)).toBe(parseEther('1'));
    await haven.client.putPolicy({ params, body: { allowed_destinations: [TO, successor.address] } });
    await haven.client.sweepWallet({ params, body });
    expect(await swept(wallet.id)).toMatchObject({ status: 'done', transactions: [{ status: 'confirmed' }] });
    expect(await balanceOf(successor.address)).toBeGreaterThan(parseEther('0.99'));
  });
});
