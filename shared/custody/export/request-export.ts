import type * as z from 'zod';
import { isoTime } from '#shared/platform/clock.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { IdempotentContext } from '#shared/platform/http/bound-route.ts';
import { type RequestDependencies, submitRequest } from '../dual-control/change-request.ts';
import type { ControlledRequest } from '../dual-control/request.ts';
import type { Wallet } from '../wallet.ts';
import { EXPORT_KIND, type exportView, RETRIEVAL_WINDOW_MS, refuseUnexportable, toExportView } from './export.ts';
import { refusePooled } from './pooled.ts';
import { essentialMembers, type recipientKeyField } from './recipient-key.ts';
import { proveSealable } from './seal.ts';

/** What asking for an export needs. */
export interface RequestExportDependencies extends RequestDependencies {
  /** Whether this stage exports keys at all. */
  readonly exportIsOn: boolean;
}

/** What the caller says of an export. */
export interface NewExport {
  readonly reason: string;
  readonly public_key: z.output<typeof recipientKeyField>;
}

/**
 * Asks for the export of a wallet's key to a public key. Nothing is decrypted: somebody else has to approve it first. While the
 * wallet waits in the pool of deposit wallets nobody can ask.
 *
 * @throws POLICY_VIOLATION where the stage exports no keys, INVALID_PARAMETER for a key that nothing can be sealed to,
 *   WALLET_NOT_FOUND, KEY_NOT_AVAILABLE, WRITE_CONFLICT, DATABASE_ERROR; IdempotentReplay when it was answered before
 */
export async function requestExport(
  deps: RequestExportDependencies,
  walletId: string,
  { reason, public_key }: NewExport,
  context: IdempotentContext,
): Promise<z.output<typeof exportView>> {
  refuseWhereOff(deps.exportIsOn, walletId);
  const key = essentialMembers(public_key);
  const thumbprint = await proveSealable(key, 'body.public_key');
  const orderId = await refusePooled(deps, await deps.wallets.get(walletId));
  const draft = (wallet: Wallet, now: string, approveBy: string) => {
    refuseUnexportable(wallet);
    return {
      id: deps.newId('exp'),
      wallet_id: wallet.id,
      address: wallet.address,
      status: 'requested' as const,
      reason,
      requested_by: context.principal.id,
      requested_at: now,
      approve_by: approveBy,
      public_key: key,
      thumbprint,
      ...(orderId === undefined ? {} : { order_id: orderId }),
      version: 1,
    };
  };
  return submitRequest(deps, EXPORT_KIND, walletId, draft, toExportView, context);
}

/**
 * When an export that is approved now can be retrieved.
 *
 * @throws KEY_NOT_AVAILABLE
 */
export function exportUse(wallet: Wallet, nowMs: number): Pick<ControlledRequest, 'use_from' | 'use_by'> {
  refuseUnexportable(wallet);
  return { use_from: isoTime(nowMs), use_by: isoTime(nowMs + RETRIEVAL_WINDOW_MS) };
}

/** @throws POLICY_VIOLATION */
export function refuseWhereOff(isOn: boolean, walletId: string): void {
  if (isOn) return;
  const reason = 'key export is off on this stage';
  throw new HavenError('POLICY_VIOLATION', `Not exported: ${reason}`, { details: { wallet_id: walletId, reason } });
}
