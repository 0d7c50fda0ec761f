import type { BlockHead } from '#shared/platform/chain/chain-client.ts';
import type { RangeAnswer } from '#shared/platform/chain/read-transfers.ts';
import { ChainMovedError, RpcTransportError } from '#shared/platform/chain/rpc-errors.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { noteDeepReorg } from './scan-alerts.ts';
import type { ScanPass } from './scan-context.ts';
import {
  advanced,
  firstCursor,
  forkPoint,
  grown,
  halved,
  REACH_BLOCKS,
  type ReadHead,
  rewound,
  type ScanCursor,
} from './scan-cursor.ts';
import { settleBlocks } from './settle-blocks.ts';

/** What reading on came to. */
export interface ReadReport {
  readonly cursor: ScanCursor;
  /** The head of the chain that it went for; undefined: the endpoint is behind what was read before. */
  readonly head: BlockHead | undefined;
  readonly blocks: number;
  /** Orders that were paid something. */
  readonly paid: number;
  /** Whether time ran out before the head; the next pass goes on. */
  readonly cutOff: boolean;
}

/** A range is two requests to a chain and some to tables; none is begun with less time left. */
const STEP_BUDGET_MS = 8_000;
/** Blocks before the head with which a chain is begun that was never read: no order can have been paid on it before. */
const FIRST_LOOK_BLOCKS = 128;
/** A chain that moves this often while it is read is for the next pass. */
const MAX_MOVES = 5;

/**
 * Reads a chain from where the cursor is to its head, range by range. The cursor moves once everything of a range is stored; killed anywhere, the
 * next pass reads the same again, and what is stored already changes nothing. Where the chain has left the cursor's block, it goes back to the
 * latest one that both know.
 *
 * @throws Raced when another pass was faster; RpcTransportError, DATABASE_ERROR
 */
export async function readOn(pass: ScanPass): Promise<ReadReport> {
  const { deps, chain, client, deadline } = pass;
  const stored = await deps.scans.cursor(chain.chain_id);
  let head = await client.head(deadline);
  let cursor = stored ?? (await begin(pass, head));
  let blocks = 0;
  let paid = 0;
  for (let moves = 0; ; ) {
    if (!deadline.allows(STEP_BUDGET_MS)) return { cursor, head, blocks, paid, cutOff: cursor.number < head.number };
    try {
      if (isElsewhere(cursor, head)) {
        const back = await backToChain(pass, cursor, head);
        if (back === undefined) return { cursor, head: undefined, blocks, paid, cutOff: false };
        cursor = back;
      }
      if (cursor.number === head.number) {
        // A chain that stands still is begun, too.
        if (cursor.version === 0) cursor = await store(pass, cursor);
        return { cursor, head, blocks, paid, cutOff: false };
      }
      const answer = await readRange(pass, cursor, Math.min(cursor.number + cursor.blocks_per_read, head.number), head);
      if (answer.kind === 'too_large') {
        if (cursor.blocks_per_read === 1) throw new RpcTransportError('Endpoints do not give even one block');
        cursor = { ...cursor, blocks_per_read: halved(cursor.blocks_per_read) };
      } else if (answer.parentHash !== cursor.hash) {
        moves += 1;
        if (moves > MAX_MOVES) throw new ChainMovedError('The chain does not follow the block that was read last');
        cursor = (await backToChain(pass, cursor, head)) ?? cursor;
      } else {
        paid += await settleBlocks(pass, answer.blocks, head);
        const next = { ...advanced(cursor, answer.blocks), blocks_per_read: grown(cursor.blocks_per_read) };
        cursor = await store(pass, next);
        blocks += answer.blocks.length;
      }
    } catch (error) {
      if (!(error instanceof ChainMovedError) || moves >= MAX_MOVES) throw error;
      moves += 1;
      head = await client.head(deadline);
    }
  }
}

/** Whether the head is not ahead of the cursor, nor the cursor itself. */
function isElsewhere(cursor: ScanCursor, head: BlockHead): boolean {
  return head.number < cursor.number || (head.number === cursor.number && head.hash !== cursor.hash);
}

function store({ deps, deadline }: ScanPass, cursor: ScanCursor): Promise<ScanCursor> {
  return deps.scans.moveCursor(cursor, isoTime(deps.clock()), deadline);
}

async function begin({ chain, client, deadline }: ScanPass, head: BlockHead): Promise<ScanCursor> {
  const number = Math.max(0, head.number - FIRST_LOOK_BLOCKS);
  const first = (await client.at(head).heads([number], deadline)).get(number);
  if (first === undefined) throw new ChainMovedError(`The endpoint does not have block ${number}`);
  return firstCursor(chain.chain_id, first);
}

/** A timeout says that a range is too much as well as a refusal does, as long as there is less to ask for. */
async function readRange(
  { client, accepted, deadline }: ScanPass,
  cursor: ScanCursor,
  to: number,
  head: BlockHead,
): Promise<RangeAnswer> {
  const tokens = accepted.flatMap(({ tokenAddress }) => tokenAddress ?? []);
  try {
    return await client.at(head).transfers({ from: cursor.number + 1, to, tokens }, deadline);
  } catch (error) {
    const mayBeTooLarge = error instanceof RpcTransportError && !(error instanceof ChainMovedError);
    if (!mayBeTooLarge || cursor.blocks_per_read === 1) throw error;
    return { kind: 'too_large' };
  }
}

/**
 * The cursor at the latest block that it and the chain of a head both know.
 *
 * @returns undefined: the chain is the same and has only not come as far again: its endpoint is late
 */
async function backToChain(pass: ScanPass, cursor: ScanCursor, head: BlockHead): Promise<ScanCursor | undefined> {
  const { chain, client, deadline } = pass;
  const at = client.at(head);
  const reached = cursor.known.map(({ number }) => number).filter((number) => number <= head.number);
  const now: ReadonlyMap<number, ReadHead> = await at.heads(reached, deadline);
  const fork = forkPoint(cursor, now);
  if (fork !== undefined) {
    if (head.number < cursor.number && fork.number === reached.at(-1)) return undefined;
    pass.deps.log.write('PAYMENT_SCAN_REORG', { chain_id: chain.chain_id, from: cursor.number, fork: fork.number });
    pass.deps.metrics.count('PaymentScanReorg');
    return rewound(cursor, fork);
  }
  const start = Math.max(0, Math.min(cursor.number, head.number) - REACH_BLOCKS);
  const anew = (await at.heads([start], deadline)).get(start);
  if (anew === undefined) throw new ChainMovedError(`The endpoint does not have block ${start}`);
  await noteDeepReorg(pass, cursor, start);
  return rewound({ ...cursor, known: [] }, anew);
}
