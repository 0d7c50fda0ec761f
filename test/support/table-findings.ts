import type { Finding, Rule } from '#shared/integrity/finding.ts';
import { shopFindings } from '#shared/integrity/shop-findings.ts';
import { addRow, noRows } from '#shared/integrity/shop-rows.ts';
import type { InProcess } from './in-process.ts';
import { everythingIn } from './own-tables.ts';

/**
 * What the rules of `npm run data:check` find in a test's own tables, but for what such a test makes up: products that are in no list, and
 * deposit wallets that nobody holds.
 *
 * @param pieces how many of each SKU came in
 * @param madeUp rules besides that the test's own way of using the tables can't keep
 */
export async function tableFindings(
  { client, tables }: Pick<InProcess, 'client' | 'tables'>,
  pieces: Readonly<Record<string, number>>,
  madeUp: readonly Rule[] = [],
): Promise<readonly Finding[]> {
  const rows = noRows();
  for (const item of await everythingIn(client, tables.shop)) addRow(rows, item);
  const cameIn = new Map(Object.entries(pieces));
  const found = shopFindings(rows, { held: [], cameIn, mined: [] });
  const isMadeUp = ({ rule, of }: Finding) =>
    rule === 'deposit_wallet' || (rule === 'index' && of.startsWith('PRODUCT#')) || madeUp.includes(rule);
  return found.filter((finding) => !isMadeUp(finding));
}
