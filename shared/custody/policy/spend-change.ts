import type { SpendWindow } from './spend-window.ts';

/** An account on a chain. */
export interface FundedAccount {
  readonly chain_id: number;
  readonly address: string;
}

/** What happens to an amount that a transaction takes of what is counted. */
type SpendKind =
  /**
   * An open transaction holds it from now on. `cap`: the daily limit; null: none. `account`: whose balance must cover all
   * that is held, where balances can be read; absent: no matter which.
   */
  | { readonly type: 'reserve'; readonly cap: bigint | null; readonly account?: FundedAccount }
  /** It is no longer held. */
  | { readonly type: 'release' }
  /** It has moved, in a block; null: none is known. */
  | { readonly type: 'spend'; readonly block: number | null };

/** What a change does to what a wallet has spent of one asset. */
export interface SpendChange {
  readonly walletId: string;
  /** See `assetKey`. */
  readonly asset: string;
  /** Base units. */
  readonly amount: bigint;
  /** Whose it is: named when there is no room for it. */
  readonly transactionId: string;
  readonly kind: SpendKind;
}

/**
 * Holds what changes reserve of one asset against balances.
 *
 * @param before what counts before them, read before any balance is
 * @param after the same with them
 * @throws InsufficientBalance, RPC_CONNECTION
 */
export type CoverCheck = (before: SpendWindow, after: SpendWindow, changes: readonly SpendChange[]) => Promise<void>;
