import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod';
import { indexAttributesOf } from '#shared/audit/index-attributes.ts';
import { asWritten } from '#shared/audit/stored-entry.ts';
import { type CustodyState, custodyKey, custodyStateSchema } from '#shared/custody/custody-state.ts';
import { createLaneStore } from '#shared/transactions/lane/dynamo-lane-store.ts';
import { laneStateSchema } from '#shared/transactions/lane/lane.ts';
import { laneKey, queueItem, transactionItem } from '#shared/transactions/ledger-items.ts';
import { transactionSchema } from '#shared/transactions/transaction.ts';
import type { WireItem } from '#test/support/fakes/dynamo-expressions.ts';
import { TEST_WALLET, unusedCustody } from '#test/support/fakes/ledger-transactions.ts';
import { createMemoryDynamo } from '#test/support/fakes/memory-dynamo.ts';
import { createScriptedAws, scriptedDocumentClient } from '#test/support/fakes/scripted-aws.ts';
import { type LaneLedger, MODEL_LANE, revocationOf } from './lane-ledger.ts';
import type { Watch } from './memory-ledger.ts';
import type { Turn } from './turns.ts';

const TABLES = { ledger: 'ledger', audit: 'audit', logs: 'logs' };
const bytesSchema = z.object({ B: z.string() });
const wireSchema = z.record(
  z.string(),
  z.custom<AttributeValue>((value) => typeof value === 'object' && value !== null),
);

/** Makes tables in memory behind the real store: only what is beyond HTTP is a fake. */
export function createDynamoLaneLedger(watch: Watch): LaneLedger {
  const parse = (item: WireItem | undefined) => (item === undefined ? undefined : transactionSchema.parse(rowOf(item)));
  const dynamo = createMemoryDynamo(
    { ledger: ['pk', 'sk'], audit: ['pk', 'seq'], logs: ['pk', 'sk'] },
    (table, before, after) => {
      const transaction = table === TABLES.ledger && skOf(after) === 'TX' ? parse(after) : undefined;
      if (transaction !== undefined) watch(parse(before), transaction);
    },
  );
  const custodyRow = (state: CustodyState) => ({ ...custodyKey(TEST_WALLET.id), ...state });
  dynamo.put(TABLES.ledger, custodyRow(unusedCustody()));

  const rows = () => dynamo.items(TABLES.ledger);
  const custody = () => custodyStateSchema.parse(rowOf(rows().find((item) => skOf(item) === 'CUSTODY') ?? {}));

  return {
    storeFor: (turn) => createLaneStore(clientFor(turn), TABLES),
    enqueue(transaction, entry) {
      dynamo.put(TABLES.ledger, transactionItem(transaction));
      dynamo.put(TABLES.ledger, queueItem(MODEL_LANE, transaction.wallet_id, transaction.id));
      const { stream, seq, ...rest } = entry;
      dynamo.put(TABLES.audit, { pk: stream, seq, ...rest, ...indexAttributesOf(entry) });
      watch(undefined, transaction);
    },
    change({ before, after, entry }) {
      dynamo.put(TABLES.ledger, transactionItem(after));
      if (entry !== undefined) {
        const { stream, seq, ...rest } = entry;
        dynamo.put(TABLES.audit, { pk: stream, seq, ...rest, ...indexAttributesOf(entry) });
      }
      watch(before, after);
    },
    setPaused: (paused) => dynamo.put(TABLES.ledger, custodyRow({ ...custody(), paused })),
    revoke: (at) => {
      const before = custody();
      const { entry, head } = revocationOf(before, at);
      const { stream, seq, ...rest } = entry;
      dynamo.put(TABLES.audit, { pk: stream, seq, ...rest, ...indexAttributesOf(entry) });
      const facts = { revoked_at: at, revoked_reason: 'stolen' };
      dynamo.put(TABLES.ledger, custodyRow({ ...before, ...head, ...facts, status: 'revoked' }));
    },
    hasBytes: (bytes) => {
      const encoded = Buffer.from(bytes.slice(2), 'hex').toString('base64');
      return rows().some((item) => bytesSchema.safeParse(item['bytes']).data?.B === encoded);
    },
    contents: () => {
      const lane = rows().find((item) => skOf(item) === laneKey(MODEL_LANE).sk);
      return {
        transactions: rows().flatMap((item) => (skOf(item) === 'TX' ? (parse(item) ?? []) : [])),
        lane: lane === undefined ? undefined : laneStateSchema.parse(rowOf(lane)),
        queued: rows().flatMap((item) => (skOf(item).startsWith('QUEUE#') ? skOf(item).slice('QUEUE#'.length) : [])),
        custody: custody(),
        stream: (id) =>
          dynamo
            .items(TABLES.audit)
            .map(rowOf)
            .filter(({ pk }) => pk === id)
            .sort((a, b) => Number(a['seq']) - Number(b['seq']))
            .map(asWritten),
      };
    },
  };

  /** A process's client: each of its requests waits for its turn. */
  function clientFor(turn: Turn): DynamoDBDocumentClient {
    const aws = createScriptedAws((request) => dynamo.answer(request));
    const requestHandler: typeof aws.requestHandler = {
      ...aws.requestHandler,
      handle: (request) => turn('aws', () => aws.requestHandler.handle(request)),
    };
    return scriptedDocumentClient({ ...aws, requestHandler });
  }
}

function rowOf(item: WireItem): Record<string, unknown> {
  const { bytes: _, ...rest } = item;
  return unmarshall(wireSchema.parse(rest));
}

function skOf(item: WireItem | undefined): string {
  return z.object({ S: z.string() }).safeParse(item?.['sk']).data?.S ?? '';
}
