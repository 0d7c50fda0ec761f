import { describe, expect, it } from 'vitest';
import { createAuditStore } from '#shared/audit/audit-store.ts';
import { firstBreak } from '#shared/audit/verify-stream.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { IdempotentReplay } from '#shared/platform/idempotency/idempotent-request.ts';
import { redeemTokens } from '#shared/token/redeem.ts';
import { toRedemptionView } from '#shared/token/redemption.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';
import { TOKEN_ABI, TOKEN_ADDRESS } from '#test/support/fakes/fake-token.ts';
import { idempotentContext } from '#test/support/fakes/idempotent-context.ts';
import { TEST_CHAIN, TEST_WALLET } from '#test/support/fakes/ledger-transactions.ts';
import { createRedemptionDesk, nthId, storedUser, userRow } from '#test/support/fakes/redemption-desk.ts';
import { createScriptedAws, scriptedDocumentClient } from '#test/support/fakes/scripted-aws.ts';

const USER = nthId('usr', 1);
/** The test wallet holds 7. */
const WISH = { user_id: USER, amount: '5', reference: 'payout-1', speed: 'standard' } as const;

const request = (key: string) =>
  idempotentContext({ idempotency: { recordKey: `IDEMPOTENCY#${key}`, fingerprint: key } });

type Desk = ReturnType<typeof createRedemptionDesk>;
const redeem = (desk: Desk, wish: Partial<typeof WISH> | object = {}, key = 'a') =>
  redeemTokens(desk.deps, { ...WISH, ...wish }, request(key));
const writesOf = ({ aws }: Desk) => aws.requests.filter(({ operation }) => operation === 'TransactWriteItems');
const refused = async (desk: Desk, wish: object = {}, key = 'a') =>
  caughtLater(HavenError, () => redeem(desk, wish, key));

