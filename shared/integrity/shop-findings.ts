import type { Finding } from './finding.ts';
import type { MinedFacts } from './mined-facts.ts';
import { type HeldWallet, orderFindings } from './order-rules.ts';
import { refundFindings } from './refund-rules.ts';
import type { ShopRows } from './shop-rows.ts';
import { type CameIn, stockFindings } from './stock-rules.ts';

/** What rows of the shop are held against. */
export interface ShopBeside {
  readonly held: readonly HeldWallet[];
  readonly cameIn: CameIn;
  /** All transactions of the ledger that are in a block. */
  readonly mined: readonly MinedFacts[];
}

/** All that is wrong between rows: every rule but those that a chain has to be asked for. Pure. */
export function shopFindings(rows: ShopRows, { held, cameIn, mined }: ShopBeside): readonly Finding[] {
  return [
    ...rows.misfits,
    ...stockFindings(rows, cameIn),
    ...orderFindings(rows, held),
    ...refundFindings(rows, mined),
  ];
}
