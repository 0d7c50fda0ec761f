import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { appendEntry } from '#shared/audit/append-entry.ts';
import { emptyHead, nextEntry } from '#shared/audit/audit-entry.ts';
import { type Clock, isoTime } from '#shared/platform/clock.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import type { IdempotentContext } from '#shared/platform/http/bound-route.ts';
import type { IdempotencyStore } from '#shared/platform/idempotency/idempotency-store.ts';
import type { NewId } from '#shared/platform/ids.ts';
import type { Metrics } from '#shared/platform/metrics.ts';
import type { KeyEncryptor } from './envelope.ts';
import { putKey } from './key-store.ts';
import { putKmsKey } from './kms/kms-key-store.ts';
import { addressOf, generatePrivateKey, type PrivateKeyBytes } from './private-key.ts';
import type { Purpose, Wallet } from './wallet.ts';
import { putWallet } from './wallet-store.ts';

/** What creating a wallet needs. */
export interface CreateWalletDependencies {
  readonly client: DynamoDBDocumentClient;
  readonly tables: { readonly ledger: string; readonly keys: string; readonly audit: string };
  readonly encryptor: KeyEncryptor;
  readonly idempotency: IdempotencyStore;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly metrics: Metrics;
  /** Where new keys come from. */
  readonly generateKey?: () => PrivateKeyBytes;
}

/** What the caller decides about a new wallet. */
export interface NewWallet<Custody extends Wallet['custody'] = 'envelope'> {
  readonly purpose: Purpose;
  readonly custody: Custody;
  readonly label: string | null;
  readonly tags: Readonly<Record<string, string>>;
}

/**
 * Creates a wallet: makes a key, encrypts it bound to the wallet, and stores key, wallet, audit entry and answer in
 * one transaction. The key is in clear only until it is encrypted.
 *
 * @throws WALLET_ALREADY_EXISTS, WRITE_CONFLICT, DATABASE_ERROR; IdempotentReplay when the request was answered before
 */
export async function createWallet(
  deps: CreateWalletDependencies,
  input: NewWallet,
  context: IdempotentContext,
): Promise<Wallet> {
  // KMS work is dear: a repeated request should not cause it.
  await deps.idempotency.replayIfAnswered(context.idempotency);
  const made = await makeWallet(deps, input);
  const { wallet } = made;
  const write = new WriteTransaction();
  deps.idempotency.record(write, context.idempotency, { status: 201, body: wallet });
  addWallet(write, deps.tables, made, context);
  await write.commit(deps.client, context.deadline);
  reportWallet(deps.metrics, wallet, context);
  return wallet;
}

/** A wallet that is made and not yet stored, with its key's ciphertext. */
export interface MadeWallet {
  readonly wallet: Wallet;
  readonly ciphertext: Uint8Array;
}

/** A wallet of the kms tier that is made and not yet stored, with the name of its key. */
export interface MadeKmsWallet {
  readonly wallet: Wallet;
  readonly kmsKeyArn: string;
}

/** Makes a wallet without storing it: a new key, encrypted bound to it. Whoever makes it adds it to their own transaction. */
export async function makeWallet(
  deps: Pick<CreateWalletDependencies, 'encryptor' | 'clock' | 'newId' | 'generateKey'>,
  input: NewWallet,
): Promise<MadeWallet> {
  const id = deps.newId('wal');
  const createdAt = isoTime(deps.clock());
  const { address, ciphertext } = await makeKey(deps, id, input.purpose);
  return { wallet: walletOf(input, id, address, createdAt), ciphertext };
}

/**
 * A new wallet, active and not paused.
 *
 * @param createdAt ISO 8601, UTC
 */
export function walletOf(input: NewWallet<Wallet['custody']>, id: string, address: string, createdAt: string): Wallet {
  return {
    ...input,
    tags: { ...input.tags },
    id,
    address,
    status: 'active',
    paused: false,
    created_at: createdAt,
    version: 1,
  };
}

/** Tells of a wallet that is stored. */
export function reportWallet(metrics: Metrics, wallet: Wallet, { log }: Pick<IdempotentContext, 'log'>): void {
  metrics.count('WalletCreated');
  log.write('WALLET_CREATED', { wallet_id: wallet.id, address: wallet.address, purpose: wallet.purpose });
}

/** The only place where a new key is in clear: it is overwritten before anything is stored. */
async function makeKey(
  deps: Pick<CreateWalletDependencies, 'encryptor' | 'generateKey'>,
  walletId: string,
  purpose: Purpose,
): Promise<{ readonly address: string; readonly ciphertext: Uint8Array }> {
  const privateKey = (deps.generateKey ?? generatePrivateKey)();
  try {
    const address = addressOf(privateKey);
    return { address, ciphertext: await deps.encryptor.encrypt(privateKey, { wallet_id: walletId, address, purpose }) };
  } finally {
    privateKey.fill(0);
  }
}

/**
 * Adds a made wallet to a transaction: wallet, key state, address, tags, key and the first entry of its audit stream,
 * each if absent.
 */
export function addWallet(
  write: WriteTransaction,
  tables: CreateWalletDependencies['tables'],
  made: MadeWallet | MadeKmsWallet,
  by: Pick<IdempotentContext, 'principal' | 'requestId'>,
): void {
  const { wallet } = made;
  const { entry, head } = nextEntry(
    wallet.id,
    emptyHead(wallet.id),
    {
      action: 'wallet.created',
      actor: by.principal.id,
      severity: 'INFO',
      request_id: by.requestId,
      detail: {
        address: wallet.address,
        purpose: wallet.purpose,
        custody: wallet.custody,
        ...('kmsKeyArn' in made ? { kms_key_arn: made.kmsKeyArn } : {}),
        ...(wallet.predecessor_id === undefined ? {} : { predecessor_id: wallet.predecessor_id }),
      },
    },
    wallet.created_at,
  );
  putWallet(write, tables.ledger, wallet, head);
  const context = { wallet_id: wallet.id, address: wallet.address, purpose: wallet.purpose };
  if ('kmsKeyArn' in made) putKmsKey(write, tables.keys, context, made.kmsKeyArn, wallet.created_at);
  else putKey(write, tables.keys, context, made.ciphertext, wallet.created_at);
  appendEntry(write, tables.audit, entry);
}
