import { type Clock, systemClock } from '#shared/platform/clock.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { type RetryPolicy, type Sleep, sleep, withRetry } from '#shared/platform/retry.ts';
import { DIGEST_BYTES, type EcdsaSignature } from '../curve.ts';
import { isKmsOutage } from '../kms-outage.ts';
import type { Signer } from '../signer.ts';
import type { WalletIdentity } from '../wallet.ts';
import { parseDerSignature } from './der-signature.ts';
import { walletOfDescription } from './key-description.ts';
import type { KmsKeyReader } from './kms-key-store.ts';
import type { KmsSigningClient } from './kms-signing-client.ts';
import { recoverSignature } from './recover-signature.ts';

/** Longer waits than KMS's own second of quota are of no use, and five attempts outlast a burst of others. */
const SIGN_RETRY: RetryPolicy = { maxAttempts: 5, baseDelayMs: 50, maxDelayMs: 1_000 };

/** For who gives no deadline: the time that a lane can spare, well within its invocation's 30 s. */
const DEFAULT_BUDGET_MS = 8_000;

/**
 * Requests at once of one batch. Signatures count against a quota of the account and region ("Cryptographic operations
 * (ECC) request quota"), which others share.
 */
const AT_ONCE = 4;

/** Keys whose wallet is remembered. */
const MAX_REMEMBERED_KEYS = 1_000;

/** What the signer needs besides keys and KMS. */
export interface KmsSignerOptions {
  /** The stage's name, which is part of what keys are made for. */
  readonly stage: string;
  readonly clock?: Clock;
  readonly wait?: Sleep;
}

/**
 * The signer of the kms tier: the key never leaves KMS, which is asked once per digest. What it answers is taken for a
 * signature only when it proves to be one of the wallet's address over this digest. Before the first, each function instance
 * asks once for which wallet the key was made: a second wallet at the same address, without the policy of the first, gets none.
 *
 * A key that KMS refuses to use (deleted, disabled, not ours) and a signature that is not the wallet's are what tampering
 * looks like: KEY_DECRYPTION_FAILED. Faults, time-outs and quotas are not, and are tried again until the deadline: CIRCUIT_OPEN.
 */
export function createKmsSigner(keys: KmsKeyReader, client: KmsSigningClient, options: KmsSignerOptions): Signer {
  const { stage, clock = systemClock, wait = sleep } = options;
  /** For which wallet of the stage a key was made, by its ARN: undefined for none. */
  const owners = new Map<string, string | undefined>();

  async function ask<T>(wallet: WalletIdentity, question: () => Promise<T>, deadline: Deadline): Promise<T> {
    return withRetry(question, isKmsOutage, SIGN_RETRY, deadline, wait).catch((cause: unknown) => {
      if (isKmsOutage(cause)) throw new HavenError('CIRCUIT_OPEN', 'KMS gives no answer', { cause });
      throw refused(wallet, 'may not be used', cause);
    });
  }

  async function checkOwner(wallet: WalletIdentity, keyArn: string, deadline: Deadline): Promise<void> {
    if (!owners.has(keyArn)) {
      const description = await ask(wallet, () => client.describe(keyArn), deadline);
      if (owners.size >= MAX_REMEMBERED_KEYS) owners.clear();
      owners.set(keyArn, walletOfDescription(stage, description));
    }
    if (owners.get(keyArn) !== wallet.id) throw refused(wallet, 'was made for something else');
  }

  async function signOne(
    wallet: WalletIdentity,
    keyArn: string,
    digest: Uint8Array,
    deadline: Deadline,
  ): Promise<EcdsaSignature> {
    const der = await ask(wallet, () => client.sign(keyArn, digest), deadline);
    const numbers = parseDerSignature(der);
    if (numbers === undefined) throw refused(wallet, 'gave what is no signature');
    const signature = recoverSignature(digest, numbers, wallet.address);
    if (signature === undefined) throw refused(wallet, 'is not that of its address');
    return signature;
  }

  return {
    async sign(wallet, digests, deadline = Deadline.in(DEFAULT_BUDGET_MS, clock)) {
      if (digests.some(({ length }) => length !== DIGEST_BYTES)) {
        throw new RangeError(`A digest has ${DIGEST_BYTES} bytes`);
      }
      const keyArn = await keys.read(wallet.id);
      if (digests.length > 0) await checkOwner(wallet, keyArn, deadline);
      const signatures: EcdsaSignature[] = [];
      for (let start = 0; start < digests.length; start += AT_ONCE) {
        const some = digests.slice(start, start + AT_ONCE);
        signatures.push(...(await Promise.all(some.map((digest) => signOne(wallet, keyArn, digest, deadline)))));
      }
      return signatures;
    },
  };
}

function refused(wallet: WalletIdentity, why: string, cause?: unknown): HavenError {
  return new HavenError('KEY_DECRYPTION_FAILED', `The KMS key of wallet ${wallet.id} ${why}`, { cause });
}
