import { isoTime } from '#shared/platform/clock.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { IdempotentContext } from '#shared/platform/http/bound-route.ts';
import { type RetryPolicy, type Sleep, sleep, withRetry } from '#shared/platform/retry.ts';
import { addWallet, type CreateWalletDependencies, type NewWallet, reportWallet, walletOf } from '../create-wallet.ts';
import { addressOfPublicKey } from '../curve.ts';
import { isKmsOutage, mayHaveHappened } from '../kms-outage.ts';
import type { Wallet } from '../wallet.ts';
import { changeIntent, type KmsKeyIntent, openIntent, storeIntent } from './key-intent.ts';
import { type KmsKeyMaker, NotASigningKey } from './kms-key-maker.ts';

/** What creating a wallet of the kms tier needs. */
export interface CreateKmsWalletDependencies extends Omit<CreateWalletDependencies, 'encryptor' | 'generateKey'> {
  readonly kmsKeys: KmsKeyMaker;
  readonly wait?: Sleep;
}

/** A key may not be seen everywhere in KMS in the first moments; quotas of a second pass too. */
const PUBLIC_KEY_RETRY: RetryPolicy = { maxAttempts: 5, baseDelayMs: 100, maxDelayMs: 1_000 };

/**
 * Creates a wallet whose key is made in KMS and never leaves it: the intent, the key, the intent with the key's ARN, then
 * wallet, key row, audit entry and answer in one transaction, which closes the intent. Whatever fails on the way, a
 * repeat of the request goes on with the key that is there.
 *
 * @throws WALLET_ALREADY_EXISTS, IDEMPOTENCY_IN_PROGRESS, CIRCUIT_OPEN when KMS gives no answer, CONFIGURATION when it refuses,
 *   WRITE_CONFLICT, DATABASE_ERROR; IdempotentReplay when the request was answered before
 */
export async function createKmsWallet(
  deps: CreateKmsWalletDependencies,
  input: NewWallet<'kms'>,
  context: IdempotentContext,
): Promise<Wallet> {
  await deps.idempotency.replayIfAnswered(context.idempotency);
  const { recordKey } = context.idempotency;
  const { intent, kmsKeyArn, address } = await makeKmsKey(deps, recordKey, context);
  const wallet = walletOf(input, intent.wallet_id, address, isoTime(deps.clock()));
  const write = new WriteTransaction();
  deps.idempotency.record(write, context.idempotency, { status: 201, body: wallet });
  addWallet(write, deps.tables, { wallet, kmsKeyArn }, context);
  changeIntent(write, deps.tables.ledger, recordKey, intent, { status: 'closed' });
  await write.commit(deps.client, context.deadline);
  reportWallet(deps.metrics, wallet, context);
  return wallet;
}

/** A key that is made in KMS, and not a wallet's yet. */
export interface MadeKmsKey {
  /** What was written ahead of it; whoever stores the wallet closes it in the same transaction (`changeIntent`). */
  readonly intent: KmsKeyIntent;
  readonly recordKey: string;
  readonly kmsKeyArn: string;
  readonly address: string;
}

/**
 * Makes a key in KMS, or goes on with the one that an earlier try at the same left.
 *
 * @param recordKey what the intent is kept under: who comes with the same gets the same key
 * @param stillWanted throws why no key is to be made after all; asked when the intent is open and has no key
 * @throws IDEMPOTENCY_IN_PROGRESS, for a rotation WRITE_CONFLICT; CIRCUIT_OPEN, CONFIGURATION, DATABASE_ERROR, what `stillWanted` throws
 */
export async function makeKmsKey(
  deps: CreateKmsWalletDependencies,
  recordKey: string,
  context: Pick<IdempotentContext, 'deadline' | 'log'>,
  stillWanted: () => Promise<unknown> = async () => undefined,
): Promise<MadeKmsKey> {
  const intents = { client: deps.client, table: deps.tables.ledger, clock: deps.clock, newId: deps.newId };
  const opened = await openIntent(intents, recordKey, context.deadline);
  if (opened.kms_key_arn === null) {
    await stillWanted().catch(async (error: unknown) => {
      await storeIntent(intents, recordKey, opened, { status: 'closed' }, context.deadline);
      throw error;
    });
  }
  const { intent, kmsKeyArn } = await withKey(deps, opened, recordKey, context);
  return { intent, recordKey, kmsKeyArn, address: await addressOfKey(deps, kmsKeyArn, context.deadline) };
}

/** Makes the key of an intent that has none, and notes it at once. */
async function withKey(
  deps: CreateKmsWalletDependencies,
  intent: KmsKeyIntent,
  recordKey: string,
  context: Pick<IdempotentContext, 'deadline' | 'log'>,
): Promise<{ readonly intent: KmsKeyIntent; readonly kmsKeyArn: string }> {
  if (intent.kms_key_arn !== null) return { intent, kmsKeyArn: intent.kms_key_arn };
  const store = (change: Parameters<typeof storeIntent>[3]) =>
    storeIntent({ client: deps.client, table: deps.tables.ledger }, recordKey, intent, change, context.deadline);
  let kmsKeyArn: string;
  try {
    kmsKeyArn = await deps.kmsKeys.create(intent.wallet_id);
  } catch (cause) {
    if (mayHaveHappened(cause)) {
      // The intent stays open.
      reportUnaccounted(deps, context, intent, { error: cause });
    } else {
      await store({ status: 'closed' });
    }
    if (isKmsOutage(cause)) throw new HavenError('CIRCUIT_OPEN', 'KMS gives no answer', { cause });
    throw new HavenError('CONFIGURATION', 'KMS refuses to make a key', { cause });
  }
  try {
    return { intent: await store({ kms_key_arn: kmsKeyArn }), kmsKeyArn };
  } catch (error) {
    reportUnaccounted(deps, context, intent, { kms_key_arn: kmsKeyArn, error });
    throw error;
  }
}

/** A key that nothing stored names, or may be there: `keys:orphans` finds it by its description. */
function reportUnaccounted(
  deps: CreateKmsWalletDependencies,
  context: Pick<IdempotentContext, 'log'>,
  intent: KmsKeyIntent,
  details: Readonly<Record<string, unknown>>,
): void {
  deps.metrics.count('KmsKeyUnaccounted');
  context.log.write('KMS_KEY_UNACCOUNTED', { wallet_id: intent.wallet_id, ...details });
}

async function addressOfKey(deps: CreateKmsWalletDependencies, keyArn: string, deadline: Deadline): Promise<string> {
  const passes = (error: unknown) => !(error instanceof NotASigningKey) && (isKmsOutage(error) || isNotFound(error));
  try {
    const ask = () => deps.kmsKeys.publicKey(keyArn);
    return addressOfPublicKey(await withRetry(ask, passes, PUBLIC_KEY_RETRY, deadline, deps.wait ?? sleep));
  } catch (cause) {
    if (passes(cause)) throw new HavenError('CIRCUIT_OPEN', 'KMS does not show the public key yet', { cause });
    throw new HavenError('CONFIGURATION', 'KMS does not show the public key of a new key', { cause });
  }
}

function isNotFound(error: unknown): boolean {
  return error instanceof Error && error.name === 'NotFoundException';
}
