import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { appendEntry } from '#shared/audit/append-entry.ts';
import { emptyHead, nextEntry } from '#shared/audit/audit-entry.ts';
import { type Clock, isoTime } from '#shared/platform/clock.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { readItem } from '#shared/platform/dynamo/read-item.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { KeyEncryptor } from '../envelope.ts';
import { putKey } from '../key-store.ts';
import { addressKey, walletKey } from '../ledger-keys.ts';
import { type Wallet, walletSchema } from '../wallet.ts';
import { putWallet } from '../wallet-store.ts';
import type { Candidate } from './examine-row.ts';
import type { ImportHeader } from './import-journal.ts';
import { importedWalletId } from './imported-id.ts';

/** What storing an imported wallet needs. */
export interface ImportWalletDependencies {
  readonly client: DynamoDBDocumentClient;
  readonly tables: { readonly ledger: string; readonly keys: string; readonly audit: string };
  readonly encryptor: KeyEncryptor;
  readonly clock: Clock;
}

/** One wallet's transaction with all its repetitions. A command has no caller that waits, but must end some day. */
const WALLET_TIMEOUT_MS = 60_000;

const addressRowSchema = z.object({ wallet_id: z.string() });

/**
 * The wallet that has an address; strongly consistent.
 *
 * @param table the ledger
 */
export async function walletAt(
  client: DynamoDBDocumentClient,
  table: string,
  address: string,
): Promise<string | undefined> {
  const row = await readItem(client, table, addressKey(address));
  return row === undefined ? undefined : addressRowSchema.parse(row).wallet_id;
}

/** Who has an address. */
export interface Occupant {
  readonly walletId: string;
  /** Whether it is a wallet, as far as the ledger says one with a key. The key itself is for `keys:verify` to look at. */
  readonly isWallet: boolean;
}

/**
 * Who has an address, with a look at the wallet itself: an address row alone says nothing of a key. Strongly consistent.
 *
 * @param table the ledger
 */
export async function occupantOf(
  client: DynamoDBDocumentClient,
  table: string,
  address: string,
): Promise<Occupant | undefined> {
  const walletId = await walletAt(client, table, address);
  if (walletId === undefined) return undefined;
  const wallet = walletSchema.safeParse(await readItem(client, table, walletKey(walletId))).data;
  return { walletId, isWallet: wallet?.address === address && wallet.key_destroyed_at === undefined };
}

/**
 * Makes a wallet of a candidate: its key encrypted as the provisioner does it, bound to the wallet; wallet, key state,
 * address, tags, key and the audit entry `wallet.imported` in one transaction, each if absent. The key is overwritten before
 * anything is stored, whatever happens.
 *
 * @param header of the import
 * @param actor who imports: the IAM identity
 * @returns who has the address now, and whether this import made it, now or before it was killed
 * @throws DATABASE_ERROR, WRITE_CONFLICT; what KMS refuses with
 */
export async function importWallet(
  deps: ImportWalletDependencies,
  candidate: Candidate,
  header: ImportHeader,
  actor: string,
): Promise<Occupant & { readonly isImported: boolean }> {
  const { client, tables } = deps;
  const { address, key } = candidate;
  const id = importedWalletId(header.import_id, header.started_at_ms, address);
  try {
    // KMS work is dear: a row that is there already should not cause it.
    const before = await occupantOf(client, tables.ledger, address);
    if (before !== undefined) return { ...before, isImported: before.walletId === id };
    const context = { wallet_id: id, address, purpose: header.purpose };
    const ciphertext = await deps.encryptor.encrypt(key, context);
    const wallet = walletOf(candidate, header, id, isoTime(deps.clock()));
    key.fill(0);
    const write = new WriteTransaction();
    addImported(write, tables, wallet, candidate.line, header, actor);
    putKey(write, tables.keys, context, ciphertext, wallet.created_at);
    await write.commit(client, Deadline.in(WALLET_TIMEOUT_MS, deps.clock));
    return { walletId: id, isWallet: true, isImported: true };
  } catch (error) {
    if (!(error instanceof HavenError) || error.code !== 'WALLET_ALREADY_EXISTS') throw error;
    const rival = await occupantOf(client, tables.ledger, address);
    if (rival === undefined) throw error;
    return { ...rival, isImported: rival.walletId === id };
  } finally {
    key.fill(0);
  }
}

function walletOf({ address, label }: Candidate, header: ImportHeader, id: string, createdAt: string): Wallet {
  return {
    id,
    address,
    purpose: header.purpose,
    custody: 'envelope',
    status: 'active',
    paused: header.paused,
    label,
    tags: { ...header.tags },
    created_at: createdAt,
    version: 1,
  };
}

function addImported(
  write: WriteTransaction,
  tables: ImportWalletDependencies['tables'],
  wallet: Wallet,
  line: number,
  header: ImportHeader,
  actor: string,
): void {
  const { entry, head } = nextEntry(
    wallet.id,
    emptyHead(wallet.id),
    {
      action: 'wallet.imported',
      actor,
      severity: 'WARNING',
      request_id: header.import_id,
      detail: {
        address: wallet.address,
        purpose: wallet.purpose,
        custody: wallet.custody,
        paused: wallet.paused,
        source: `import:${header.source_sha256}`,
        line,
      },
    },
    wallet.created_at,
  );
  putWallet(write, tables.ledger, wallet, head);
  appendEntry(write, tables.audit, entry);
}
