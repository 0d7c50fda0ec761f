import { describe, expect, it } from 'vitest';
import type { Funds, FundsReader } from '#shared/custody/policy/cover.ts';
import { spendKey } from '#shared/custody/policy/spend-ledger.ts';
import { ChainClient } from '#shared/platform/chain/chain-client.ts';
import { ChainRegistry } from '#shared/platform/chain/chain-config.ts';
import { RpcResponseError } from '#shared/platform/chain/rpc-errors.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { acceptBatch } from '#shared/transactions/batch/accept-batch.ts';
import { createFundsReader } from '#shared/transactions/funds.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';
import { createFakeClock } from '#test/support/fakes/fake-clock.ts';
import { idempotentContext } from '#test/support/fakes/idempotent-context.ts';
import { TEST_CHAIN, TEST_RECIPIENT, TEST_WALLET } from '#test/support/fakes/ledger-transactions.ts';
import { ether, storedPolicy } from '#test/support/fakes/policies.ts';
import { COIN, createSpendingDesk } from '#test/support/fakes/spending-desk.ts';

/** Dozens of rivals are as many rounds, each of which waits its turn on a busy machine. */
const RIVALS_MS = 60_000;
const FEE = 21_000n * 2n;
const required = (rules = {}) => storedPolicy({ require_balance: true, max_fee_per_gas: '2', ...rules });

/** A reader of balances as they are said here, the newest ones in turn, that counts what it is asked. */
function fundsOf(newest: readonly Funds[], final?: Funds) {
  const asked = { newest: 0, final: 0 };
  const reader: FundsReader = {
    async newest() {
      const funds = newest[Math.min(asked.newest, newest.length - 1)];
      asked.newest += 1;
      if (funds === undefined) throw new Error('Nobody was to ask');
      return funds;
    },
    async final() {
      asked.final += 1;
      return final;
    },
  };
  return { reader, asked };
}

const at = (blockNumber: number, balanceWei: bigint): Funds => ({ blockNumber, balanceWei });

/** The row as it is when so much is held and has ended in that block. */
function putHeld(desk: ReturnType<typeof createSpendingDesk>, held: bigint, settled_block: number, version = 1) {
  desk.dynamo.put('ledger', {
    ...spendKey(TEST_WALLET.id, COIN),
    held: held.toString(),
    buckets: {},
    settled_block,
    version,
  });
}

