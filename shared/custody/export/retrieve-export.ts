import type { Alert } from '#shared/alerts/alert.ts';
import { recordAlert, reportAlert } from '#shared/alerts/record-alert.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { PrincipalContext } from '#shared/platform/http/bound-route.ts';
import { refuseStep } from '../dual-control/request.ts';
import type { RequestStore } from '../dual-control/request-store.ts';
import { addStep, againstRivals, type DualControlDependencies } from '../dual-control/take-step.ts';
import type { KeyDecryptor } from '../envelope.ts';
import type { KeyReader } from '../key-store.ts';
import { recordDenial } from '../messages/key-use.ts';
import { checkKey } from '../signer.ts';
import type { WalletIdentity } from '../wallet.ts';
import { EXPORT_KIND, type Export, refuseUnexportable } from './export.ts';
import { refusePooled } from './pooled.ts';
import { refuseWhereOff } from './request-export.ts';
import { exportPayload, seal } from './seal.ts';

/** What retrieving an export needs. */
export interface RetrieveDependencies extends DualControlDependencies {
  readonly exports: Pick<RequestStore<Export>, 'get'>;
  readonly keys: KeyReader;
  readonly decryptor: KeyDecryptor;
  /** Whether this stage exports keys at all. */
  readonly exportIsOn: boolean;
}

/** An exported key: only the holder of the private half can open it. */
export interface RetrievedExport {
  readonly id: string;
  readonly wallet_id: string;
  readonly address: string;
  readonly thumbprint: string;
  readonly jwe: string;
}

/**
 * Gives out the key of an approved export, sealed to the requester's public key, once. That it was given out is stored
 * before it leaves, on the condition that it is approved by somebody else, not expired and not retrieved; so of two who
 * retrieve at once one gets it, and an answer that is lost is lost: what was sealed is kept nowhere, and the export has
 * to be asked for anew. The key is in clear from its decryption until it is sealed, which is before anything is stored: a
 * KMS that is down does not use up an approval.
 *
 * @throws EXPORT_NOT_FOUND, FORBIDDEN for all but the requester, INVALID_TRANSITION, POLICY_VIOLATION where the stage exports
 *   no keys, KEY_NOT_AVAILABLE, KEY_DECRYPTION_FAILED (audited and alerted), CIRCUIT_OPEN, WRITE_CONFLICT, DATABASE_ERROR
 */
export function retrieveExport(
  deps: RetrieveDependencies,
  exportId: string,
  context: PrincipalContext,
): Promise<RetrievedExport> {
  const actor = { id: context.principal.id, requestId: context.requestId };
  return againstRivals(deps, context.deadline, async () => {
    const request = await deps.exports.get(exportId);
    refuseWhereOff(deps.exportIsOn, request.wallet_id);
    refuseStep(request, 'retrieve', actor.id, isoTime(deps.clock()));
    const [wallet, custody] = await Promise.all([
      deps.wallets.get(request.wallet_id),
      deps.wallets.custodyState(request.wallet_id),
    ]);
    refuseUnexportable({ ...wallet, key_destroyed_at: custody.key_destroyed_at });
    await refusePooled(deps, wallet);
    const jwe = await sealedKey(deps, wallet, request, context);
    const write = new WriteTransaction();
    // Judged anew: sealing took its time.
    const taken = { step: 'retrieve' as const, actor, now: isoTime(deps.clock()) };
    const { next, alert } = addStep(write, deps, EXPORT_KIND, request, taken, { custody });
    await write.commit(deps.client, context.deadline);
    deps.metrics.count('KeyExported');
    reportAlert({ log: context.log, metrics: deps.metrics }, alert);
    return { id: next.id, wallet_id: next.wallet_id, address: next.address, thumbprint: next.thumbprint, jwe };
  });
}

/** The only place where a key is in clear in order to leave: its bytes and the payload are overwritten before this returns. */
async function sealedKey(
  deps: RetrieveDependencies,
  wallet: WalletIdentity,
  request: Export,
  context: PrincipalContext,
): Promise<string> {
  const privateKey = await openKey(deps, wallet, request, context);
  const facts = {
    export_id: request.id,
    wallet_id: wallet.id,
    address: wallet.address,
    purpose: wallet.purpose,
    exported_at: isoTime(deps.clock()),
  };
  const payload = exportPayload(facts, privateKey);
  privateKey.fill(0);
  try {
    return await seal(request.public_key, request.thumbprint, payload);
  } finally {
    payload.fill(0);
  }
}

/** A key that doesn't decrypt, or isn't that of its wallet, is what tampering looks like: it is on record before it fails. */
async function openKey(
  deps: RetrieveDependencies,
  wallet: WalletIdentity,
  request: Export,
  context: PrincipalContext,
): Promise<Uint8Array> {
  const { id, address, purpose } = wallet;
  try {
    const ciphertext = await deps.keys.read(id);
    const privateKey = await deps.decryptor.decrypt(ciphertext, { wallet_id: id, address, purpose });
    try {
      checkKey(privateKey, wallet);
      return privateKey;
    } catch (error) {
      privateKey.fill(0);
      throw error;
    }
  } catch (error) {
    if (error instanceof HavenError && error.code === 'KEY_DECRYPTION_FAILED') {
      await recordRefusedKey(deps, wallet, request, error.message, context);
    }
    throw error;
  }
}

async function recordRefusedKey(
  deps: RetrieveDependencies,
  wallet: WalletIdentity,
  request: Export,
  reason: string,
  context: PrincipalContext,
): Promise<void> {
  const at = isoTime(deps.clock());
  const actor = context.principal.id;
  const detail = { request_id: request.id };
  const entry = { action: 'key.refused', actor, severity: 'CRITICAL' as const, request_id: context.requestId, reason };
  await recordDenial(deps, wallet.id, { ...entry, detail }, at, context.deadline);
  const alert: Alert = {
    id: deps.newId('alr'),
    severity: 'CRITICAL',
    category: 'key_access',
    summary: 'The key of a wallet does not decrypt or is not its own',
    details: { wallet_id: wallet.id, address: wallet.address, actor, ...detail },
    dedupe_key: `${wallet.id}#key.refused`,
    occurred_at: at,
  };
  const write = new WriteTransaction();
  recordAlert(write, deps.tables, alert);
  await write.commit(deps.client, context.deadline);
  deps.metrics.count('KeyRefused');
  reportAlert({ log: context.log, metrics: deps.metrics }, alert);
}
