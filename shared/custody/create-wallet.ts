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
export interface NewWallet {
  readonly purpose: Purpose;
  readonly custody: Wallet['custody'];
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
  const id = deps.newId('wal');
  const createdAt = isoTime(deps.clock());
  const { address, ciphertext } = await makeKey(deps, id, input.purpose);
  const wallet: Wallet = {
    ...input,
    tags: { ...input.tags },
    id,
    address,
    status: 'active',
    paused: false,
    created_at: createdAt,
    version: 1,
  };
  await store(deps, wallet, ciphertext, context);
  deps.metrics.count('WalletCreated');
  context.log.write('WALLET_CREATED', { wallet_id: id, address, purpose: input.purpose });
  return wallet;
}

/** The only place where a new key is in clear: it is overwritten before anything is stored. */
async function makeKey(
  deps: CreateWalletDependencies,
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

async function store(
  deps: CreateWalletDependencies,
  wallet: Wallet,
  ciphertext: Uint8Array,
  context: IdempotentContext,
): Promise<void> {
  const { tables } = deps;
  const { entry, head } = nextEntry(
    wallet.id,
    emptyHead(wallet.id),
    {
      action: 'wallet.created',
      actor: context.principal.id,
      severity: 'INFO',
      request_id: context.requestId,
      detail: { address: wallet.address, purpose: wallet.purpose, custody: wallet.custody },
    },
    wallet.created_at,
  );
  const transaction = new WriteTransaction();
  deps.idempotency.record(transaction, context.idempotency, { status: 201, body: wallet });
  putWallet(transaction, tables.ledger, wallet, head);
  putKey(
    transaction,
    tables.keys,
    { wallet_id: wallet.id, address: wallet.address, purpose: wallet.purpose },
    ciphertext,
    wallet.created_at,
  );
  appendEntry(transaction, tables.audit, entry);
  await transaction.commit(deps.client, context.deadline);
}
