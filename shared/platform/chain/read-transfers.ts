import * as z from 'zod';
import type { Deadline } from '../deadline.ts';
import type { JsonRpc, RpcCall, RpcOutcome } from './json-rpc.ts';
import { expect } from './outcomes.ts';
import { bigintQuantity, hashData, numberQuantity, toQuantity } from './quantities.ts';
import { ChainMovedError, type RpcResponseError, RpcTransportError } from './rpc-errors.ts';
import { type BlockTransfer, readTransferLog, TRANSFER_TOPIC, transferLogSchema } from './transfer-log.ts';

/** Which blocks to read, both ends included, and of which tokens. */
export interface BlockRange {
  readonly from: number;
  readonly to: number;
  /** Contracts whose `Transfer` logs count. */
  readonly tokens: readonly string[];
}

/** A block with what it moved. */
export interface ReadBlock {
  readonly number: number;
  readonly hash: string;
  /** The block's own time, in seconds since the Unix epoch. */
  readonly timestampSeconds: number;
  readonly transfers: readonly BlockTransfer[];
}

/** What a range holds; `too_large`: no endpoint gives so much at once, ask for less. */
export type RangeAnswer =
  | {
      readonly kind: 'read';
      readonly blocks: readonly ReadBlock[];
      /** Of the block before the first. */
      readonly parentHash: string;
    }
  | { readonly kind: 'too_large' };

const blockSchema = z.object({
  number: numberQuantity,
  hash: hashData,
  parentHash: hashData,
  timestamp: numberQuantity,
  transactions: z.array(
    z.object({
      hash: hashData,
      from: z.string(),
      // Null, or left out: it creates a contract.
      to: z.string().nullish(),
      value: bigintQuantity,
    }),
  ),
});

type Block = z.output<typeof blockSchema>;

const logsSchema = z.array(transferLogSchema);

/**
 * Reads what some blocks moved, in one request: whole blocks for the coin, `Transfer` logs for tokens. Each block must name the one before as
 * its parent, and each log a block of the range, so that all of it is of one chain. What moves nothing is left out: zero values, coin that a
 * sender sends himself, contract creations, and logs that are no `Transfer` of ERC-20.
 *
 * @param range at least one block
 * @throws ChainMovedError when the endpoint lacks a block or tells of two chains; RpcTransportError
 */
export function readTransfers(rpc: JsonRpc, range: BlockRange, deadline: Deadline): Promise<RangeAnswer> {
  const { from, to, tokens } = range;
  const numbers = Array.from({ length: to - from + 1 }, (_, index) => from + index);
  const logs: RpcCall = {
    method: 'eth_getLogs',
    params: [{ fromBlock: toQuantity(from), toBlock: toQuantity(to), address: tokens, topics: [TRANSFER_TOPIC] }],
  };
  // Without an address eth_getLogs gives the logs of all contracts.
  const calls: readonly RpcCall[] = [
    ...numbers.map((number): RpcCall => ({ method: 'eth_getBlockByNumber', params: [toQuantity(number), true] })),
    ...(tokens.length === 0 ? [] : [logs]),
  ];
  return rpc.ask(calls, (outcomes) => readRange(range, numbers, outcomes), deadline);
}

function readRange(range: BlockRange, numbers: readonly number[], outcomes: readonly RpcOutcome[]): RangeAnswer {
  // An answer, not a failure: an endpoint that gives less at once is as well as before, and its circuit stays closed.
  if (outcomes.some((outcome) => !outcome.ok && isTooLarge(outcome.error))) return { kind: 'too_large' };
  const blocks = numbers.map((number, index) => readBlock(number, outcomes[index]));
  for (const [index, block] of blocks.entries()) {
    const before = blocks[index - 1];
    if (before !== undefined && block.parentHash !== before.hash) {
      throw new ChainMovedError(`Block ${block.number} does not follow the block before it`);
    }
  }
  const logs = range.tokens.length === 0 ? [] : expect(outcomes[numbers.length], logsSchema, 'eth_getLogs');
  const byBlock = new Map<number, BlockTransfer[]>();
  for (const log of logs) {
    if (log.removed === true) continue;
    const block = blocks[log.blockNumber - range.from];
    if (block?.hash !== log.blockHash) {
      throw new ChainMovedError(`A log is of another block ${log.blockNumber} than the endpoint tells of`);
    }
    const transfer = readTransferLog(log);
    // Logs of contracts that nobody asked for are no more than a stranger's word.
    if (transfer === undefined || !range.tokens.some((token) => isSameAddress(token, log.address))) continue;
    const own = byBlock.get(log.blockNumber);
    if (own === undefined) byBlock.set(log.blockNumber, [transfer]);
    else own.push(transfer);
  }
  return {
    kind: 'read',
    parentHash: blocks[0]?.parentHash ?? '',
    blocks: blocks.map((block) => ({
      number: block.number,
      hash: block.hash,
      timestampSeconds: block.timestamp,
      transfers: [...coinOf(block), ...(byBlock.get(block.number) ?? [])],
    })),
  };
}

function readBlock(number: number, outcome: RpcOutcome | undefined): Block {
  if (outcome?.ok === true && outcome.result === null) {
    throw new ChainMovedError(`The endpoint does not have block ${number}`);
  }
  const block = expect(outcome, blockSchema, 'eth_getBlockByNumber');
  if (block.number !== number) throw new RpcTransportError(`The endpoint gives block ${block.number} for ${number}`);
  return block;
}

function coinOf({ transactions }: Block): readonly BlockTransfer[] {
  return transactions.flatMap(({ hash, from, to, value }) =>
    typeof to !== 'string' || value === 0n || isSameAddress(from, to)
      ? []
      : [
          {
            transactionHash: hash.toLowerCase(),
            logIndex: null,
            from: from.toLowerCase(),
            to: to.toLowerCase(),
            amount: value,
            tokenAddress: null,
          },
        ],
  );
}

function isSameAddress(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/**
 * How providers word that an answer would be too long: geth and Alchemy "query returned more than 10000 results" and "Log response size
 * exceeded", Infura -32005, QuickNode "eth_getLogs is limited to a 10,000 range", erigon and nethermind "block range is too wide", "exceeds".
 * Code -32005 (EIP-1474, limit exceeded) says the same, and too many requests at once as well: then less is right, too.
 */
const TOO_LARGE =
  /too (large|many results|big|wide)|more than \d+ results|size (limit )?exceed|exceeds? .*(range|limit|size)|range .*(limit|exceed|large|wide)|limited to .*(range|blocks)|response is too|timed? ?out|timeout/i;
const LIMIT_EXCEEDED = -32_005;

/** Whether a refusal says that less may be asked for. */
function isTooLarge({ message, rpcCode }: RpcResponseError): boolean {
  return rpcCode === LIMIT_EXCEEDED || TOO_LARGE.test(message);
}
