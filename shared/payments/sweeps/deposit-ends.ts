import type { UsableWallet } from '#shared/custody/use-wallet.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { DepositPass } from './deposit-pass.ts';
import type { DepositSweep } from './deposit-sweep.ts';

/** Where a sweep goes from and to. */
export interface DepositWay {
  readonly from: UsableWallet;
  readonly treasury: UsableWallet;
}

/** The treasury as it stands: who may take money; for now nobody; or nobody any more, until another is named. */
export type TreasuryStanding =
  | { readonly kind: 'usable'; readonly wallet: UsableWallet }
  | { readonly kind: 'held' }
  | { readonly kind: 'gone'; readonly code: string };

/** No rows but those of key states and policies decide where money goes: others say another wallet than it. */
class DepositDisputed extends Error {
  constructor(what: string) {
    super(what);
    this.name = 'DepositDisputed';
  }
}

/**
 * The treasury, if it may be used now: its row is held against the wallet that it names.
 *
 * @throws DATABASE_ERROR; an Error when the row names an address or a purpose that is not the wallet's
 */
export async function standingTreasury({
  treasury,
  wallets,
}: Pick<DepositPass, 'treasury' | 'wallets'>): Promise<TreasuryStanding> {
  try {
    const { wallet_id, address } = await treasury.get();
    const wallet = await wallets.usable(wallet_id);
    if (wallet.address !== address || wallet.purpose !== 'treasury') {
      throw new DepositDisputed(`Wallet ${wallet_id} is not the treasury that its row names`);
    }
    return { kind: 'usable', wallet };
  } catch (error) {
    if (!(error instanceof HavenError)) throw error;
    if (GONE.has(error.code)) return { kind: 'gone', code: error.code };
    if (error.code === 'TREASURY_NOT_CONFIGURED' || error.code === 'POLICY_VIOLATION') return { kind: 'held' };
    throw error;
  }
}

const GONE: ReadonlySet<string> = new Set(['WALLET_REVOKED', 'WALLET_ROTATED']);

/**
 * The wallet of a deposit address, if it may be used now.
 *
 * @returns the code of why it never may again; `paused` as long as it is
 * @throws DATABASE_ERROR; an Error when the wallet is no deposit wallet or has another address: an order that was put by somebody else
 */
export async function depositWallet(
  { wallets }: Pick<DepositPass, 'wallets'>,
  { wallet_id, address }: Pick<DepositSweep, 'wallet_id' | 'address'>,
): Promise<UsableWallet | 'paused' | { readonly code: string; readonly message: string }> {
  try {
    const wallet = await wallets.usable(wallet_id);
    if (wallet.address !== address || wallet.purpose !== 'deposit') {
      throw new DepositDisputed(`Wallet ${wallet_id} is not the deposit wallet that an order names`);
    }
    return wallet;
  } catch (error) {
    if (!(error instanceof HavenError)) throw error;
    if (GONE.has(error.code)) return { code: error.code, message: error.message };
    if (error.code === 'POLICY_VIOLATION') return 'paused';
    throw error;
  }
}
