import { Signature } from 'ethers/crypto';
import { hashMessage } from 'ethers/hash';
import { getBytes, hexlify } from 'ethers/utils';
import type { ChainRegistry } from '#shared/platform/chain/chain-config.ts';
import { type Clock, isoTime } from '#shared/platform/clock.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { IdempotentContext } from '#shared/platform/http/bound-route.ts';
import type { IdempotencyStore } from '#shared/platform/idempotency/idempotency-store.ts';
import { IdempotentReplay } from '#shared/platform/idempotency/idempotent-request.ts';
import type { Metrics } from '#shared/platform/metrics.ts';
import type { Signer } from '../signer.ts';
import type { WalletDirectory } from '../use-wallet.ts';
import type { WalletIdentity } from '../wallet.ts';
import { type KeyUseDependencies, recordDenial, recordUse } from './key-use.ts';
import { MESSAGE_REFUSALS, messageRefusal } from './message-rules.ts';
import { type SigningPolicy, type SigningPolicyReader, typedDataDenial } from './signing-policy.ts';
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
  denial(policy: SigningPolicy): string | undefined;
}

/**
 * Signs a message as EIP-191 has it (version 0x45, `personal_sign`).
 *
 * @param message its bytes, without the prefix
 * @throws WALLET_NOT_FOUND, POLICY_VIOLATION (audited), KEY_DECRYPTION_FAILED (audited), CIRCUIT_OPEN, WRITE_CONFLICT,
 *   DATABASE_ERROR; IdempotentReplay when the request was answered before
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
    denial: (policy) => typedDataDenial(policy, checked),
  };
  return sign(deps, walletId, content, context);
}

/**
 * Decides, signs, records, answers, in this order: the use of the key is on the wallet's stream, on the condition that the
 * wallet is active and not paused, before the signature leaves this function. What is kept for a repeated request has no
 * signature, because it may be worth something to who holds it; a repeat is signed again, with the same result (RFC 6979),
 * and on record again.
 */
async function sign(
  deps: MessageDependencies,
  walletId: string,
  content: Content,
  context: IdempotentContext,
): Promise<SignedMessage> {
  const wallet = await deps.wallets.identity(walletId);
  await decide(deps, wallet, content, context);
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
        if (isRepeat) return;
        deps.idempotency.record(write, context.idempotency, { status: 200, body: { ...answer, signature: null } });
      },
    );
  try {
    await record();
  } catch (error) {
    // A rival with the same key came first: what it got is the answer to this one too.
    if (!(error instanceof IdempotentReplay)) throw error;
    isRepeat = true;
    await record();
  }
  deps.metrics.count('MessageSigned');
  context.log.write('MESSAGE_SIGNED', { wallet_id: wallet.id, kind: content.kind });
  if (isRepeat) throw new IdempotentReplay({ status: 200, body: answer });
  return answer;
}

/** @throws POLICY_VIOLATION, once it is on the wallet's stream */
async function decide(
  deps: MessageDependencies,
  wallet: WalletIdentity,
  content: Content,
  context: IdempotentContext,
): Promise<void> {
  const reason = await denialOf(deps, wallet, content);
  if (reason === undefined) return;
  deps.metrics.count('MessageRefused');
  context.log.write('MESSAGE_REFUSED', { wallet_id: wallet.id, kind: content.kind, reason });
  const entry = entryOf('key.denied', 'WARNING', reason, content, context);
  await recordDenial(deps, wallet.id, entry, isoTime(deps.clock()), context.deadline);
  throw new HavenError('POLICY_VIOLATION', `Not signed: ${reason}`, { details: { wallet_id: wallet.id, reason } });
}

async function denialOf(
  deps: MessageDependencies,
  wallet: WalletIdentity,
  content: Content,
): Promise<string | undefined> {
  if (!deps.isOn) return 'message signing is off on this stage';
  const [custody, policy] = await Promise.all([deps.wallets.custodyState(wallet.id), deps.policies.get(wallet.id)]);
  if (custody.paused) return 'the wallet is paused';
  if (custody.status !== 'active') return `the wallet is ${custody.status}`;
  if (!policy.message_signing) return 'message signing is off for this wallet';
  return content.denial(policy);
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
    const [signature] = await deps.signer.sign(wallet, [content.digest]);
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
