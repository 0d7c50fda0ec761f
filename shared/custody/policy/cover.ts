import { RpcTransportError } from '#shared/platform/chain/rpc-errors.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { CoverCheck, FundedAccount, SpendChange } from './spend-change.ts';

/** What an account has of its chain's own coin after a block. */
export interface Funds {
  readonly balanceWei: bigint;
  readonly blockNumber: number;
}

/** Reads balances. */
export interface FundsReader {
  /** After the newest block. */
  newest(account: FundedAccount, deadline: Deadline): Promise<Funds>;
  /** After the newest block that is final when that one is the newest of all; undefined: no node has its state. */
  final(account: FundedAccount, newest: Funds, deadline: Deadline): Promise<Funds | undefined>;
}

/** What open transactions hold, and this one with them, is more than the account has. */
export class InsufficientBalance extends HavenError {
  readonly transactionId: string;

  constructor(
    { walletId, asset, amount, transactionId }: SpendChange,
    { balanceWei, blockNumber }: Funds,
    held: bigint,
  ) {
    const missing = held + amount - balanceWei;
    const message = `The balance is ${balanceWei} wei at block ${blockNumber}; ${held} of it is reserved, and this takes ${amount}`;
    super('INSUFFICIENT_BALANCE', message, {
      details: {
        wallet_id: walletId,
        asset,
        balance: balanceWei.toString(),
        block_number: blockNumber,
        reserved: held.toString(),
        required: amount.toString(),
        missing: missing.toString(),
      },
    });
    this.transactionId = transactionId;
  }
}

/**
 * Holds what is reserved against balances, for the tries of one write: each balance is read once, and again only when a
 * transaction has ended since in a later block than it is of. For what has ended is held no more, and only a balance
 * from its block or later lacks what it moved. What is held and mined already is missing from the newest balance as well:
 * where that one doesn't suffice, the one of the newest final block is asked, from which nothing is missing that is held.
 */
export function coverCheck(reader: FundsReader, deadline: Deadline): CoverCheck {
  const known = new Map<string, readonly Funds[]>();

  /** The balances of an account that know of all that has ended, the newest first. */
  async function fundsOf(account: FundedAccount, fromBlock: number, needWei: bigint): Promise<readonly Funds[]> {
    const name = `${account.chain_id}#${account.address}`;
    const before = known.get(name);
    let newest = before?.[0];
    if (newest === undefined || newest.blockNumber < fromBlock) newest = await reader.newest(account, deadline);
    if (newest.blockNumber < fromBlock) {
      throw new RpcTransportError(`The newest block is ${newest.blockNumber}, and ${fromBlock} is known to be final`);
    }
    const isKnown = newest === before?.[0];
    let final = isKnown ? before?.[1] : undefined;
    if (final === undefined && newest.balanceWei < needWei) final = await reader.final(account, newest, deadline);
    const all = final === undefined ? [newest] : [newest, final];
    known.set(name, all);
    return all.filter(({ blockNumber }) => blockNumber >= fromBlock);
  }

  return async (before, after, changes) => {
    let held = BigInt(after.held) - reserved(changes);
    for (const change of changes) {
      if (change.kind.type !== 'reserve') continue;
      if (change.kind.account !== undefined) {
        const needWei = held + change.amount;
        const funds = await fundsOf(change.kind.account, before.settled_block, needWei);
        const most = funds.reduce((a, b) => (b.balanceWei > a.balanceWei ? b : a));
        if (most.balanceWei < needWei) throw new InsufficientBalance(change, most, held);
      }
      held += change.amount;
    }
  };
}

function reserved(changes: readonly SpendChange[]): bigint {
  return changes.reduce((sum, { kind, amount }) => (kind.type === 'reserve' ? sum + amount : sum), 0n);
}
