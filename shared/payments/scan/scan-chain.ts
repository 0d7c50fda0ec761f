import { Raced } from '#shared/platform/dynamo/races.ts';
import { confirmPayments } from './confirm-payments.ts';
import { expireDue } from './expire-due.ts';
import { type ReadReport, readOn } from './read-on.ts';
import type { ScanPass } from './scan-context.ts';

/** What a pass over a chain came to. */
export interface ScanReport {
  readonly blocks: number;
  /** Orders that were paid something. */
  readonly paid: number;
  readonly confirmed: number;
  /** Payments that wait for confirmations. */
  readonly waiting: number;
  /** Orders whose deadline had passed. */
  readonly due: number;
  /** Seconds from the last block that was read to the head; undefined: not known, because the endpoint is behind. */
  readonly lagSeconds: number | undefined;
  readonly cutOff: boolean;
}

/** How old the last block that was read may be before it is told: two runs of the schedule. */
export const LAG_SECONDS = 120;
/** A slow chain may take a few block times to its next block. */
const QUIET_BLOCKS = 10;
/** Rivals are the schedule and a few kicks; one who loses so often has nothing to add. */
const MAX_RACES = 3;

/**
 * One pass over one chain: reads on to its head, settles what is due, and confirms what is deep enough. Two at once end as one does; killed
 * anywhere, the next one goes on.
 *
 * @returns undefined: others were faster every time
 * @throws RpcTransportError, DATABASE_ERROR, WRITE_CONFLICT
 */
export async function scanChain(pass: ScanPass): Promise<ScanReport | undefined> {
  const { deps, chain } = pass;
  const read = await readUnraced(pass);
  if (read === undefined) return undefined;
  const { cursor, head, blocks, paid, cutOff } = read;
  const last = { number: cursor.number, hash: cursor.hash, timestampSeconds: cursor.timestamp_seconds };
  const lagSeconds = head === undefined ? undefined : Math.max(0, head.timestampSeconds - last.timestampSeconds);
  // By the clock, too: an endpoint that stands still is never behind its own head.
  const ageSeconds = deps.clock() / 1_000 - last.timestampSeconds;
  if (ageSeconds > Math.max(LAG_SECONDS, (QUIET_BLOCKS * chain.block_time_ms) / 1_000)) {
    deps.metrics.count('PaymentScanBehind');
  }
  // An endpoint that is late can't be asked as of the last block that was read.
  const due = head === undefined ? { looked: 0, failed: 0, cutOff: false } : await expireDue(pass, last);
  // After it, because a balance that nobody told of may be deep enough at once.
  const looks = head === undefined ? { confirmed: 0, waiting: 0 } : await confirmPayments(pass, last);
  const report: ScanReport = {
    blocks,
    paid,
    ...looks,
    due: due.looked,
    lagSeconds,
    cutOff: cutOff || due.cutOff,
  };
  if (blocks > 0) deps.metrics.count('PaymentBlocksRead', blocks);
  deps.log.write('CHAIN_SCANNED', { chain_id: chain.chain_id, block_number: cursor.number, ...report });
  return report;
}

/** Reads on from where another pass was faster. */
async function readUnraced(pass: ScanPass): Promise<ReadReport | undefined> {
  for (let attempt = 0; attempt < MAX_RACES; attempt += 1) {
    try {
      return await readOn(pass);
    } catch (error) {
      if (!(error instanceof Raced)) throw error;
      pass.deps.log.write('CHAIN_SCAN_RACED', { chain_id: pass.chain.chain_id });
    }
  }
  return undefined;
}
