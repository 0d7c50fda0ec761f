import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import * as z from 'zod';
import { localClientOptions } from '#local/endpoint-settings.ts';
import { Instance, type LocalInfo } from '#local/instance.ts';
import { fund } from '#local/seed.ts';
import { createHavenClient, type HavenClient } from '#shared/client/haven-client.ts';
import { sleep } from '#shared/platform/retry.ts';

/** The deployed Haven that the tests run on: `npm test` starts it and names its folder. */
export interface LocalHaven {
  readonly info: LocalInfo;
  readonly instance: Instance;
  /** A client with the first admin key. */
  readonly client: HavenClient;
}

/**
 * The Haven under test.
 *
 * @throws Error saying how to start one
 */
export function localHaven(): LocalHaven {
  const instance = Instance.fromEnvironment();
  const info = instance.info();
  if (info === undefined)
    throw new Error('There is no Haven to test. npm test starts one; or npm start, then HAVEN_LOCAL_DIR=.haven');
  return { info, instance, client: clientWith(info, info.adminApiKey) };
}

/** A client with another key. */
export function clientWith(info: LocalInfo, apiKey: string): HavenClient {
  return createHavenClient({ baseUrl: info.apiUrl, apiKey });
}

/** Options for SDK clients that look behind the API. */
export function awsOptions(info: LocalInfo) {
  return localClientOptions(info.awsEndpointUrl);
}

/** A new wallet with ether of its own. */
export async function fundedWallet(
  haven: LocalHaven,
  eth = '10',
): Promise<{ readonly id: string; readonly address: string }> {
  const { id, address } = await haven.client.createWallet({ body: { purpose: 'user' } });
  await fund(haven.info.rpcUrl, address, eth);
  return { id, address };
}

/**
 * Calls a function as its schedule does, now: what it does in several runs doesn't take as many minutes.
 *
 * @param name of a deployed function, without its stage
 */
export async function callAsScheduled({ info }: LocalHaven, name: string): Promise<void> {
  const call = new InvokeCommand({ FunctionName: `haven-local-${name}`, Payload: '{}' });
  const { FunctionError } = await new LambdaClient(awsOptions(info)).send(call);
  if (FunctionError !== undefined) throw new Error(`${name}: ${FunctionError}`);
}

type TransactionDetail = Awaited<ReturnType<HavenClient['getTransaction']>>;

const POLL_MS = 200;

/**
 * Waits until something is so, looking again and again until a deadline.
 *
 * @param what is named when it never is
 * @param look answers undefined as long as it isn't so
 * @param timeoutMs it is looked once more after that, and no further: a look that was under way then is not that one, however long it took
 * @param pollMs between two looks
 * @throws Error when it isn't so in that time
 */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | undefined>,
  timeoutMs: number,
  pollMs = POLL_MS,
): Promise<T> {
  const until = Date.now() + timeoutMs;
  for (;;) {
    const isLast = Date.now() > until;
    const found = await look();
    if (found !== undefined) return found;
    if (isLast) throw new Error(`${what}: not within ${timeoutMs / 1000} s`);
    await sleep(pollMs);
  }
}

/**
 * Within this a lane has been looked at: a kick may be lost or wait behind other lanes, and the schedule kicks every open lane each minute. The
 * rest is for the look itself, and for confirmations.
 */
export const LANE_MS = 120_000;

const FINAL = new Set(['confirmed', 'reverted', 'failed', 'cancelled', 'expired']);

/** Waits until a transaction has ended, and shows it. */
export function ended(haven: LocalHaven, id: string, timeoutMs = LANE_MS): Promise<TransactionDetail> {
  return eventually(
    `the end of ${id}`,
    async () => {
      const transaction = await haven.client.getTransaction({ params: { id } });
      return FINAL.has(transaction.status) ? transaction : undefined;
    },
    timeoutMs,
  );
}

/** How many of a wallet's transactions are in each status. */
export async function countByStatus(haven: LocalHaven, walletId: string): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {};
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<HavenClient['listTransactions']>> = await haven.client.listTransactions({
      query: { wallet_id: walletId, limit: 100, ...(cursor === null ? {} : { cursor }) },
    });
    for (const { status } of page.data) counts[status] = (counts[status] ?? 0) + 1;
    cursor = page.next_cursor;
  } while (cursor !== null);
  return counts;
}

const blockSchema = z.object({
  result: z
    .object({ transactions: z.array(z.object({ hash: z.string(), from: z.string(), nonce: z.string() })) })
    .nullable(),
});
const quantitySchema = z.object({ result: z.string() });

/** Asks the chain itself, past Haven. */
export async function askChain(rpcUrl: string, method: string, params: readonly unknown[]): Promise<unknown> {
  const answer = await fetch(rpcUrl, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  });
  return answer.json();
}

/** Every transaction of an account that is on the chain, block by block: what really happened. */
export async function minedTransactions(
  rpcUrl: string,
  from: string,
): Promise<readonly { readonly hash: string; readonly nonce: number }[]> {
  const head = Number(quantitySchema.parse(await askChain(rpcUrl, 'eth_blockNumber', [])).result);
  const found: { hash: string; nonce: number }[] = [];
  for (let number = 0; number <= head; number += 1) {
    const { result } = blockSchema.parse(
      await askChain(rpcUrl, 'eth_getBlockByNumber', [`0x${number.toString(16)}`, true]),
    );
    for (const transaction of result?.transactions ?? []) {
      if (transaction.from.toLowerCase() !== from.toLowerCase()) continue;
      found.push({ hash: transaction.hash, nonce: Number(transaction.nonce) });
    }
  }
  return found;
}
