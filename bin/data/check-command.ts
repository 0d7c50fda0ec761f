import { assetsToAsk, depositFindings } from '#shared/integrity/deposit-rules.ts';
import { type Finding, RULES } from '#shared/integrity/finding.ts';
import type { MinedFacts } from '#shared/integrity/mined-facts.ts';
import { shopFindings } from '#shared/integrity/shop-findings.ts';
import type { ShopRows } from '#shared/integrity/shop-rows.ts';
import { systemClock } from '#shared/platform/clock.ts';
import type { Output } from '../output.ts';
import { Progress } from '../progress.ts';
import { balanceName, readChain } from './chain-balances.ts';
import { openDatabase } from './open-database.ts';
import type { DataOptions } from './options.ts';
import { cameInOf, readShop } from './read-shop.ts';
import { layoutsOf } from './table-layout.ts';

/**
 * `npm run data:check`: names everything in the shop that does not fit together.
 *
 * @returns 0: all fits; 1: something does not
 */
export async function checkCommand({ stage, rpcUrl }: DataOptions, output: Output): Promise<number> {
  const client = await openDatabase();
  await layoutsOf(client, stage);
  let read = 0;
  const progress = new Progress(output, 'rows', () => ({ done: read, total: read, settled: read }), systemClock);
  const { rows, held, mined } = await readShop(client, stage, () => {
    read += 1;
    progress.tick();
  });
  const cameIn = await cameInOf(client, stage, rows.products.keys());
  const deposits = rpcUrl === undefined ? [] : await checkDeposits(rows, mined, rpcUrl);
  if (rpcUrl === undefined) output.say('Deposits were not held against the chain: no --rpc-url');
  const findings = [...shopFindings(rows, { held, cameIn, mined }), ...deposits];
  for (const { rule, of, says } of findings) output.print(`✖ ${rule} ${of}: ${says} (${RULES[rule]})`);
  const { products, orders, carts, payments, refunds } = rows;
  output.print(
    `${read} rows, ${products.size} products, ${carts.size} carts, ${orders.size} orders, ${payments.length} payments, ${refunds.length} refunds: ${findings.length} findings`,
  );
  return findings.length > 0 ? 1 : 0;
}

/** Asks the chain what the addresses of swept orders have, and holds it against what came and went. */
async function checkDeposits(
  rows: ShopRows,
  mined: readonly MinedFacts[],
  rpcUrl: string,
): Promise<readonly Finding[]> {
  const chain = await readChain(rpcUrl);
  const balances = await chain.balances(assetsToAsk(rows.sweeps, rows, chain.chainId));
  const balanceOf = (address: string, token: string | null) => balances.get(balanceName(address, token)) ?? 0n;
  return depositFindings(rows.sweeps, rows, mined, { chainId: chain.chainId, balanceOf });
}
