import * as z from 'zod';
import { serialOf } from './transfers.ts';

/** One transfer as the chain has it. */
export interface MinedTransfer {
  readonly nonce: number;
  readonly serial: number;
}

/** What the chain says about the transfers of one sender. */
export interface Verdict {
  readonly asked: number;
  readonly mined: number;
  /** Asked for and on no block. */
  readonly lost: number;
  /** On the chain more often than asked for. */
  readonly doubled: number;
  /** Nonces without a transaction below the highest one used. */
  readonly nonceGaps: number;
  readonly nonceDuplicates: number;
}

/** Blocks asked for in one request. */
const BLOCKS_PER_REQUEST = 50;

const blockNumberAnswer = z.object({ result: z.string() });
const blocksAnswer = z.array(
  z.object({
    result: z.object({ transactions: z.array(z.object({ from: z.string(), nonce: z.string(), input: z.string() })) }),
  }),
);

async function ask(rpcUrl: string, body: unknown): Promise<unknown> {
  const answer = await fetch(rpcUrl, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  return answer.json();
}

/** The number of the latest block. */
export async function headNumber(rpcUrl: string): Promise<number> {
  const answer = await ask(rpcUrl, { jsonrpc: '2.0', id: 1, method: 'eth_blockNumber', params: [] });
  return Number(blockNumberAnswer.parse(answer).result);
}

/**
 * Reads every transfer of some senders from the chain itself, block by block: what really happened, whatever those who
 * sent say.
 *
 * @returns transfers by sender, addresses in lower case
 */
export async function minedTransfers(
  rpcUrl: string,
  senders: readonly string[],
): Promise<ReadonlyMap<string, readonly MinedTransfer[]>> {
  const found = new Map<string, MinedTransfer[]>(senders.map((sender) => [sender.toLowerCase(), []]));
  const head = await headNumber(rpcUrl);
  for (let start = 0; start <= head; start += BLOCKS_PER_REQUEST) {
    const numbers = Array.from({ length: Math.min(BLOCKS_PER_REQUEST, head + 1 - start) }, (_, index) => start + index);
    const blocks = blocksAnswer.parse(
      await ask(
        rpcUrl,
        numbers.map((number) => ({
          jsonrpc: '2.0',
          id: number,
          method: 'eth_getBlockByNumber',
          params: [`0x${number.toString(16)}`, true],
        })),
      ),
    );
    for (const { from, nonce, input } of blocks.flatMap(({ result }) => result.transactions)) {
      const serial = serialOf(input);
      if (serial !== undefined) found.get(from.toLowerCase())?.push({ nonce: Number(nonce), serial });
    }
  }
  return found;
}

/** Compares what was asked for with what the chain has. Of an account that has sent nothing else. */
export function judge(askedSerials: readonly number[], mined: readonly MinedTransfer[]): Verdict {
  const serials = new Set(mined.map(({ serial }) => serial));
  const nonces = new Set(mined.map(({ nonce }) => nonce));
  const highest = mined.reduce((most, { nonce }) => Math.max(most, nonce), -1);
  return {
    asked: askedSerials.length,
    mined: mined.length,
    lost: askedSerials.filter((serial) => !serials.has(serial)).length,
    doubled: mined.length - serials.size,
    nonceGaps: highest + 1 - nonces.size,
    nonceDuplicates: mined.length - nonces.size,
  };
}
