import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createPaymentLedger } from '#shared/payments/accounting/payment-ledger.ts';
import { paymentsOf, writePayments } from '#shared/payments/accounting/write-payments.ts';
import { createDocumentClient } from '#shared/platform/dynamo/document-client.ts';
import { tableOf } from '../data/tables.ts';
import { type Output, processOutput } from '../output.ts';
import { BadExportCall, EXPORT_USAGE, type ExportOptions, readExportOptions } from './export-options.ts';

/** Ended before its end: what was written is not whole. */
const EXIT_UNFINISHED = 2;
/** Called wrongly; nothing was done. */
const EXIT_USAGE = 64;

/** `npm run payments:export`: the payments of a period, piece by piece, so that memory holds a page however many there are. */
async function exportPayments({ stage, from, to, status, format, out }: ExportOptions): Promise<void> {
  const client = createDocumentClient();
  const shop = tableOf(stage, 'shop');
  const ledger = createPaymentLedger(client, shop);
  const text = writePayments(paymentsOf(ledger, { from, to }, status), { from, to }, format);
  const target = out === undefined ? process.stdout : createWriteStream(out, { flags: 'wx', mode: 0o600 });
  await pipeline(Readable.from(text), target);
}

async function main(args: readonly string[], output: Output): Promise<number> {
  try {
    const options = readExportOptions(args);
    if (options === undefined) output.print(EXPORT_USAGE);
    else await exportPayments(options);
    return 0;
  } catch (error) {
    output.say(`✖ ${error instanceof Error ? error.message : 'An unknown failure'}`);
    if (!(error instanceof BadExportCall)) return EXIT_UNFINISHED;
    output.say(`\n${EXPORT_USAGE}`);
    return EXIT_USAGE;
  }
}

process.exitCode = await main(process.argv.slice(2), processOutput());
