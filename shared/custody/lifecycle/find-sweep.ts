import type { Wallet } from '../wallet.ts';
import type { WalletStore } from '../wallet-store.ts';
import type { Sweep } from './sweep.ts';
import type { SweepStore } from './sweep-store.ts';

/** A wallet that is being swept. */
export interface WalletToSweep {
  readonly sweep: Sweep;
  readonly wallet: Wallet;
  /** Where it goes: the active wallet at the end of the line of successors; undefined: there is none. */
  readonly heir: Wallet | undefined;
}

/** A wallet is rotated now and then; so long a line is a bug. */
const MAX_SUCCESSORS = 100;

/** Finds sweeps with all that is known of them. */
export function createSweepFinder(
  sweeps: SweepStore,
  wallets: Pick<WalletStore, 'get'>,
): Pick<SweepStore, 'open'> & { load(walletId: string): Promise<WalletToSweep | undefined> } {
  return {
    open: (limit, after) => sweeps.open(limit, after),
    async load(walletId) {
      const sweep = await sweeps.get(walletId);
      // Told of by an index that lags behind.
      if (sweep?.status !== 'open') return undefined;
      const wallet = await wallets.get(walletId);
      return { sweep, wallet, heir: await heirOf(wallets, wallet) };
    },
  };
}

async function heirOf(wallets: Pick<WalletStore, 'get'>, wallet: Wallet): Promise<Wallet | undefined> {
  let last = wallet;
  for (let hop = 0; last.successor_id !== undefined && hop < MAX_SUCCESSORS; hop += 1) {
    last = await wallets.get(last.successor_id);
  }
  return last.status === 'active' ? last : undefined;
}
