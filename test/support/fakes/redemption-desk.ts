import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { emptyHead } from '#shared/audit/audit-entry.ts';
import { isoTime } from '#shared/platform/clock.ts';
import type { DeliveryDependencies } from '#shared/platform/outbox/deliver.ts';
import { createOutbox } from '#shared/platform/outbox/outbox-table.ts';
import { REDEMPTION_KIND } from '#shared/token/redemption.ts';
import { redemptionOutcome } from '#shared/token/redemption-outcome.ts';
import { createRedemptionStore } from '#shared/token/redemption-store.ts';
import { createLaneStore } from '#shared/transactions/lane/dynamo-lane-store.ts';
import { newLane } from '#shared/transactions/lane/lane.ts';
import type { TransactionStatus } from '#shared/transactions/transaction.ts';
import { advance, type TransactionPatch } from '#shared/transactions/transition.ts';
import { kycPartition, userKey } from '#shared/users/ledger-keys.ts';
import type { User } from '#shared/users/user.ts';
import { createFakeClock, TEST_NOW_MS } from './fake-clock.ts';
import { TOKEN_ADDRESS, type TokenAnswers, WORKING_TOKEN } from './fake-token.ts';
import { idempotentContext } from './idempotent-context.ts';
import { TEST_CHAIN, TEST_WALLET } from './ledger-transactions.ts';
import { createRecordingLog } from './recording-log.ts';
import { createRecordingMetrics } from './recording-metrics.ts';
import { createTokenDesk } from './token-desk.ts';

/** The id of the nth thing of a kind; ids sort like their numbers. */
export function nthId(prefix: string, n: number): string {
  return `${prefix}_01JD8Q4X7M5N2V9C3R6T0W${String(n).padStart(4, '0')}`;
}

/** A stored user: verified, with the test wallet. */
export function storedUser(overrides: Partial<User> = {}): User {
  const id = overrides.id ?? nthId('usr', 1);
  const at = isoTime(TEST_NOW_MS);
  return {
    ...emptyHead(id),
    id,
    external_id: 'customer-1',
    email: 'ada@example.com',
    wallet_id: TEST_WALLET.id,
    address: TEST_WALLET.address,
    kyc_status: 'verified',
    created_at: at,
    updated_at: at,
    version: 1,
    ...overrides,
  };
}

/** The item of a user, as the ledger holds it. */
export function userRow(user: User): object {
  const indexes = { gsi1pk: 'USERS', gsi1sk: user.id, gsi2pk: kycPartition(user.kyc_status), gsi2sk: user.id };
  return { ...userKey(user.id), ...user, ...indexes };
}

/**
 * A desk with a configured token and a user, whose redemptions can be carried to their ends: by the real lane store and
 * the real outbox, before tables in memory.
 *
 * @param answers what the token says
 */
export function createRedemptionDesk(user = storedUser(), answers: TokenAnswers = WORKING_TOKEN) {
  const desk = createTokenDesk(answers);
  const { dynamo } = desk;
  const { client, tables } = desk.deps;
  const redemptions = createRedemptionStore(client, tables.ledger);
  const at = isoTime(TEST_NOW_MS);
  dynamo.put('ledger', {
    ...emptyHead('token:HAVEN'),
    pk: 'TOKEN#HAVEN',
    sk: 'SETTINGS',
    chain_id: TEST_CHAIN.chain_id,
    address: TOKEN_ADDRESS,
    minter_wallet_id: TEST_WALLET.id,
    decimals: 18,
    updated_at: at,
    version: 1,
  });
  dynamo.put('ledger', userRow(user));
  const made = new Map<string, number>();
  const newId = (prefix: string) => {
    const n = (made.get(prefix) ?? 0) + 1;
    made.set(prefix, n);
    return nthId(prefix, n);
  };
  const metrics = createRecordingMetrics();
  const log = createRecordingLog();
  const parts = { clock: createFakeClock().now, log: log.log, metrics: metrics.metrics };
  /** What the outbox worker needs, by a client of its own if it is to have one that fails. */
  const deliveriesBy = (via: DynamoDBDocumentClient): DeliveryDependencies => ({
    client: via,
    table: tables.ledger,
    outbox: createOutbox(via, tables.ledger),
    handlers: {
      [REDEMPTION_KIND]: redemptionOutcome({
        ...parts,
        tables,
        redemptions: createRedemptionStore(via, tables.ledger),
      }),
    },
  });
  const lanes = createLaneStore(client, { ...tables, logs: 'logs' });

  /** Ends a queued burn as a lane would. */
  async function endBurn(
    transactionId: string,
    status: TransactionStatus,
    patch: TransactionPatch = {},
  ): Promise<void> {
    const { deadline } = idempotentContext();
    const by = { actor: 'lane-worker', request_id: 'invocation-1' };
    let transaction = await desk.deps.transactions.get(transactionId);
    const lane = newLane({ chain_id: transaction.chain_id, address: transaction.from }, transaction.wallet_id);
    const path: readonly TransactionStatus[] =
      status === 'confirmed' || status === 'reverted' ? ['signed', 'submitted', 'mined', status] : [status];
    for (const next of path) {
      const transition = advance(transaction, next, next === status ? patch : {}, at, by);
      await lanes.apply({ ...lane, next_nonce: 0 }, [transition], [], deadline);
      transaction = transition.after;
    }
  }

  return {
    ...desk,
    deps: { ...desk.deps, newId, metrics: metrics.metrics },
    redemptions,
    deliveriesBy,
    endBurn,
    metrics,
    log,
    parts,
  };
}
