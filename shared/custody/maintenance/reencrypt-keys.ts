import { timingSafeEqual } from 'node:crypto';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { appendEntry } from '#shared/audit/append-entry.ts';
import { nextEntry } from '#shared/audit/audit-entry.ts';
import { type Clock, isoTime } from '#shared/platform/clock.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { tooManyRivals, WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { type RetryPolicy, type Sleep, sleep, withRetry } from '#shared/platform/retry.ts';
import { type Pace, sideBySide } from '#shared/platform/side-by-side.ts';
import { auditHeadOf, changeCustody, readCustodyState } from '../custody-state.ts';
import type { KeyDecryptor, KeyEncryptor } from '../envelope.ts';
import { replaceCiphertext } from '../key-store.ts';
import { walletNotFound } from '../use-wallet.ts';
import type { Wallet } from '../wallet.ts';
import { decryptChecked, type KeyFault, readStoredKey, type StoredKey } from './stored-key.ts';

/** What moving keys needs. */
export interface ReencryptDependencies {
  readonly client: DynamoDBDocumentClient;
  readonly tables: { readonly ledger: string; readonly keys: string; readonly audit: string };
  /** Decrypts under the new KMS key and all that wallets may still be under. */
  readonly decryptor: KeyDecryptor;
  /** Encrypts under the new KMS key. */
  readonly encryptor: KeyEncryptor;
  readonly clock: Clock;
  readonly wait?: Sleep;
}

/** How to move. */
export interface ReencryptOptions {
  /** ARN of the new KMS key. */
  readonly to: string;
  /** ARNs of the KMS keys that keys may be under, the new one included. */
  readonly kmsKeyArns: readonly string[];
  readonly pace: Pace;
  /** Who moves them: the IAM identity. */
  readonly actor: string;
  readonly runId: string;
  /** False: nothing is written, KMS isn't asked. */
  readonly isWriting: boolean;
}

/** What became of one wallet. */
export interface MoveOutcome {
  readonly wallet_id: string;
  /**
   * `movable`: in a dry run, what would be moved. `raced`: another run replaced it first. `skipped`: its key isn't in the key
   * table by design.
   */
  readonly outcome: 'moved' | 'movable' | 'already_there' | 'raced' | 'skipped' | KeyFault;
  readonly address: string | null;
}

/** The wallet's stream moved on since its head was read: its key was used. */
class StreamMoved extends Error {}
/** The ciphertext is another by now. */
class CiphertextReplaced extends Error {}

/** A busy wallet's stream moves several times a second; this must get in between, as a pause must. */
const RIVALS_RETRY: RetryPolicy = { maxAttempts: 30, baseDelayMs: 10, maxDelayMs: 100 };
const WALLET_TIMEOUT_MS = 60_000;

/**
 * Moves wallets' keys to another KMS key. Which are moved already is told by their ciphertexts, so that a run that was killed
 * is simply run again. A wallet can sign all the while: both ciphertexts decrypt.
 *
 * @param settle told of each wallet, in no order
 * @throws CIRCUIT_OPEN when KMS gives no answer, WRITE_CONFLICT, DATABASE_ERROR
 */
export async function reencryptKeys(
  deps: ReencryptDependencies,
  walletIds: AsyncIterable<string>,
  options: ReencryptOptions,
  settle: (outcome: MoveOutcome) => void,
): Promise<void> {
  await sideBySide(walletIds, async (walletId) => settle(await moveKey(deps, walletId, options)), options.pace);
}

async function moveKey(deps: ReencryptDependencies, walletId: string, options: ReencryptOptions): Promise<MoveOutcome> {
  const stored = await readStoredKey(deps, walletId);
  if (typeof stored === 'string') return { wallet_id: walletId, outcome: stored, address: null };
  if ('absent' in stored) return { wallet_id: walletId, outcome: 'skipped', address: null };
  const { wallet, kmsKeys } = stored;
  const ended = (outcome: MoveOutcome['outcome']): MoveOutcome => ({
    wallet_id: walletId,
    outcome,
    address: wallet.address,
  });
  if (kmsKeys.length === 1 && kmsKeys[0] === options.to) return ended('already_there');
  if (!kmsKeys.some((arn) => options.kmsKeyArns.includes(arn))) return ended('unknown_kms_key');
  if (!options.isWriting) return ended('movable');
  const after = await encryptAnew(deps, stored);
  if (typeof after === 'string') return ended(after);
  try {
    await replace(deps, stored, after, options);
    return ended('moved');
  } catch (error) {
    if (error instanceof CiphertextReplaced) return ended('raced');
    throw error;
  }
}

/** The same key under the new KMS key, proven to decrypt to the same bytes. */
async function encryptAnew(
  { decryptor, encryptor }: ReencryptDependencies,
  { wallet, ciphertext }: StoredKey,
): Promise<Uint8Array | KeyFault> {
  const before = await decryptChecked(decryptor, wallet, ciphertext);
  if (typeof before === 'string') return before;
  try {
    const context = { wallet_id: wallet.id, address: wallet.address, purpose: wallet.purpose };
    const anew = await encryptor.encrypt(before, context);
    const after = await decryptChecked(decryptor, wallet, anew);
    if (typeof after === 'string') return after;
    try {
      return timingSafeEqual(before, after) ? anew : 'other_address';
    } finally {
      after.fill(0);
    }
  } finally {
    before.fill(0);
  }
}

/** Ciphertext and audit entry at once, on the condition that neither moved. */
async function replace(
  deps: ReencryptDependencies,
  { wallet, ciphertext, kmsKeys }: StoredKey,
  after: Uint8Array,
  options: ReencryptOptions,
): Promise<void> {
  const { client, tables, clock, wait = sleep } = deps;
  const deadline = Deadline.in(WALLET_TIMEOUT_MS, clock);
  const tryOnce = async () => {
    const before = await readCustody(deps, wallet);
    const at = isoTime(clock());
    const { entry, head } = nextEntry(
      wallet.id,
      auditHeadOf(before),
      {
        action: 'key.reencrypted',
        actor: options.actor,
        severity: 'WARNING',
        request_id: options.runId,
        detail: { from: [...kmsKeys], to: options.to },
      },
      at,
    );
    const write = new WriteTransaction();
    replaceCiphertext(write, tables.keys, wallet.id, ciphertext, after, at, () => new CiphertextReplaced());
    changeCustody(write, tables.ledger, wallet.id, { before, head }, () => new StreamMoved());
    appendEntry(write, tables.audit, entry);
    await write.commit(client, deadline, wait);
  };
  await withRetry(tryOnce, (error) => error instanceof StreamMoved, RIVALS_RETRY, deadline, wait).catch(
    (error: unknown) => {
      throw error instanceof StreamMoved ? tooManyRivals(error) : error;
    },
  );
}

async function readCustody({ client, tables }: ReencryptDependencies, { id }: Pick<Wallet, 'id'>) {
  const state = await readCustodyState(client, tables.ledger, id);
  if (state === undefined) throw walletNotFound(id);
  return state;
}