describe('redeeming', () => {
  it('stores redemption and burn in one transaction, and kicks the lane', async () => {
    const desk = createRedemptionDesk();
    const redemption = await redeem(desk);
    expect(redemption).toMatchObject({
      id: nthId('red', 1),
      status: 'pending',
      user_id: USER,
      amount: '5',
      reference: 'payout-1',
      transaction_id: nthId('tx', 1),
      chain_id: TEST_CHAIN.chain_id,
      token_address: TOKEN_ADDRESS,
      failure: null,
      version: 1,
    });
    expect(writesOf(desk)).toHaveLength(1);
    const burn = await desk.deps.transactions.get(redemption.transaction_id);
    expect(burn).toMatchObject({
      status: 'queued',
      wallet_id: TEST_WALLET.id,
      to: TOKEN_ADDRESS,
      value: '0',
      reference: 'payout-1',
      watcher: `redemption:${redemption.id}`,
    });
    const call = TOKEN_ABI.parseTransaction(burn);
    expect([call?.name, ...(call?.args ?? [])]).toEqual(['burn', 5n]);
    expect(desk.calls).toMatchObject([{ kind: 'kick', lane: { address: TEST_WALLET.address }, cause: 'accept' }]);
    expect(desk.metrics.counts()).toEqual({ RedemptionAccepted: 1, TransactionAccepted: 1 });
  });

  it('begins an audit stream, which verifies', async () => {
    const desk = createRedemptionDesk();
    const redemption = await redeem(desk);
    const entries = await createAuditStore(desk.deps.client, 'audit').stored(redemption.id);
    expect(entries).toMatchObject([{ action: 'redemption.accepted', actor: 'key_tester', detail: { amount: '5' } }]);
    expect(firstBreak(redemption.id, entries, redemption)).toBeNull();
  });

  it('by the same request again is answered as the first time', async () => {
    const desk = createRedemptionDesk();
    const redemption = await redeem(desk, { amount: '3' });
    const replay = await caughtLater(IdempotentReplay, () => redeem(desk, { amount: '3' }));
    expect(replay.answer).toEqual({ status: 202, body: toRedemptionView(redemption) });
  });

  it('whose answer was lost after it was stored is answered when it is asked again, and is there once', async () => {
    const desk = createRedemptionDesk();
    const lossy = scriptedDocumentClient(
      createScriptedAws((request) => {
        const answer = desk.dynamo.answer(request);
        return request.operation === 'TransactWriteItems' ? new Error('lost') : answer;
      }),
    );
    const error = await caughtLater(HavenError, () =>
      redeemTokens({ ...desk.deps, client: lossy }, WISH, request('a')),
    );
    expect(error.code).toBe('DATABASE_ERROR');
    expect(desk.calls).toEqual([]);
    const ask = () => desk.deps.idempotency.replayIfAnswered(request('a').idempotency);
    expect((await caughtLater(IdempotentReplay, ask)).answer.body).toMatchObject({ id: nthId('red', 1) });
    expect((await refused(desk, {}, 'b')).code).toBe('DUPLICATE_REFERENCE');
    expect(await desk.deps.redemptions.openOf(USER)).toHaveLength(1);
  });

  it.each(['none', 'pending', 'rejected'] as const)('needs KYC: %s is KYC_REQUIRED and stores nothing', async (kyc) => {
    const desk = createRedemptionDesk(storedUser({ kyc_status: kyc }));
    expect(await refused(desk)).toMatchObject({
      code: 'KYC_REQUIRED',
      status: 403,
      details: { user_id: USER, kyc_status: kyc },
    });
    expect(writesOf(desk)).toEqual([]);
    expect(desk.chain.asked).toEqual([]);
  });

  it('is KYC_REQUIRED when the verification is withdrawn between the look at it and the write', async () => {
    const desk = createRedemptionDesk();
    const seen = await desk.deps.users.get(USER);
    desk.dynamo.put('ledger', userRow(storedUser({ kyc_status: 'rejected' })));
    const users = { get: async () => seen };
    const error = await caughtLater(HavenError, () => redeemTokens({ ...desk.deps, users }, WISH, request('a')));
    expect(error).toMatchObject({ code: 'KYC_REQUIRED', details: { kyc_status: 'rejected' } });
    expect(await desk.deps.redemptions.idOfReference('payout-1')).toBeUndefined();
  });

  it.each([
    ['a user that is not there', { user_id: nthId('usr', 9) }, 'USER_NOT_FOUND'],
    ['more than the balance', { amount: '8' }, 'INSUFFICIENT_BALANCE'],
    ['by far more than any balance', { amount: (2n ** 256n - 1n).toString() }, 'INSUFFICIENT_BALANCE'],
  ])('refuses %s', async (_name, wish, code) => {
    const desk = createRedemptionDesk();
    expect((await refused(desk, wish)).code).toBe(code);
    expect(writesOf(desk)).toEqual([]);
  });

  it('is TOKEN_NOT_CONFIGURED before there is a token', async () => {
    const desk = createRedemptionDesk();
    const settings = { get: () => Promise.reject(new HavenError('TOKEN_NOT_CONFIGURED', 'no')) };
    const error = await caughtLater(HavenError, () => redeemTokens({ ...desk.deps, settings }, WISH, request('a')));
    expect(error.code).toBe('TOKEN_NOT_CONFIGURED');
  });

  it('refuses a paused wallet', async () => {
    const desk = createRedemptionDesk();
    const wallets = {
      ...desk.deps.wallets,
      usable: () => Promise.reject(new HavenError('POLICY_VIOLATION', 'is paused')),
    };
    const error = await caughtLater(HavenError, () => redeemTokens({ ...desk.deps, wallets }, WISH, request('a')));
    expect(error.code).toBe('POLICY_VIOLATION');
    expect(await desk.deps.redemptions.openOf(USER)).toEqual([]);
  });
});