describe('a wallet whose policy requires a balance', () => {
  it('is refused what its balance does not cover with all that is open, saying what is missing', async () => {
    const desk = createSpendingDesk(required());
    const { reader } = fundsOf([at(7, 100_000n)]);
    const one = desk.openProcess(reader);
    const { reservation } = await one.accept({ value: '1000' });
    expect(reservation?.amounts).toEqual([{ asset: COIN, value: '1000', fee: String(FEE) }]);
    const error = await caughtLater(HavenError, () => one.accept({ value: '50000' }));
    expect([error.status, error.code]).toEqual([400, 'INSUFFICIENT_BALANCE']);
    expect(error.details).toEqual({
      wallet_id: TEST_WALLET.id,
      asset: COIN,
      balance: '100000',
      block_number: 7,
      reserved: String(1_000n + FEE),
      required: String(50_000n + FEE),
      missing: String(51_000n + 2n * FEE - 100_000n),
    });
    expect(desk.spent()).toBe(1_000n + FEE);
    await one.accept({ value: String(100_000n - 1_000n - 2n * FEE) });
    expect(desk.spent()).toBe(100_000n);
    await caughtLater(HavenError, () => one.accept({ value: '0' }));
  });

  it(
    'lets exactly as many of 50 requests through as it covers, whatever process they come to',
    async () => {
      const desk = createSpendingDesk(required());
      const { reader, asked } = fundsOf([at(7, 20n * (5n + FEE) + 4n + FEE)]);
      const processes = Array.from({ length: 5 }, () => desk.openProcess(reader));
      const requests = processes.flatMap((one) => Array.from({ length: 10 }, () => one.accept({ value: '5' })));
      const settled = await Promise.allSettled(requests);
      const refusals = settled.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
      expect(refusals).toHaveLength(30);
      for (const error of refusals) expect(error).toMatchObject({ code: 'INSUFFICIENT_BALANCE' });
      expect(desk.spent()).toBe(20n * (5n + FEE));
      // However many rounds it takes, a request asks for the balance once.
      expect(asked.newest).toBe(50);
    },
    RIVALS_MS,
  );

  it('has its daily limit as well', async () => {
    const desk = createSpendingDesk(required({ max_value_per_day: [ether(1_000n + FEE)] }));
    const one = desk.openProcess(fundsOf([at(7, 10n ** 9n)]).reader);
    expect(await caughtLater(HavenError, () => one.accept({ value: '1001' }))).toMatchObject({
      code: 'POLICY_VIOLATION',
    });
    await one.accept({ value: '1000' });
  });

  it('is not refused for what is mined already and still held: then the newest final balance tells', async () => {
    const desk = createSpendingDesk(required());
    putHeld(desk, 90_000n, 3);
    const { reader, asked } = fundsOf([at(9, 60_000n)], at(7, 150_000n));
    await desk.openProcess(reader).accept({ value: '1000' });
    expect(asked).toEqual({ newest: 1, final: 1 });
  });

  it.each([
    ['older than what has ended since', at(6, 10n ** 9n)],
    ['not to be had', undefined],
    ['not sufficient either', at(7, 130_000n)],
  ])('is refused when the newest balance does not suffice and the final one is %s', async (_name, final) => {
    const desk = createSpendingDesk(required());
    putHeld(desk, 90_000n, 7);
    const { reader } = fundsOf([at(9, 60_000n)], final);
    const error = await caughtLater(HavenError, () => desk.openProcess(reader).accept({ value: '1000' }));
    expect(error.code).toBe('INSUFFICIENT_BALANCE');
  });

  it('is not judged by a node that has not seen yet what has ended', async () => {
    const desk = createSpendingDesk(required());
    putHeld(desk, 0n, 8);
    const { reader } = fundsOf([at(7, 10n ** 9n)]);
    const error = await caughtLater(HavenError, () => desk.openProcess(reader).accept());
    expect(error.code).toBe('RPC_CONNECTION');
    expect(desk.spent()).toBe(0n);
  });

  it('is judged anew when a transaction ends, in a later block, between the look at its balance and the write', async () => {
    const desk = createSpendingDesk(required());
    putHeld(desk, 90_000n, 3);
    const reader: FundsReader = {
      async newest() {
        // The first look: what is held ends right after it, and took the money along.
        if (desk.spent() === 90_000n) {
          putHeld(desk, 0n, 9, 2);
          return at(8, 10n ** 9n);
        }
        return at(9, 50n);
      },
      final: async () => undefined,
    };
    const error = await caughtLater(HavenError, () => desk.openProcess(reader).accept({ value: '1000' }));
    expect(error).toMatchObject({ code: 'INSUFFICIENT_BALANCE', details: { balance: '50', reserved: '0' } });
  });

  it('of a batch is refused naming the first member that is not covered', async () => {
    const desk = createSpendingDesk(required());
    const { deps } = desk.openProcess(fundsOf([at(7, 2n * FEE + 15n)]).reader);
    const intents = ['5', '10', '1'].map((value) => ({
      walletId: TEST_WALLET.id,
      chainId: TEST_CHAIN.chain_id,
      to: TEST_RECIPIENT,
      value,
      data: '0x',
      speed: 'standard' as const,
      reference: null,
      validUntil: null,
    }));
    const error = await caughtLater(HavenError, () => acceptBatch(deps, intents, idempotentContext()));
    expect(error).toMatchObject({
      code: 'INSUFFICIENT_BALANCE',
      details: { index: 2, fields: [{ field: 'body.transactions[2]' }] },
    });
    expect(desk.spent()).toBeUndefined();
  });

  it('is refused everything by who cannot read balances, and nothing by who says that it does not ask', async () => {
    const desk = createSpendingDesk(required());
    expect((await caughtLater(HavenError, () => desk.openProcess().accept())).code).toBe('CONFIGURATION');
    await desk.openProcess('not_asked').accept();
    expect(desk.spent()).toBe(1n + FEE);
  });
});

describe('a wallet whose policy requires none', () => {
  it.each([
    ['without limits', storedPolicy()],
    ['with a daily limit', storedPolicy({ max_value_per_day: [ether(10n ** 18n)] })],
  ])('%s is accepted for without a look at the chain', async (_name, policy) => {
    const { reader, asked } = fundsOf([]);
    await createSpendingDesk(policy).openProcess(reader).accept();
    expect(asked).toEqual({ newest: 0, final: 0 });
  });
});

describe('balances as the chain has them', () => {
  const account = { chain_id: TEST_CHAIN.chain_id, address: TEST_WALLET.address };
  const deadline = Deadline.in(1_000, createFakeClock().now);
  const reader = (isKept: boolean) => {
    const client = new ChainClient({
      async ask(calls, read) {
        return read(
          calls.map(({ method, params }) => {
            if (method === 'eth_getBlockByNumber') {
              return { ok: true, result: { number: '0x64', hash: `0x${'ab'.repeat(32)}`, timestamp: '0x1' } };
            }
            if (method === 'eth_getTransactionCount') return { ok: true, result: '0x0' };
            if (params[1] === 'latest') return { ok: true, result: '0x7' };
            if (!isKept) return { ok: false, error: new RpcResponseError('missing trie node', -32_000, undefined) };
            return { ok: true, result: params[1] === '0x62' ? '0x5' : '0x0' };
          }),
        );
      },
    });
    return createFundsReader({ for: async () => client }, new ChainRegistry([TEST_CHAIN]));
  };

  it('are those of the newest block, and of the newest that is as deep as transactions have to be', async () => {
    const newest = await reader(true).newest(account, deadline);
    expect(newest).toEqual(at(100, 7n));
    expect(await reader(true).final(account, newest, deadline)).toEqual(at(98, 5n));
  });

  it('are unknown where no node has the state any more, or the chain is too young', async () => {
    expect(await reader(false).final(account, at(100, 7n), deadline)).toBeUndefined();
    expect(await reader(true).final(account, at(1, 7n), deadline)).toBeUndefined();
  });
});
