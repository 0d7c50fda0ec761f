import type * as z from 'zod';
import type { IdempotentContext } from '#shared/platform/http/bound-route.ts';
import type { CustodyState } from '../custody-state.ts';
import { type RequestDependencies, submitRequest } from '../dual-control/change-request.ts';
import type { Wallet } from '../wallet.ts';
import {
  DESTRUCTION_KIND,
  type Destruction,
  type destructionView,
  retentionEndsMs,
  toDestructionView,
} from './destruction.ts';

/** What asking for a destruction needs. */
export interface RequestDestructionDependencies extends RequestDependencies {
  /** Days that the key of a revoked wallet is kept at least. */
  readonly retentionDays: number;
}

/**
 * Asks for the destruction of a revoked wallet's key. Nothing is destroyed: somebody else has to approve it, and the
 * retention has to pass.
 *
 * @throws WALLET_NOT_FOUND, INVALID_TRANSITION for a wallet that is not revoked, KEY_NOT_AVAILABLE, WRITE_CONFLICT,
 *   DATABASE_ERROR; IdempotentReplay when it was answered before
 */
export function requestDestruction(
  deps: RequestDestructionDependencies,
  walletId: string,
  reason: string,
  context: IdempotentContext,
): Promise<z.output<typeof destructionView>> {
  const draft = (wallet: Wallet, now: string, approveBy: string, custody: CustodyState): Destruction => {
    retentionEndsMs(wallet, custody, deps.retentionDays);
    return {
      id: deps.newId('dst'),
      wallet_id: wallet.id,
      address: wallet.address,
      status: 'requested',
      reason,
      requested_by: context.principal.id,
      requested_at: now,
      approve_by: approveBy,
      version: 1,
    };
  };
  return submitRequest(deps, DESTRUCTION_KIND, walletId, draft, toDestructionView, context);
}
