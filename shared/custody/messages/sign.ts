import { Signature } from 'ethers/crypto';
import { hashMessage } from 'ethers/hash';
import { getBytes, hexlify } from 'ethers/utils';
import type { ChainRegistry } from '#shared/platform/chain/chain-config.ts';
import { type Clock, isoTime } from '#shared/platform/clock.ts';
import { tooManyRivals } from '#shared/platform/dynamo/write-transaction.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { IdempotentContext } from '#shared/platform/http/bound-route.ts';
import type { IdempotencyStore } from '#shared/platform/idempotency/idempotency-store.ts';
import { IdempotentReplay } from '#shared/platform/idempotency/idempotent-request.ts';
import type { Metrics } from '#shared/platform/metrics.ts';
import type { CustodyState } from '../custody-state.ts';
import type { Signer } from '../signer.ts';
import { refuseInactive, type WalletDirectory } from '../use-wallet.ts';
import type { WalletIdentity } from '../wallet.ts';
import { type KeyUseDependencies, recordDenial, recordUse } from './key-use.ts';
import { MESSAGE_REFUSALS, messageRefusal } from './message-rules.ts';
import { checkSigningPolicy, type SigningPolicy, type SigningPolicyReader, typedDataDenial } from './signing-policy.ts';
import { checkTypedData } from './typed-data.ts';
import type { TypedData } from './typed-data-field.ts';

/** What signing messages needs. */
export interface MessageDependencies extends KeyUseDependencies {
  readonly wallets: KeyUseDependencies['wallets'] & Pick<WalletDirectory, 'identity'>;
  readonly policies: SigningPolicyReader;
  readonly chains: ChainRegistry;
  readonly signer: Signer;
  readonly idempotency: IdempotencyStore;
  readonly clock: Clock;
  readonly metrics: Metrics;
  /** Whether this stage signs messages at all. */
  readonly isOn: boolean;
}

/** People change a policy now and then; so many changes during one request are no chance. */
const MAX_POLICY_CHANGES = 3;

/** The policy is not the one that was judged by. */
class PolicyChanged extends Error {}

/** A signature, and over what. */
export interface SignedMessage {
  readonly wallet_id: string;
  readonly address: string;
  /** 32 bytes, hex: what was signed. */
  readonly digest: string;
  /** 65 bytes, hex: r, s, v. Null in an answer that is given again after the wallet may no longer sign. */
  readonly signature: string | null;
}

/** Something that is asked to be signed. */
interface Content {
  readonly kind: 'message' | 'typed_data';
  readonly digest: Uint8Array;
  /** Facts for the audit entry; never the content itself. */
  readonly facts: Readonly<Record<string, unknown>>;
  /** Why a policy that is on doesn't let it be signed. */
  denial(policy: SigningPolicy, wallet: WalletIdentity): string | undefined;
}

/**
 * Signs a message as EIP-191 has it (version 0x45, `personal_sign`).
 *
 * @param message its bytes, without the prefix
 * @throws WALLET_NOT_FOUND, WALLET_REVOKED, WALLET_ROTATED and POLICY_VIOLATION (audited), KEY_DECRYPTION_FAILED (audited),
 *   CIRCUIT_OPEN, WRITE_CONFLICT, DATABASE_ERROR; IdempotentReplay when the request was answered before
 */
export function signMessage(
  deps: MessageDependencies,
  walletId: string,
  message: Uint8Array,
  context: IdempotentContext,
): Promise<SignedMessage> {
  const content: Content = {
    kind: 'message',
    digest: getBytes(hashMessage(message)),
    facts: { bytes: message.length },
    denial() {
      const refusal = messageRefusal(message);
      return refusal === undefined ? undefined : `the message ${MESSAGE_REFUSALS[refusal]}`;
    },
  };
  return sign(deps, walletId, content, context);
}

/**
 * Signs typed data (EIP-712) of a configured chain.
 *
 * @param field where a client wrote it, for errors
 * @throws INVALID_PARAMETER besides what signMessage throws
 */
export async function signTypedData(
  deps: MessageDependencies,
  walletId: string,
  typedData: TypedData,
  field: string,
  context: IdempotentContext,
): Promise<SignedMessage> {
  const checked = checkTypedData(typedData, field);
  deps.chains.get(checked.chainId, `${field}.domain.chainId`);
  const content: Content = {
    kind: 'typed_data',
    digest: checked.digest,
    facts: {
      primary_type: checked.primaryType,
      chain_id: checked.chainId,
      verifying_contract: checked.verifyingContract ?? null,
    },
    denial: (policy, wallet) => typedDataDenial(policy, checked, wallet.address),
  };
  return sign(deps, walletId, content, context);
}

/**
 * Decides, signs, records, answers, in this order: the use of the key is on the wallet's stream before the signature leaves
 * this function, on the condition that the wallet is active and not paused and its policy the one that was judged by. A
 * policy that changed meanwhile is judged by anew. What is kept for a repeated request has no
 * signature, because it may be worth something to who holds it; a repeat is signed again and on record again, with the same
 * result in the envelope tier (RFC 6979), with another that is as good in the kms tier.
 */
