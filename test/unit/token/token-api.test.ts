import { describe, expect, it } from 'vitest';
import { createAuditStore } from '#shared/audit/audit-store.ts';
import { firstBreak } from '#shared/audit/verify-stream.ts';
import { walletKey } from '#shared/custody/ledger-keys.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { IdempotentReplay } from '#shared/platform/idempotency/idempotent-request.ts';
import { configureToken, mintTokens, showToken, transferTokens, walletBalances } from '#shared/token/token-api.ts';
import { TOKEN_STREAM } from '#shared/token/token-settings.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';
import { TOKEN_ABI, TOKEN_ADDRESS, WORKING_TOKEN } from '#test/support/fakes/fake-token.ts';
import { idempotentContext } from '#test/support/fakes/idempotent-context.ts';
import { storedWallet, TEST_CHAIN, TEST_RECIPIENT, TEST_WALLET } from '#test/support/fakes/ledger-transactions.ts';
import { createTokenDesk, OTHER_CHAIN } from '#test/support/fakes/token-desk.ts';

const WANTED = { chain_id: TEST_CHAIN.chain_id, address: TOKEN_ADDRESS, minter_wallet_id: TEST_WALLET.id };
const VIEW = {
  ...WANTED,
  name: 'Haven',
  symbol: 'HAVEN',
  decimals: 18,
  total_supply: '5000000000000000000',
  paused: false,
  block_number: 42,
  version: 1,
};
const MOVEMENT = { to: TEST_RECIPIENT, amount: '1500000000000000000', speed: 'fast', reference: 'r-1' } as const;

/** A request with an idempotency key of its own. */
const request = (key: string, ifMatchVersion?: number) =>
  idempotentContext({ ifMatchVersion, idempotency: { recordKey: `IDEMPOTENCY#${key}`, fingerprint: key } });

/** A desk whose token is configured. */
async function configured(answers = WORKING_TOKEN) {
  const desk = createTokenDesk(answers);
  await configureToken(desk.deps, WANTED, request('configure'));
  return desk;
}

describe('configuring the token', () => {
  it('stores what the chain confirmed, and shows it', async () => {
    const desk = createTokenDesk();
    expect(await configureToken(desk.deps, WANTED, request('a'))).toEqual(VIEW);
    expect(await showToken(desk.deps, request('b').deadline)).toEqual(VIEW);
  });

  it.each([
    ['a wallet that may not mint', { ...WORKING_TOKEN, hasRole: () => false }, 'body.minter_wallet_id'],
    ['a contract that is no token', {}, 'body.address'],
  ])('refuses %s, and stores nothing', async (_name, answers, field) => {
    const desk = createTokenDesk(answers);
    const error = await caughtLater(HavenError, () => configureToken(desk.deps, WANTED, request('a')));
    expect(error).toMatchObject({ code: 'INVALID_PARAMETER', details: { fields: [{ field }] } });
    expect(desk.aws.requests.filter(({ operation }) => operation === 'TransactWriteItems')).toEqual([]);
  });

  it.each([
    ['a wallet that is not there', { ...WANTED, minter_wallet_id: 'wal_none' }, 'WALLET_NOT_FOUND'],
    ['a chain that is not configured', { ...WANTED, chain_id: 5 }, 'INVALID_PARAMETER'],
  ])('refuses %s', async (_name, wanted, code) => {
    const desk = createTokenDesk();
    expect((await caughtLater(HavenError, () => configureToken(desk.deps, wanted, request('a')))).code).toBe(code);
  });

  it('again gives the next version and the next entry of one audit stream', async () => {
    const desk = await configured();
    const second = await configureToken(desk.deps, { ...WANTED, chain_id: OTHER_CHAIN.chain_id }, request('b'));
    expect(second).toMatchObject({ chain_id: OTHER_CHAIN.chain_id, version: 2 });
    const entries = await createAuditStore(desk.deps.client, 'audit').stored(TOKEN_STREAM);
    expect(entries).toMatchObject([
      { seq: 1, action: 'token.configured', actor: 'key_tester', severity: 'WARNING' },
      { seq: 2, detail: { chain_id: OTHER_CHAIN.chain_id } },
    ]);
    expect(firstBreak(TOKEN_STREAM, entries, await desk.deps.settings.get())).toBeNull();
  });

  it.each([
    ['before anything is configured', 1],
    ['after someone else changed it', 7],
  ])('with If-Match for another version is VERSION_MISMATCH, %s', async (name, version) => {
    const desk = name.startsWith('before') ? createTokenDesk() : await configured();
    const error = await caughtLater(HavenError, () => configureToken(desk.deps, WANTED, request('b', version)));
    expect(error.code).toBe('VERSION_MISMATCH');
  });

  it('with If-Match for the version that is there changes it', async () => {
    const desk = await configured();
    expect(await configureToken(desk.deps, WANTED, request('b', 1))).toMatchObject({ version: 2 });
  });

  it('is WRITE_CONFLICT when another request came between', async () => {
    const desk = await configured();
    const settings = await desk.deps.settings.get();
    const stale = { get: async () => ({ ...settings, version: 0 }) };
    const error = await caughtLater(HavenError, () =>
      configureToken({ ...desk.deps, settings: stale }, WANTED, request('b')),
    );
    expect(error.code).toBe('WRITE_CONFLICT');
  });

  it('by the same request again is answered as the first time', async () => {
    const desk = await configured();
    const replay = await caughtLater(IdempotentReplay, () => configureToken(desk.deps, WANTED, request('configure')));
    expect(replay.answer).toEqual({ status: 200, body: VIEW });
    expect(await desk.deps.settings.get()).toMatchObject({ version: 1 });
  });
});

