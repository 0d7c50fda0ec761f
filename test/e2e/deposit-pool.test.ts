import { GetQueueUrlCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadStage } from '#lib/load-stage.ts';
import { fund } from '#local/seed.ts';
import { takeFromPool } from '#shared/custody/deposit-pool/leave-pool.ts';
import { createPoolKicker } from '#shared/custody/deposit-pool/pool-kicker.ts';
import { createPoolReader } from '#shared/custody/deposit-pool/pool-reader.ts';
import type { PooledWallet } from '#shared/custody/deposit-pool/pool-rows.ts';
import { withDepositWallet } from '#shared/custody/deposit-pool/take-deposit-wallet.ts';
import { addressOf } from '#shared/custody/private-key.ts';
import { isoTime, systemClock } from '#shared/platform/clock.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { openSealed, recipientKeys } from '#test/support/fakes/key-desk.ts';
import { type InProcess, inProcess } from '#test/support/in-process.ts';
import {
  awsOptions,
  callAsScheduled,
  clientWith,
  ended,
  eventually,
  type LocalHaven,
  localHaven,
} from '#test/support/local-haven.ts';

const { target, low_water } = loadStage('local').deposit_pool;
/** The schedule calls each minute, and on the laptop some seconds later. */
const REFILL_TIMEOUT_MS = 90_000;
/** A cold start of the function on a busy laptop. */
const KICKED_TIMEOUT_MS = 30_000;

let haven: LocalHaven;
let parts: InProcess;
let queueUrl: string;
beforeAll(async () => {
  haven = localHaven();
  parts = await inProcess(haven);
  const QueueName = 'haven-local-pool-kicks';
  const sqs = new SQSClient(awsOptions(haven.info));
  queueUrl = (await sqs.send(new GetQueueUrlCommand({ QueueName }))).QueueUrl ?? '';
});

/** @param look has the pool refilled, or not: then the schedule does it */
const full = (look: () => Promise<void> = async () => undefined) =>
  eventually(
    'a full pool',
    async () => {
      await look();
      const shown = await haven.client.showDepositPool();
      return shown.free === target ? shown : undefined;
    },
    REFILL_TIMEOUT_MS,
  );

/** What the schedule does, now: the first test has waited for it. */
const refill = () => callAsScheduled(haven, 'deposit-pool');

/** Takes one as a checkout will. */
function take(orderId: string): Promise<PooledWallet> {
  const deadline = Deadline.in(30_000, systemClock);
  const { log, metrics } = parts.lanes;
  const deps = {
    pool: createPoolReader(parts.client, parts.tables.ledger),
    size: { target, lowWater: low_water },
    kicker: createPoolKicker(parts.sqs, queueUrl, { clock: systemClock, log, metrics }),
    metrics,
  };
  return withDepositWallet(deps, deadline, async (pooled) => {
    const write = new WriteTransaction();
    takeFromPool(write, parts.tables, pooled, orderId, { actor: 'test', requestId: orderId }, isoTime(systemClock()));
    await write.commit(parts.client, deadline);
    return pooled;
  });
}

/** As a client does that is told of an empty pool. */
const taken = (orderId: string) =>
  eventually(
    'a deposit wallet',
    () =>
      take(orderId).catch((error: unknown) => {
        if (error instanceof HavenError && error.code === 'DEPOSIT_POOL_EMPTY') return undefined;
        throw error;
      }),
    KICKED_TIMEOUT_MS,
  );

// Who comes next finds it as it was.
afterAll(() => refill());

describe('the pool of deposit wallets', () => {
  it('is full after a start, and filled again when nearly all are taken', async () => {
    expect(await full()).toEqual({ free: target, target, low_water, status: 'filled', low_since: null });
    const drained = new Set<string>();
    for (let nth = 0; nth < target - 2; nth += 1) drained.add((await taken(`ord_${Date.now()}_${nth}`)).walletId);
    expect(drained.size).toBe(target - 2);
    // Who saw few left had it refilled: the schedule alone could take a minute.
    const enough = async () => ((await haven.client.showDepositPool()).free >= low_water ? true : undefined);
    await eventually('a pool above low water', enough, KICKED_TIMEOUT_MS);
    expect(await full(refill)).toMatchObject({ status: 'filled' });
  });

  it('gives wallets that are like any other: listed, on record, and able to send', async () => {
    await full(refill);
    const order = `ord_${Date.now()}`;
    const { walletId, address } = await taken(order);
    const wallet = await haven.client.getWallet({ params: { id: walletId } });
    expect(wallet).toMatchObject({ address, purpose: 'deposit', custody: 'envelope', status: 'active' });
    for (const body of [{ wallet_id: walletId }, { deposit_of: walletId }]) {
      expect(await haven.client.verifyAudit({ body })).toMatchObject({ verified: true, entries: 1 });
    }
    const logs = await haven.client.listWalletLogs({ query: { wallet_id: walletId } });
    expect(logs.data.map(({ action, actor, detail }) => [action, actor, detail['order_id'] ?? null])).toEqual(
      expect.arrayContaining([
        ['wallet.created', 'deposit-pool', null],
        ['deposit.taken', 'test', order],
      ]),
    );
    await fund(haven.info.rpcUrl, address, '1');
    const transaction = await haven.client.createTransaction({
      body: { wallet_id: walletId, chain_id: haven.info.chainId, to: wallet.address, value: '1' },
    });
    expect(await ended(haven, transaction.id)).toMatchObject({ status: 'confirmed' });
  });

  it('gives the key of one that an order holds out by two people, who see the order, and by nobody while it waits', async () => {
    const { publicJwk, privateJwk } = await recipientKeys('X25519');
    const public_key = { kty: 'OKP' as const, crv: 'X25519' as const, x: publicJwk.x ?? '' };
    const reason = 'the customer paid in a coin that nobody lists';
    const [requester, approver] = await Promise.all(
      (['custody:export', 'custody:approve'] as const).map(async (scope) => {
        const { key } = await haven.client.createApiKey({ body: { name: scope, scopes: [scope] } });
        return clientWith(haven.info, key ?? '');
      }),
    );
    const [waiting] = await createPoolReader(parts.client, parts.tables.ledger).all();
    const ask = (id: string) => requester?.requestExport({ params: { id }, body: { reason, public_key } });
    await expect(ask(waiting?.walletId ?? '')).rejects.toMatchObject({ code: 'KEY_NOT_AVAILABLE' });

    const order = `ord_${Date.now()}_key`;
    const { walletId, address } = await taken(order);
    const params = { id: (await ask(walletId))?.id ?? '' };
    await expect(requester?.retrieveExport({ params })).rejects.toMatchObject({ code: 'INVALID_TRANSITION' });
    await approver?.approveExport({ params });
    const given = await requester?.retrieveExport({ params });
    const { payload } = await openSealed(given?.jwe ?? '', privateJwk);
    expect(addressOf(Buffer.from(String(payload['private_key']).slice(2), 'hex'))).toBe(address);

    const { data } = await haven.client.listWalletLogs({ query: { wallet_id: walletId } });
    const steps = data.filter(({ action }) => /^export\.|^key\.exported/.test(action));
    expect(steps.map(({ action, detail }) => [action, detail['order_id']]).sort()).toEqual([
      ['export.approved', order],
      ['export.requested', order],
      ['key.exported', order],
    ]);
  });
});
