import type { CustodyState } from '../custody-state.ts';
import type { Wallet } from '../wallet.ts';
import type { WalletStore } from '../wallet-store.ts';
import { differs } from './judged-wallet.ts';
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
/** A row and a key state change together, but are read one after the other: what differs twice was not just being changed. */
const LOOKS = 2;

type Reader = Pick<WalletStore, 'get' | 'custodyState'>;
type Line = Omit<WalletToSweep, 'sweep'>;

/** Finds sweeps with all that is known of them. */
export function createSweepFinder(
  sweeps: SweepStore,
  wallets: Reader,
): Pick<SweepStore, 'open'> & { load(walletId: string): Promise<WalletToSweep | undefined> } {
  return {
    open: (limit, after) => sweeps.open(limit, after),
    async load(walletId) {
      const sweep = await sweeps.get(walletId);
      // Told of by an index that lags behind.
      if (sweep?.status !== 'open') return undefined;
      let line = await follow(wallets, walletId);
      for (let look = 1; line.disputed !== undefined && look < LOOKS; look += 1) line = await follow(wallets, walletId);
      return { sweep, ...line };
    },
  };
}

/** Follows the key states from a wallet to the end of its line, and holds every wallet's row against them. */
async function follow(wallets: Reader, walletId: string): Promise<Line> {
  const first = await read(wallets, walletId);
  const wallet = { ...first.wallet, paused: first.custody.paused };
  let last = first;
  if (differs(first.wallet, first.custody)) return { wallet, heir: undefined, disputed: walletId };
  for (let hop = 0; last.custody.successor_id !== undefined && hop < MAX_SUCCESSORS; hop += 1) {
    const { successor_id, successor_address } = last.custody;
    last = await read(wallets, successor_id);
    const isNamed = last.wallet.id === successor_id && last.wallet.address === successor_address;
    if (!isNamed || differs(last.wallet, last.custody)) return { wallet, heir: undefined, disputed: successor_id };
  }
  return { wallet, heir: last.custody.status === 'active' ? last.wallet : undefined, disputed: undefined };
}

interface Seen {
  readonly wallet: Wallet;
  readonly custody: CustodyState;
}

async function read(wallets: Reader, walletId: string): Promise<Seen> {
  const [wallet, custody] = await Promise.all([wallets.get(walletId), wallets.custodyState(walletId)]);
  return { wallet, custody };
}