describe('showing the token', () => {
  it('is TOKEN_NOT_CONFIGURED until it is', async () => {
    const { deps } = createTokenDesk();
    expect((await caughtLater(HavenError, () => showToken(deps, request('a').deadline))).code).toBe(
      'TOKEN_NOT_CONFIGURED',
    );
  });
});

describe('moving tokens', () => {
  it('mints by a transaction of the minter that calls mint(to, amount)', async () => {
    const desk = await configured();
    const transaction = await mintTokens(desk.deps, MOVEMENT, request('m'));
    expect(transaction).toMatchObject({
      status: 'queued',
      wallet_id: TEST_WALLET.id,
      chain_id: TEST_CHAIN.chain_id,
      to: TOKEN_ADDRESS,
      value: '0',
      speed: 'fast',
      reference: 'r-1',
      valid_until: null,
    });
    const call = TOKEN_ABI.parseTransaction(transaction);
    expect([call?.name, ...(call?.args ?? [])]).toEqual(['mint', TEST_RECIPIENT, 1_500_000_000_000_000_000n]);
    expect(desk.calls).toHaveLength(1);
  });

  it('transfers by a transaction of the wallet that calls transfer(to, amount)', async () => {
    const desk = await configured();
    const other = storedWallet({ id: 'wal_other', address: TEST_RECIPIENT });
    desk.dynamo.put('ledger', { ...walletKey(other.id), ...other });
    const movement = { ...MOVEMENT, to: TEST_WALLET.address, amount: (2n ** 256n - 1n).toString() };
    const transaction = await transferTokens(desk.deps, 'wal_other', movement, request('t'));
    expect(transaction).toMatchObject({ wallet_id: 'wal_other', from: TEST_RECIPIENT, to: TOKEN_ADDRESS, value: '0' });
    const call = TOKEN_ABI.parseTransaction(transaction);
    expect([call?.name, ...(call?.args ?? [])]).toEqual(['transfer', TEST_WALLET.address, 2n ** 256n - 1n]);
  });

  it('is TOKEN_NOT_CONFIGURED until it is', async () => {
    const { deps } = createTokenDesk();
    for (const move of [
      () => mintTokens(deps, MOVEMENT, request('m')),
      () => transferTokens(deps, TEST_WALLET.id, MOVEMENT, request('t')),
    ]) {
      expect((await caughtLater(HavenError, move)).code).toBe('TOKEN_NOT_CONFIGURED');
    }
  });

  it('asks the chain nothing: what may be sent is the lane’s to find out', async () => {
    const desk = await configured();
    const before = desk.chain.asked.length;
    await mintTokens(desk.deps, MOVEMENT, request('m'));
    expect(desk.chain.asked).toHaveLength(before);
  });
});

describe('what a wallet has', () => {
  const unreserved = { reserved: '0', reserved_is_partial: false };
  const native = { asset: 'ETH', token_address: null, decimals: 18, amount: '100', block_number: 42, ...unreserved };
  const balances = async (desk: Awaited<ReturnType<typeof configured>>, chainId: number) =>
    walletBalances(desk.deps, TEST_WALLET.id, chainId, request('b').deadline);

  it('is coin and token where the token lives', async () => {
    expect(await balances(await configured(), TEST_CHAIN.chain_id)).toEqual({
      wallet_id: TEST_WALLET.id,
      address: TEST_WALLET.address,
      chain_id: TEST_CHAIN.chain_id,
      balances: [
        native,
        {
          asset: 'HAVEN',
          token_address: TOKEN_ADDRESS,
          decimals: 18,
          amount: '7',
          block_number: 42,
          reserved: null,
          reserved_is_partial: false,
        },
      ],
    });
  });

  it('is the coin alone on another chain, under its own name', async () => {
    expect(await balances(await configured(), OTHER_CHAIN.chain_id)).toMatchObject({
      balances: [{ ...native, asset: 'OTH' }],
    });
  });

  it('is the coin alone while no token is configured', async () => {
    expect(await balances(createTokenDesk(), TEST_CHAIN.chain_id)).toMatchObject({ balances: [native] });
  });

  it('is not shown without the token when the settings cannot be read', async () => {
    const desk = await configured();
    const settings = { get: () => Promise.reject(new HavenError('DATABASE_ERROR', 'no')) };
    const error = await caughtLater(HavenError, () =>
      walletBalances({ ...desk.deps, settings }, TEST_WALLET.id, TEST_CHAIN.chain_id, request('b').deadline),
    );
    expect(error.code).toBe('DATABASE_ERROR');
  });

  it.each([
    ['wallet', 'wal_none', TEST_CHAIN.chain_id, 'WALLET_NOT_FOUND'],
    ['chain', TEST_WALLET.id, 5, 'INVALID_PARAMETER'],
  ])('is refused for an unknown %s', async (_name, walletId, chainId, code) => {
    const desk = createTokenDesk();
    const ask = () => walletBalances(desk.deps, walletId, chainId, request('b').deadline);
    expect((await caughtLater(HavenError, ask)).code).toBe(code);
  });
});
