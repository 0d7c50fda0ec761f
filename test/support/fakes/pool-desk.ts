import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { createAuditStore } from '#shared/audit/audit-store.ts';
import { takeFromPool } from '#shared/custody/deposit-pool/leave-pool.ts';
import { createPoolReader } from '#shared/custody/deposit-pool/pool-reader.ts';
import { depositStream } from '#shared/custody/deposit-pool/pool-rows.ts';
import { type RefillDependencies, refillPool } from '#shared/custody/deposit-pool/refill-pool.ts';
import { withDepositWallet } from '#shared/custody/deposit-pool/take-deposit-wallet.ts';
import type { KeyEncryptor } from '#shared/custody/envelope.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { newId } from '#shared/platform/ids.ts';
import { seededRandom } from '#test/support/seeded-random.ts';
import { createFakeClock } from './fake-clock.ts';
import { createMemoryDynamo, plainItem } from './memory-dynamo.ts';
import { createRecordingLog } from './recording-log.ts';
import { createRecordingMetrics } from './recording-metrics.ts';
import { createScriptedAws, type ScriptedAnswer, type SentRequest, scriptedDocumentClient } from './scripted-aws.ts';

/** What a desk has otherwise. */
interface DeskOptions {
  readonly target?: number;
  readonly lowWater?: number;
  readonly encryptor?: KeyEncryptor;
  /** Stands around every request to DynamoDB. */
  readonly around?: (request: SentRequest, answer: () => ScriptedAnswer) => ScriptedAnswer;
}

const TABLES = { ledger: 'ledger', keys: 'keys', audit: 'audit', logs: 'logs' };
const KEYS = { ledger: ['pk', 'sk'], keys: ['pk'], audit: ['pk', 'seq'], logs: ['pk', 'sk'] };

/** The pool of deposit wallets on tables in memory: refills it, takes from it, and looks behind it. */
export function createPoolDesk({ target = 12, lowWater = 4, encryptor, around }: DeskOptions = {}) {
  const dynamo = createMemoryDynamo(KEYS);
  const aws = createScriptedAws((request) =>
    around === undefined ? dynamo.answer(request) : around(request, () => dynamo.answer(request)),
  );
  const client: DynamoDBDocumentClient = scriptedDocumentClient(aws);
  const clock = createFakeClock();
  const log = createRecordingLog();
  const metrics = createRecordingMetrics();
  const pool = createPoolReader(client, 'ledger');
  // Which shards are drawn decides when low water is noticed.
  const random = seededRandom(20_261_122);
  let kicks = 0;
  const deps: RefillDependencies = {
    client,
    tables: TABLES,
    pool,
    size: { target, lowWater },
    encryptor: encryptor ?? { encrypt: async () => new Uint8Array([1]) },
    clock: clock.now,
    newId,
    log: log.log,
    metrics: metrics.metrics,
  };
  const deadline = () => Deadline.in(30_000, clock.now);
  const kicker = {
    kick: async () => {
      kicks += 1;
    },
  };
  const rows = (table: string) => dynamo.items(table).map(plainItem);
  return {
    dynamo,
    aws,
    clock,
    log,
    metrics,
    deps,
    pool,
    kicks: () => kicks,
    refill: (changes: Partial<RefillDependencies> = {}, until = deadline()) =>
      refillPool({ ...deps, ...changes }, 'run-1', until),
    /** Takes one for an order, as a checkout does it. */
    take: (orderId: string) =>
      withDepositWallet(
        { pool, size: deps.size, kicker, metrics: metrics.metrics, wait: async () => undefined, random },
        deadline(),
        async (pooled) => {
          const write = new WriteTransaction();
          const by = { actor: 'orders-api', requestId: 'request-1' };
          takeFromPool(write, TABLES, pooled, orderId, by, isoTime(clock.now()));
          await write.commit(client, deadline(), async () => undefined);
          return pooled;
        },
      ),
    rows,
    /** Ids of all wallets that are stored. */
    walletIds: () =>
      rows('ledger')
        .filter(({ sk }) => sk === 'WALLET')
        .map(({ id }) => String(id))
        .toSorted(),
    alerts: () => rows('logs'),
    stream: (walletId: string) => createAuditStore(client, 'audit').stored(depositStream(walletId)),
  };
}

/** A pool desk. */
export type PoolDesk = ReturnType<typeof createPoolDesk>;
