import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { appendEntry } from '#shared/audit/append-entry.ts';
import { type AuditContent, type AuditHead, auditHeadSchema, nextEntry } from '#shared/audit/audit-entry.ts';
import { readItem } from '#shared/platform/dynamo/read-item.ts';
import type { Condition, OnConflict, WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { walletKey } from './ledger-keys.ts';
import { refuseTransition } from './lifecycle/lifecycle.ts';
import { walletStatusSchema } from './wallet-facets.ts';

/**
 * What must hold for a key to sign, and where the wallet's audit stream ends. A row of its own, because the lane
 * driver advances it with every use of the key, and what people change of a wallet has a version of its own.
 */
export const custodyStateSchema = auditHeadSchema.extend({
  status: walletStatusSchema,
  paused: z.boolean(),
  /** Since when a revoked wallet signs nothing, and why. ISO 8601, UTC. */
  revoked_at: z.string().optional(),
  revoked_reason: z.string().optional(),
  /** Since when a rotated wallet takes on nothing new. ISO 8601, UTC. */
  rotated_at: z.string().optional(),
  /** The wallet in place of a rotated one, and its address: what is swept goes there. */
  successor_id: z.string().optional(),
  successor_address: z.string().optional(),
  /** Since when there is no key any more. ISO 8601, UTC. */
  key_destroyed_at: z.string().optional(),
});

/** Whether a key may sign. */
export type CustodyState = z.output<typeof custodyStateSchema>;

/**
 * Whether its key may sign, and its audit head. In a partition of its own, so that IAM can keep from it who makes wallets: they
 * may put rows, and IAM can't say "if absent", so that with the right to put this one they could end a pause. A wallet is
 * therefore made without it. As long as it isn't there, the wallet is as it was made (`readCustodyState`); the first change
 * makes it (`changeCustody`).
 */
export function custodyKey(walletId: string) {
  return { pk: `CUSTODY#${walletId}`, sk: 'CUSTODY' };
}

/** How many entries a wallet's stream has when it is made: that it was. */
const ENTRIES_WHEN_MADE = 1;

/**
 * What a wallet's own row says of the state that it was made in. Its status is not asked for: wallets are made active, and whatever
 * ends that makes the row of the key state. A row that says something else was just changed, or was put again by who makes wallets.
 */
const madeSchema = z
  .object({
    paused: z.boolean(),
    /** The hash of the first entry of its audit stream. */
    first_entry_hash: z.string(),
  })
  .transform(
    ({ paused, first_entry_hash }): CustodyState => ({
      status: 'active',
      paused,
      audit_seq: ENTRIES_WHEN_MADE,
      audit_hash: first_entry_hash,
    }),
  );

/**
 * What a wallet's row keeps of the head of its stream when it is made.
 *
 * @param head after the first entry
 */
export function madeWith({ audit_hash }: AuditHead): { readonly first_entry_hash: string } {
  return { first_entry_hash: audit_hash };
}

/**
 * The key state of a wallet, strongly consistent.
 *
 * @param table the ledger
 * @returns undefined when there is no such wallet
 */
export async function readCustodyState(
  client: DynamoDBDocumentClient,
  table: string,
  walletId: string,
): Promise<CustodyState | undefined> {
  const item = await readItem(client, table, custodyKey(walletId));
  return item === undefined ? readMadeState(client, table, walletId) : custodyStateSchema.parse(item);
}

/** What of a key state says whether the wallet may be used, and where it has gone. */
export type Standing = Pick<CustodyState, 'status' | 'paused' | 'successor_id'>;

/**
 * Where a wallet stands by rows that were read together: by its key state, and as long as there is none as it was made.
 *
 * @param row of the key state; undefined: it has none yet
 * @param wallet as its own row says: only whether it was made paused counts
 */
export function standingOf(row: unknown, { paused }: Pick<CustodyState, 'paused'>): Standing {
  return row === undefined ? { status: 'active', paused } : custodyStateSchema.parse(row);
}

/**
 * The key state of a wallet that has no row of it yet, as its own row says. Who comes between is found by the condition of
 * the change.
 *
 * @param table the ledger
 * @returns undefined when there is no such wallet, or it doesn't say
 */
export async function readMadeState(
  client: DynamoDBDocumentClient,
  table: string,
  walletId: string,
): Promise<CustodyState | undefined> {
  return madeSchema.safeParse(await readItem(client, table, walletKey(walletId))).data;
}

/** The audit head inside a custody state. */
export function auditHeadOf(state: CustodyState): AuditHead {
  return { audit_seq: state.audit_seq, audit_hash: state.audit_hash };
}

/** A change of a key state. */
export interface CustodyChange {
  /** As it was read. */
  readonly before: CustodyState;
  /** After the entry that is written with the change: there is no change without one. */
  readonly head: AuditHead;
  /** What changes besides. */
  readonly set?: Partial<Omit<CustodyState, keyof AuditHead>>;
  /** What must hold of the state, besides that it is as it was read. */
  readonly must?: Partial<Pick<CustodyState, 'status' | 'paused'>> & { readonly hasKey?: true };
}

/**
 * Adds a change of a key state to a transaction, on the condition that nobody changed it since it was read. The only way to write
 * it: a wallet that nothing was done with has no row of it yet, and this makes it. A change of status must be one that there is
 * (`walletTransitions`), and holds only of the status that it was judged by.
 *
 * @param table the ledger
 * @param onConflict what it means that the condition failed
 * @throws INVALID_TRANSITION
 */
export function changeCustody(
  write: WriteTransaction,
  table: string,
  walletId: string,
  { before, head, set = {}, must = {} }: CustodyChange,
  onConflict: OnConflict,
): void {
  const { status, paused, audit_seq: _seq, audit_hash: _hash, ...rest } = { ...before, ...set };
  const isMoved = status !== before.status;
  if (isMoved) refuseTransition({ id: walletId, ...before }, status);
  // What a state has besides is there only once it is so.
  const facts = Object.entries(rest).filter(([, value]) => value !== undefined);
  write.update(
    table,
    custodyKey(walletId),
    {
      expression: [
        'SET #status = :status, paused = :paused, audit_seq = :seq, audit_hash = :hash',
        ...facts.map(([name]) => `${name} = :${name}`),
      ].join(', '),
      names: { '#status': 'status' },
      values: {
        ':status': status,
        ':paused': paused,
        ':seq': head.audit_seq,
        ':hash': head.audit_hash,
        ...Object.fromEntries(facts.map(([name, value]) => [`:${name}`, value])),
      },
    },
    onConflict,
    conditionOf(before, isMoved ? { status: before.status, ...must } : must),
  );
}

function conditionOf(before: CustodyState, must: NonNullable<CustodyChange['must']>): Condition {
  const { status, paused, hasKey } = must;
  const stored = [
    'audit_seq = :before',
    ...(status === undefined ? [] : ['#status = :must_status']),
    ...(paused === undefined ? [] : ['paused = :must_paused']),
    ...(hasKey ? ['attribute_not_exists(key_destroyed_at)'] : []),
  ].join(' AND ');
  const values = {
    ':before': before.audit_seq,
    ...(status === undefined ? {} : { ':must_status': status }),
    ...(paused === undefined ? {} : { ':must_paused': paused }),
  };
  const holds = (status ?? before.status) === before.status && (paused ?? before.paused) === before.paused;
  const isAsMade = before.audit_seq === ENTRIES_WHEN_MADE && holds;
  return { expression: isAsMade ? `attribute_not_exists(pk) OR ${stored}` : stored, values };
}

/** Where a wallet can be asked to stand. One that has no key state yet is as it was made, and wallets are made active. */
const STANDINGS = {
  active: { expression: 'attribute_not_exists(pk) OR #status = :active', values: { ':active': 'active' } },
  /** Active and not paused. Of a wallet that has no key state yet, only its row knows whether it was made paused. */
  usable: {
    expression: 'attribute_not_exists(pk) OR (#status = :active AND paused = :no)',
    values: { ':active': 'active', ':no': false },
    // Who takes wallets from the pool needs no right to see key states.
    showsExisting: false,
  },
  rotated: { expression: '#status = :rotated', values: { ':rotated': 'rotated' } },
  not_revoked: { expression: 'attribute_not_exists(pk) OR #status <> :revoked', values: { ':revoked': 'revoked' } },
} as const satisfies Record<string, Condition>;

/**
 * Adds to a transaction where a wallet stands, by its key state: rows of wallets can be put by who makes them.
 *
 * @param table the ledger
 * @param onConflict what it means that it stands elsewhere
 */
export function requireStanding(
  write: WriteTransaction,
  table: string,
  walletId: string,
  standing: keyof typeof STANDINGS,
  onConflict: OnConflict,
): void {
  write.check(table, custodyKey(walletId), onConflict, { ...STANDINGS[standing], names: { '#status': 'status' } });
}

/**
 * Whether the key may sign transactions: those of a rotated wallet are what it accepted before, and what sweeps it. New ones are
 * refused where they are accepted; messages are signed for active wallets only.
 */
export function maySignTransactions({ status, paused }: Pick<CustodyState, 'status' | 'paused'>): boolean {
  return status !== 'revoked' && !paused;
}

/**
 * Adds to a transaction that a wallet's key is used, or was asked for in vain: an entry on its audit stream, on the condition that the key may
 * sign, that the wallet stands where it stood, and that no other use came first.
 *
 * @param custody as it was read, and judged by who calls
 * @param at ISO 8601, UTC
 * @param onConflict what it means that the condition failed
 */
export function recordKeyUse(
  write: WriteTransaction,
  tables: { readonly ledger: string; readonly audit: string },
  walletId: string,
  custody: CustodyState,
  use: AuditContent,
  at: string,
  onConflict: OnConflict,
): void {
  const { entry, head } = nextEntry(walletId, auditHeadOf(custody), use, at);
  // Judged by who calls; of a revoked one nothing matches.
  const status = custody.status === 'revoked' ? 'active' : custody.status;
  changeCustody(write, tables.ledger, walletId, { before: custody, head, must: { status, paused: false } }, onConflict);
  appendEntry(write, tables.audit, entry);
}
