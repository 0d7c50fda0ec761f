import { beforeAll, describe, expect, it } from 'vitest';
import { lambdaProcesses, signalProcesses } from '#test/support/lambda-processes.ts';
import {
  countByStatus,
  eventually,
  fundedWallet,
  type LocalHaven,
  localHaven,
  minedTransactions,
} from '#test/support/local-haven.ts';
import { seededRandom } from '#test/support/seeded-random.ts';

const TRANSACTIONS = 100;
const KILLS = 20;
const PER_KILL = 5;
/** While one lane waits for a worker that died as it started, the kills go on among the others. */
const WALLETS = 4;
const TO = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8';
/** A worker that is killed while it starts leaves its lane alone for its queue's visibility time-out: some of the kills are such ones. */
const KILLS_PER_EARLY_ONE = 5;
/** By then a worker has begun to renew its hold, but for a very busy machine. */
const STARTED_MS = 1_500;
/** A killed worker's messages come back within seconds; each kill may cost one such wait. */
const TIMEOUT_MS = 600_000;

let haven: LocalHaven;
beforeAll(() => {
  haven = localHaven();
});

const runs = Number(process.env['HAVEN_CRASH_RUNS'] ?? '1');

describe.runIf(process.platform === 'linux')('kill -9 of the lane worker', () => {
  it.each(Array.from({ length: runs }, (_, index) => index + 1))(
    `at ${KILLS} random moments during ${TRANSACTIONS} transactions and more loses none and doubles none (run %i)`,
    async (seed) => {
      const random = seededRandom(seed);
      const wallets = await Promise.all(Array.from({ length: WALLETS }, () => fundedWallet(haven)));
      const port = Number(new URL(haven.info.awsEndpointUrl).port);
      const posted = new Map(wallets.map(({ id }) => [id, 0]));
      const total = () => [...posted.values()].reduce((sum, count) => sum + count, 0);
      let kills = 0;
      const firstSeenMs = new Map<number, number>();
      const ageMs = (pid: number) => {
        const sinceMs = firstSeenMs.get(pid) ?? Date.now();
        firstSeenMs.set(pid, sinceMs);
        return Date.now() - sinceMs;
      };

      const isLaneDone = async (id: string) => ((await countByStatus(haven, id))['confirmed'] ?? 0) === posted.get(id);
      const isDone = async () => (await Promise.all(wallets.map(({ id }) => isLaneDone(id)))).every(Boolean);
      const post = async (wallet_id: string) => {
        const body = { wallet_id, chain_id: haven.info.chainId, to: TO, value: '1' };
        await haven.client.createTransaction({ body });
        posted.set(wallet_id, (posted.get(wallet_id) ?? 0) + 1);
      };
      for (let round = 0; total() < TRANSACTIONS || kills < KILLS; round += 1) {
        const id = wallets[round % WALLETS]?.id ?? '';
        // More only while a worker keeps up: a lane whose worker died as it started waits for the next one.
        if (total() < TRANSACTIONS || (await isLaneDone(id))) {
          await Promise.all(Array.from({ length: PER_KILL }, () => post(id)));
        }
        // Somewhere in the life of a run: starting, reading, signing, storing, broadcasting, waiting.
        await new Promise((resolve) => setTimeout(resolve, random() * 2_500));
        // Only a kill that meets work counts: a worker that waits for nothing loses nothing.
        if (await isDone()) continue;
        const minAgeMs = kills % KILLS_PER_EARLY_ONE === 0 ? 0 : STARTED_MS;
        const workers = lambdaProcesses('haven-local-lane-worker', port).filter((pid) => ageMs(pid) >= minAgeMs);
        signalProcesses(workers, 'SIGKILL');
        if (workers.length > 0) kills += 1;
      }
      await eventually(`${total()} confirmed`, async () => ((await isDone()) ? true : undefined), 180_000);
      let onChain = 0;
      for (const { id, address } of wallets) {
        const mined = await minedTransactions(haven.info.rpcUrl, address);
        onChain += mined.length;
        expect(mined.map(({ nonce }) => nonce).sort((a, b) => a - b)).toEqual(
          Array.from({ length: posted.get(id) ?? 0 }, (_, nonce) => nonce),
        );
        expect(await haven.client.verifyAudit({ body: { wallet_id: id } })).toMatchObject({ verified: true });
      }
      process.stdout.write(
        `\n  ${kills} kills of the deployed lane worker: ${total()} transactions asked, all confirmed, ${onChain} on the chain, ${total() - onChain} lost\n`,
      );
      expect(onChain).toBe(total());
    },
    TIMEOUT_MS,
  );
});
