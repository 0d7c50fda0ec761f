import { walletKey } from '#shared/custody/ledger-keys.ts';
import { createWalletStore } from '#shared/custody/wallet-store.ts';
import { ChainRegistry } from '#shared/platform/chain/chain-config.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { createIdempotencyStore } from '#shared/platform/idempotency/idempotency-store.ts';
import type { TransactionIntent } from '#shared/transactions/accept.ts';
import { acceptBatch } from '#shared/transactions/batch/accept-batch.ts';
import { finishOpenBatches } from '#shared/transactions/batch/finish-open-batches.ts';
import { createTransactionStore } from '#shared/transactions/transaction-store.ts';
import { createFakeClock } from './fake-clock.ts';
import { idempotentContext } from './idempotent-context.ts';
import { storedWallet, TEST_CHAIN, TEST_RECIPIENT, TEST_WALLET, transactionId } from './ledger-transactions.ts';
import { createMemoryDynamo } from './memory-dynamo.ts';
import { createRecordingKicker } from './recording-kicker.ts';
import { createRecordingLog } from './recording-log.ts';
import { createRecordingMetrics } from './recording-metrics.ts';
import { createScriptedAws, scriptedDocumentClient } from './scripted-aws.ts';

/** A second wallet of tests, and so a second lane. */
export const OTHER_WALLET = storedWallet({ id: 'wal_01JD8Q4X7M5N2V9C3R6T0W0002', address: TEST_RECIPIENT });

/** A chain besides the test chain. */
export const OTHER_CHAIN = { ...TEST_CHAIN, chain_id: 10, name: 'other' };

/** One intent of the test wallet. */
export function intent(overrides: Partial<TransactionIntent> = {}): TransactionIntent {
  return {
    walletId: TEST_WALLET.id,
    chainId: TEST_CHAIN.chain_id,
    to: TEST_RECIPIENT,
    value: '1',
    data: '0x',
    speed: 'standard',
    reference: null,
    validUntil: null,
    ...overrides,
  };
}

/** A process that dies: at that access to AWS, before it or after it has had its effect. */
export interface Death {
  /** From 0. */
  readonly atCall: number;
  readonly tookEffect: boolean;
}

/** Thrown to a process that is dead: whatever it still does reaches nothing. */
export class Killed extends Error {}

/**
 * Tables in memory with two wallets, and any number of processes before them.
 */
export function createBatchDesk() {
  const dynamo = createMemoryDynamo({ ledger: ['pk', 'sk'], audit: ['pk', 'seq'], ephemeral: ['pk'] });
  for (const wallet of [storedWallet(), OTHER_WALLET]) {
    dynamo.put('ledger', { ...walletKey(wallet.id), ...wallet });
  }
  const clock = createFakeClock();
  const { kicker, calls } = createRecordingKicker();
  const log = createRecordingLog();
  const metrics = createRecordingMetrics();
  const tables = { ledger: 'ledger', audit: 'audit' };
  let ids = 0;

  /** A process of its own: with memory and connections of its own, and perhaps about to die. */
  function process(death?: Death) {
    let made = 0;
    const aws = createScriptedAws((request) => {
      const call = made;
      made += 1;
      if (death === undefined || call < death.atCall) return dynamo.answer(request);
      if (call === death.atCall && death.tookEffect) dynamo.answer(request);
      return new Killed(`at call ${call}`);
    });
    const client = scriptedDocumentClient(aws);
    const isDead = () => death !== undefined && made > death.atCall;
    const alive = {
      kicker: {
        ...kicker,
        kick: (...args: Parameters<typeof kicker.kick>) => (isDead() ? Promise.resolve() : kicker.kick(...args)),
      },
    };
    const deps = {
      client,
      tables,
      wallets: createWalletStore(client, 'ledger'),
      chains: new ChainRegistry([TEST_CHAIN, OTHER_CHAIN]),
      idempotency: createIdempotencyStore(client, 'ephemeral', clock.now),
      kicker: alive.kicker,
      clock: clock.now,
      newId: (prefix: string) => {
        ids += 1;
        // Descending, as ids of the same millisecond may be: the batch is to put them in order.
        return prefix === 'tx'
          ? transactionId(9_000 - ids)
          : `bat_01JD8Q4X7M5N2V9C3R6T0W${String(ids).padStart(4, '0')}`;
      },
      metrics: metrics.metrics,
      transactions: createTransactionStore(client, 'ledger'),
      log: log.log,
    };
    const context = (key = 'key-1') =>
      idempotentContext({
        log: log.log,
        deadline: Deadline.in(60_000, clock.now),
        idempotency: { recordKey: `IDEMPOTENCY#${key}`, fingerprint: 'same' },
      });
    return {
      aws,
      deps,
      context,
      calls: () => made,
      accept: (intents: readonly TransactionIntent[], key?: string) => acceptBatch(deps, intents, context(key)),
      finishOpen: () => finishOpenBatches(deps, Deadline.in(60_000, clock.now)),
    };
  }

  return { dynamo, clock, calls, log, metrics, process };
}
