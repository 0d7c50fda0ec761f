import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { lambdaProcesses, signalProcesses } from '#test/support/lambda-processes.ts';
import {
  countByStatus,
  ended,
  eventually,
  fundedWallet,
  type LocalHaven,
  localHaven,
  minedTransactions,
} from '#test/support/local-haven.ts';
import { sendRaw } from '#test/support/raw-request.ts';
import { seededRandom } from '#test/support/seeded-random.ts';

const TO = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8';
const MEMBERS = 50;
const KILLS = 5;

let haven: LocalHaven;
beforeAll(() => {
  haven = localHaven();
});

const intents = (walletId: string, run: string) =>
  Array.from({ length: MEMBERS }, (_, n) => ({
    wallet_id: walletId,
    chain_id: haven.info.chainId,
    to: TO,
    value: String(n + 1),
    reference: `${run}/${n}`,
  }));

const statusOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'done',
    (error: unknown) => error,
  );

describe('a batch on the deployed stack', () => {
  it('of 50 with references is accepted at once, and sent in its order', async () => {
    const wallet = await fundedWallet(haven);
    const body = { transactions: intents(wallet.id, randomUUID()) };
    const { transactions } = await haven.client.createTransactionBatch({ body });
    expect(transactions.map(({ value }) => value)).toEqual(body.transactions.map(({ value }) => value));
    for (const { id } of transactions) expect(await ended(haven, id)).toMatchObject({ status: 'confirmed' });
    const nonces = await Promise.all(
      transactions.map(async ({ id }) => (await haven.client.getTransaction({ params: { id } })).nonce),
    );
    expect(nonces).toEqual(Array.from({ length: MEMBERS }, (_, nonce) => nonce));
  });

  it('with one member at fault leaves nothing behind', async () => {
    const wallet = await fundedWallet(haven);
    const transactions = intents(wallet.id, randomUUID());
    const body = { transactions: [...transactions.slice(0, 3), ...transactions.slice(0, 1)] };
    const error = await statusOf(haven.client.createTransactionBatch({ body }));
    expect(error).toMatchObject({ code: 'DUPLICATE_REFERENCE' });
    expect(await countByStatus(haven, wallet.id)).toEqual({});
    const reference = transactions[1]?.reference ?? '';
    expect((await haven.client.listTransactions({ query: { reference } })).data).toEqual([]);
  });
});

describe.runIf(process.platform === 'linux')('kill -9 of the function that accepts batches', () => {
  it(`at ${KILLS} moments: each batch is sent whole or not there at all`, async () => {
    const random = seededRandom(7);
    const port = Number(new URL(haven.info.awsEndpointUrl).port);
    const wallet = await fundedWallet(haven);
    let accepted = 0;
    for (let kill = 0; kill < KILLS; kill += 1) {
      const run = randomUUID();
      const request = { body: { transactions: intents(wallet.id, run) }, idempotencyKey: run };
      // Once: a client that goes away, where Haven's own would try again.
      const asked = statusOf(
        sendRaw(haven.info, {
          method: 'POST',
          path: '/transactions/batch',
          headers: { 'Idempotency-Key': run },
          body: request.body,
        }),
      );
      await new Promise((resolve) => setTimeout(resolve, random() * 400));
      signalProcesses(lambdaProcesses('haven-local-transactions-api', port), 'SIGKILL');
      await asked;
      // The client tries again with its key, as clients do; half of them have no client any more.
      if (kill % 2 === 0) {
        await haven.client.createTransactionBatch(request);
        accepted += 1;
        continue;
      }
      const isThere = await eventually(
        `the batch ${run} whole or absent`,
        async () => {
          const found = await Promise.all(
            request.body.transactions.map(async ({ reference }) => {
              const { data } = await haven.client.listTransactions({ query: { reference } });
              return data.length;
            }),
          );
          const count = found.reduce((sum, one) => sum + one, 0);
          return count === 0 || count === MEMBERS ? { count } : undefined;
        },
        120_000,
      );
      if (isThere.count === MEMBERS) accepted += 1;
    }
    await eventually(
      `${accepted} batches confirmed`,
      async () => {
        const counts = await countByStatus(haven, wallet.id);
        return (counts['confirmed'] ?? 0) >= accepted * MEMBERS && Object.keys(counts).length === 1 ? true : undefined;
      },
      240_000,
    );
    const { confirmed = 0 } = await countByStatus(haven, wallet.id);
    expect(confirmed % MEMBERS).toBe(0);
    const mined = await minedTransactions(haven.info.rpcUrl, wallet.address);
    expect(mined.map(({ nonce }) => nonce).sort((a, b) => a - b)).toEqual(
      Array.from({ length: confirmed }, (_, nonce) => nonce),
    );
  }, 600_000);
});