describe('what is redeemed already', () => {
  it('lessens what can be redeemed, and the refusal says by how much and at which block', async () => {
    const desk = createRedemptionDesk();
    await redeem(desk);
    expect(await refused(desk, { amount: '3', reference: 'payout-2' }, 'b')).toMatchObject({
      code: 'INSUFFICIENT_BALANCE',
      status: 400,
      details: { asset: 'HAVEN', required: '3', balance: '7', redeeming: '5', block_number: 42 },
    });
    expect(await redeem(desk, { amount: '2', reference: 'payout-2' }, 'c')).toMatchObject({ status: 'pending' });
  });

  it('does not count twice when the balance is without it already', async () => {
    const desk = createRedemptionDesk();
    const { transaction_id } = await redeem(desk);
    const mined = { get: async () => ({ ...(await desk.deps.transactions.get(transaction_id)), block_number: 42 }) };
    const wish = { ...WISH, amount: '7', reference: 'payout-2' };
    const second = await redeemTokens({ ...desk.deps, transactions: mined }, wish, request('b'));
    expect(second.status).toBe('pending');
  });

  it('does not count when its burn failed, even before the redemption says so', async () => {
    const desk = createRedemptionDesk();
    const { transaction_id } = await redeem(desk);
    await desk.endBurn(transaction_id, 'failed');
    expect(await redeem(desk, { amount: '7', reference: 'payout-2' }, 'b')).toMatchObject({ status: 'pending' });
  });

  it('does not count when it was of another token', async () => {
    const desk = createRedemptionDesk();
    await redeem(desk);
    const other = { openOf: async () => [{ amount: '7', token_address: '0xother', transaction_id: 'tx' }] };
    const redemptions = { ...desk.deps.redemptions, ...other };
    const wish = { ...WISH, amount: '7', reference: 'payout-2' };
    expect(await redeemTokens({ ...desk.deps, redemptions }, wish, request('b'))).toMatchObject({ status: 'pending' });
  });
});

describe('a reference', () => {
  it('is redeemed once: the second request is DUPLICATE_REFERENCE, though the balance would do', async () => {
    const desk = createRedemptionDesk();
    const first = await redeem(desk, { amount: '1' });
    expect(await refused(desk, { amount: '1' }, 'b')).toMatchObject({
      code: 'DUPLICATE_REFERENCE',
      status: 409,
      details: { redemption_id: first.id },
    });
  });

  it('is DUPLICATE_REFERENCE rather than INSUFFICIENT_BALANCE when it is what took the balance', async () => {
    const desk = createRedemptionDesk();
    await redeem(desk, { amount: '7' });
    expect((await refused(desk, { amount: '7' }, 'b')).code).toBe('DUPLICATE_REFERENCE');
  });

  it('of an ordinary transaction is taken as well', async () => {
    const desk = createRedemptionDesk();
    desk.dynamo.put('ledger', { pk: 'REFERENCE#payout-1', sk: 'REFERENCE', transaction_id: 'tx_other' });
    expect(await refused(desk)).toMatchObject({ code: 'DUPLICATE_REFERENCE', details: { transaction_id: 'tx_other' } });
  });

  it('stays taken when the redemption has failed', async () => {
    const desk = createRedemptionDesk();
    const { transaction_id } = await redeem(desk);
    await desk.endBurn(transaction_id, 'failed');
    expect((await refused(desk, {}, 'b')).code).toBe('DUPLICATE_REFERENCE');
  });

  it('of twenty requests at once makes one redemption and one burn; the others are DUPLICATE_REFERENCE', async () => {
    const desk = createRedemptionDesk();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, (_, n) => redeem(desk, { amount: '7' }, `r${n}`)),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'DUPLICATE_REFERENCE' });
    }
    const burns = desk.dynamo.items('ledger').filter(({ sk }) => JSON.stringify(sk) === '{"S":"TX"}');
    expect(burns).toHaveLength(1);
    expect(await desk.deps.redemptions.openOf(USER)).toHaveLength(1);
  });
});