async function sign(
  deps: MessageDependencies,
  walletId: string,
  content: Content,
  context: IdempotentContext,
): Promise<SignedMessage> {
  const wallet = await deps.wallets.identity(walletId);
  let policy = await decide(deps, wallet, content, context);
  let isRepeat = await wasAnswered(deps, context);
  const signature = await useKey(deps, wallet, content, context);
  const answer: SignedMessage = {
    wallet_id: wallet.id,
    address: wallet.address,
    digest: hexlify(content.digest),
    signature,
  };
  const record = () =>
    recordUse(
      deps,
      wallet.id,
      entryOf('key.used', 'INFO', `sign ${content.kind}`, content, context),
      isoTime(deps.clock()),
      context.deadline,
      (write) => {
        if (!isRepeat) {
          deps.idempotency.record(write, context.idempotency, { status: 200, body: { ...answer, signature: null } });
        }
        checkSigningPolicy(write, deps.tables.ledger, wallet.id, policy, () => new PolicyChanged());
      },
    );
  for (let failed = await failureOf(record), changes = 0; failed !== undefined; failed = await failureOf(record)) {
    if (failed instanceof IdempotentReplay) {
      // A rival with the same key came first: what it got is the answer to this one too.
      isRepeat = true;
    } else if (changes < MAX_POLICY_CHANGES) {
      changes += 1;
      policy = await decide(deps, wallet, content, context);
    } else {
      throw tooManyRivals(failed);
    }
  }
  deps.metrics.count('MessageSigned');
  context.log.write('MESSAGE_SIGNED', { wallet_id: wallet.id, kind: content.kind });
  if (isRepeat) throw new IdempotentReplay({ status: 200, body: answer });
  return answer;
}

/** What a record fails for that can be mended. */
async function failureOf(record: () => Promise<void>): Promise<IdempotentReplay | PolicyChanged | undefined> {
  try {
    await record();
    return undefined;
  } catch (error) {
    if (error instanceof IdempotentReplay || error instanceof PolicyChanged) return error;
    throw error;
  }
}

/**
 * Decides by what the policy says now.
 *
 * @returns the policy that allows it
 * @throws WALLET_REVOKED, WALLET_ROTATED, POLICY_VIOLATION, once it is on the wallet's stream
 */
async function decide(
  deps: MessageDependencies,
  wallet: WalletIdentity,
  content: Content,
  context: IdempotentContext,
): Promise<SigningPolicy> {
  const [custody, policy] = await Promise.all([deps.wallets.custodyState(wallet.id), deps.policies.get(wallet.id)]);
  const reason = denialOf(deps.isOn, custody, policy) ?? content.denial(policy, wallet);
  if (reason === undefined) return policy;
  deps.metrics.count('MessageRefused');
  context.log.write('MESSAGE_REFUSED', { wallet_id: wallet.id, kind: content.kind, reason });
  const entry = entryOf('key.denied', 'WARNING', reason, content, context);
  await recordDenial(deps, wallet.id, entry, isoTime(deps.clock()), context.deadline);
  if (deps.isOn) refuseInactive({ id: wallet.id, ...custody });
  throw new HavenError('POLICY_VIOLATION', `Not signed: ${reason}`, { details: { wallet_id: wallet.id, reason } });
}

/** Why nothing at all is signed for a wallet. */
function denialOf(isOn: boolean, custody: CustodyState, policy: SigningPolicy): string | undefined {
  if (!isOn) return 'message signing is off on this stage';
  if (custody.status !== 'active') return `the wallet is ${custody.status}`;
  if (custody.paused) return 'the wallet is paused';
  return policy.message_signing ? undefined : 'message signing is off for this wallet';
}

/** @throws IDEMPOTENCY_MISMATCH */
async function wasAnswered(deps: MessageDependencies, context: IdempotentContext): Promise<boolean> {
  try {
    await deps.idempotency.replayIfAnswered(context.idempotency);
    return false;
  } catch (error) {
    if (error instanceof IdempotentReplay) return true;
    throw error;
  }
}

/** A key that doesn't decrypt, or isn't that of its wallet, is what tampering looks like: it is on record before it fails. */
async function useKey(
  deps: MessageDependencies,
  wallet: WalletIdentity,
  content: Content,
  context: IdempotentContext,
): Promise<string> {
  try {
    const [signature] = await deps.signer.sign(wallet, [content.digest], context.deadline);
    if (signature === undefined) throw new Error('The signer left a digest unsigned');
    return Signature.from({ r: signature.r, s: signature.s, yParity: signature.yParity }).serialized;
  } catch (error) {
    if (error instanceof HavenError && error.code === 'KEY_DECRYPTION_FAILED') {
      deps.metrics.count('KeyRefused');
      const entry = entryOf('key.refused', 'CRITICAL', error.message, content, context);
      await recordDenial(deps, wallet.id, entry, isoTime(deps.clock()), context.deadline);
    }
    throw error;
  }
}

function entryOf(
  action: string,
  severity: 'INFO' | 'WARNING' | 'CRITICAL',
  reason: string,
  { kind, digest, facts }: Content,
  context: IdempotentContext,
) {
  const detail = { kind, digest: hexlify(digest), ...facts };
  return { action, actor: context.principal.id, severity, request_id: context.requestId, reason, detail };
}
