import * as z from 'zod';

/** Asks a chain one thing, past everybody who is measured. */
async function ask(rpcUrl: string, body: unknown): Promise<unknown> {
  const answer = await fetch(rpcUrl, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  return answer.json();
}

const blockNumberAnswer = z.object({ result: z.string() });
const blocksAnswer = z.array(
  z.object({
    result: z.object({ transactions: z.array(z.object({ from: z.string(), nonce: z.string(), input: z.string() })) }),
  }),
);
const poolAnswer = z.object({
  result: z.object({ queued: z.record(z.string(), z.record(z.string(), z.unknown())) }),
});

/** A transaction as a block has it. */
export type BlockTransaction = z.output<typeof blocksAnswer>[number]['result']['transactions'][number];

/** Blocks asked for in one request. */
const BLOCKS_PER_REQUEST = 50;

/** Every transaction of every block of a chain. */
export async function allTransactions(rpcUrl: string): Promise<readonly BlockTransaction[]> {
  const answer = await ask(rpcUrl, { jsonrpc: '2.0', id: 1, method: 'eth_blockNumber', params: [] });
  const head = Number(blockNumberAnswer.parse(answer).result);
  const found: BlockTransaction[] = [];
  for (let start = 0; start <= head; start += BLOCKS_PER_REQUEST) {
    const numbers = Array.from({ length: Math.min(BLOCKS_PER_REQUEST, head + 1 - start) }, (_, index) => start + index);
    const calls = numbers.map((number) => ({
      jsonrpc: '2.0',
      id: number,
      method: 'eth_getBlockByNumber',
      params: [`0x${number.toString(16)}`, true],
    }));
    found.push(...blocksAnswer.parse(await ask(rpcUrl, calls)).flatMap(({ result }) => result.transactions));
  }
  return found;
}

/**
 * How many transactions of each sender a node has that no block can take, because a nonce before them is missing.
 *
 * @returns by sender, addresses in lower case
 */
export async function stuckTransactions(rpcUrl: string): Promise<ReadonlyMap<string, number>> {
  const answer = await ask(rpcUrl, { jsonrpc: '2.0', id: 1, method: 'txpool_content', params: [] });
  const { queued } = poolAnswer.parse(answer).result;
  return new Map(Object.entries(queued).map(([from, byNonce]) => [from.toLowerCase(), Object.keys(byNonce).length]));
}
