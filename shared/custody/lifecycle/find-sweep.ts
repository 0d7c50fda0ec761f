import { Raced } from '#shared/platform/dynamo/races.ts';
import type { Wallet } from '../wallet.ts';
import { type JudgedReader, readJudged } from './judged-wallet.ts';
import type { Sweep } from './sweep.ts';
import type { SweepStore } from './sweep-store.ts';

/** A wallet that is being swept. */
export interface WalletToSweep {
  readonly sweep: Sweep;
  /** Paused as its key state says: that is what keeps it from signing. */
  readonly wallet: Wallet;
  /** Where it goes: the active wallet at the end of the line of successors; undefined: there is none, or it is disputed. */
  readonly heir: Wallet | undefined;
  /**
   * The wallet of the line whose row says something else than the key states do; undefined: all is as it was rotated. Who makes
   * wallets may put rows of wallets again, so that they could name a successor; key states they may not write.
   */
  readonly disputed: string | undefined;
}

/** A wallet is rotated now and then; so long a line is a bug. */
const MAX_SUCCESSORS = 100;

type Line = Omit<WalletToSweep, 'sweep'>;

/** Finds sweeps with all that is known of them. */
export function createSweepFinder(
  sweeps: SweepStore,
  wallets: JudgedReader,
): Pick<SweepStore, 'open'> & { load(walletId: string): Promise<WalletToSweep | undefined> } {
  return {
    open: (limit, after) => sweeps.open(limit, after),
    async load(walletId) {
      const sweep = await sweeps.get(walletId);
      // Told of by an index that lags behind.
      if (sweep?.status !== 'open') return undefined;
      try {
        return { sweep, ...(await follow(wallets, walletId)) };
      } catch (error) {
        // A wallet of the line is just being changed: the next run sees what came of it.
        if (error instanceof Raced) return undefined;
        throw error;
      }
    },
  };
}

/** Follows the key states from a wallet to the end of its line, and holds every wallet's row against them. */
async function follow(wallets: JudgedReader, walletId: string): Promise<Line> {
  let last = await readJudged(wallets, walletId);
  const wallet = { ...last.wallet, paused: last.custody.paused };
  if (last.disputed) return { wallet, heir: undefined, disputed: walletId };
  for (let hop = 0; last.custody.successor_id !== undefined && hop < MAX_SUCCESSORS; hop += 1) {
    const { successor_id, successor_address } = last.custody;
    last = await readJudged(wallets, successor_id);
    const isNamed = last.wallet.id === successor_id && last.wallet.address === successor_address;
    if (!isNamed || last.disputed) return { wallet, heir: undefined, disputed: successor_id };
  }
  return { wallet, heir: last.custody.status === 'active' ? last.wallet : undefined, disputed: undefined };
}
