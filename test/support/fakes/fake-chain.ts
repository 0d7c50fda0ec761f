import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { JsonRpc, RpcCall, RpcOutcome } from '#shared/platform/chain/json-rpc.ts';
import { RpcResponseError } from '#shared/platform/chain/rpc-errors.ts';
import { TRANSFER_TOPIC } from '#shared/platform/chain/transfer-log.ts';

/** A transfer that a transaction's log tells of. */
export interface FakeTransferLog {
  readonly token: string;
  readonly from?: string;
  readonly to: string;
  readonly amount: bigint;
}

/** A transaction of a chain in memory. */
export interface FakeTransaction {
  /** Its hash is made from it: the same in whatever block it is. */
  readonly name: string;
  readonly from?: string;
  readonly to?: string | null;
  readonly value?: bigint;
  readonly fails?: boolean;
  readonly logs?: readonly FakeTransferLog[];
  /** Coin that a contract sends along, for which there is no log. */
  readonly silent?: readonly { readonly to: string; readonly amount: bigint }[];
}

interface FakeBlock {
  readonly number: number;
  readonly hash: string;
  readonly parentHash: string;
  readonly timestampSeconds: number;
  readonly transactions: readonly FakeTransaction[];
}

/** A chain in memory that speaks JSON-RPC. */
export interface FakeChain {
  readonly rpc: JsonRpc;
  readonly blocks: readonly FakeBlock[];
  /** Requests to it, and the calls in them. */
  readonly asked: readonly (readonly RpcCall[])[];
  mine(...transactions: readonly FakeTransaction[]): FakeBlock;
  /** Takes blocks away; those that are mined next are others. */
  drop(blocks: number): void;
  /** Takes over the blocks of another. */
  copy(other: FakeChain): void;
  /** Answers of its own in place of the chain's; undefined: the chain's. */
  lie(answer: (call: RpcCall) => RpcOutcome | undefined): void;
  /** Runs before each request: for what happens between two of them. */
  before(act: () => void): void;
}

/** How a chain begins. */
export interface FakeChainOptions {
  readonly chainId: number;
  readonly startSeconds: number;
  readonly blockSeconds?: number;
}

const STRANGER = `0x${'5e'.repeat(20)}`;
const filterSchema = z.object({ fromBlock: z.string(), toBlock: z.string(), address: z.array(z.string()) });
const callSchema = z.object({ to: z.string(), data: z.string() });

const hashOf = (text: string) => `0x${createHash('sha256').update(text, 'utf8').digest('hex')}`;
const hex = (value: number | bigint) => `0x${value.toString(16)}`;
const word = (value: bigint) => `0x${value.toString(16).padStart(64, '0')}`;
const addressWord = (address: string) => `0x${address.slice(2).toLowerCase().padStart(64, '0')}`;

/** The hash of a transaction of a chain in memory. */
export function fakeTransactionHash(name: string): string {
  return hashOf(`transaction ${name}`);
}

/** Makes a chain with one empty block. */
export function createFakeChain({ chainId, startSeconds, blockSeconds = 12 }: FakeChainOptions): FakeChain {
  const blocks: FakeBlock[] = [];
  const asked: (readonly RpcCall[])[] = [];
  let forks = 0;
  let lie: (call: RpcCall) => RpcOutcome | undefined = () => undefined;
  let before: () => void = () => undefined;

  function mine(...transactions: readonly FakeTransaction[]): FakeBlock {
    const parent = blocks.at(-1);
    const number = (parent?.number ?? -1) + 1;
    const block: FakeBlock = {
      number,
      hash: hashOf(`block ${chainId} ${forks} ${parent?.hash} ${transactions.map(({ name }) => name)}`),
      parentHash: parent?.hash ?? word(0n),
      timestampSeconds: startSeconds + number * blockSeconds,
      transactions,
    };
    blocks.push(block);
    return block;
  }
  mine();

  const blockAt = (tag: unknown) => (tag === 'latest' ? blocks.at(-1) : blocks[Number(tag)]);

  function logsOf(block: FakeBlock) {
    const logs = block.transactions.flatMap((transaction) =>
      transaction.fails === true ? [] : (transaction.logs ?? []).map((log) => ({ transaction, log })),
    );
    return logs.map(({ transaction, log }, index) => ({
      address: log.token,
      topics: [TRANSFER_TOPIC, addressWord(log.from ?? STRANGER), addressWord(log.to)],
      data: word(log.amount),
      blockNumber: hex(block.number),
      blockHash: block.hash,
      transactionHash: fakeTransactionHash(transaction.name),
      logIndex: hex(index),
    }));
  }

  function balance(address: string, token: string | null, upTo: number): bigint {
    let sum = 0n;
    for (const { transactions } of blocks.slice(0, upTo + 1)) {
      for (const { fails, to, value = 0n, from, logs = [], silent = [] } of transactions) {
        if (fails === true) continue;
        const moved = [
          ...(token === null ? [{ token: null, from: from ?? STRANGER, to: to ?? '', amount: value }, ...silent] : []),
          ...logs.filter((log) => log.token.toLowerCase() === token?.toLowerCase()),
        ];
        for (const one of moved) {
          if (one.to.toLowerCase() === address.toLowerCase()) sum += one.amount;
          if ('from' in one && one.from?.toLowerCase() === address.toLowerCase()) sum -= one.amount;
        }
      }
    }
    return sum;
  }

  function find(hash: unknown) {
    for (const block of blocks) {
      const transaction = block.transactions.find(({ name }) => fakeTransactionHash(name) === hash);
      if (transaction !== undefined) return { block, transaction };
    }
    return undefined;
  }

  const transactionOf = ({ name, from = STRANGER, to = null, value = 0n }: FakeTransaction) => ({
    hash: fakeTransactionHash(name),
    from,
    to,
    value: hex(value),
    nonce: '0x0',
  });

  function answer({ method, params }: RpcCall): unknown {
    const [first, second] = params;
    if (method === 'eth_chainId') return hex(chainId);
    if (method === 'eth_getBlockByNumber') {
      const block = blockAt(first);
      if (block === undefined) return null;
      const { number, hash, parentHash, timestampSeconds, transactions } = block;
      const all = second === true ? transactions.map(transactionOf) : [];
      return { number: hex(number), hash, parentHash, timestamp: hex(timestampSeconds), transactions: all };
    }
    if (method === 'eth_getLogs') {
      const { fromBlock, toBlock, address } = filterSchema.parse(first);
      const tokens = address.map((one) => one.toLowerCase());
      return blocks
        .slice(Number(fromBlock), Number(toBlock) + 1)
        .flatMap(logsOf)
        .filter((log) => tokens.includes(log.address.toLowerCase()));
    }
    if (method === 'eth_getTransactionReceipt') {
      const found = find(first);
      if (found === undefined) return null;
      return {
        transactionHash: first,
        blockNumber: hex(found.block.number),
        blockHash: found.block.hash,
        status: found.transaction.fails === true ? '0x0' : '0x1',
        gasUsed: '0x5208',
        logs: logsOf(found.block).filter(({ transactionHash }) => transactionHash === first),
      };
    }
    if (method === 'eth_getTransactionByHash') {
      const found = find(first);
      return found === undefined ? null : transactionOf(found.transaction);
    }
    if (method === 'eth_getBalance') return hex(balance(String(first), null, Number(second)));
    if (method === 'eth_call') {
      const { to, data } = callSchema.parse(first);
      return word(balance(`0x${data.slice(-40)}`, to, Number(second)));
    }
    throw new Error(`A chain in memory does not know ${method}`);
  }

  return {
    blocks,
    asked,
    mine,
    drop(count) {
      forks += 1;
      blocks.splice(Math.max(1, blocks.length - count));
    },
    copy(other) {
      blocks.splice(0, blocks.length, ...other.blocks);
    },
    lie(made) {
      lie = made;
    },
    before(act) {
      before = act;
    },
    rpc: {
      async ask(calls, read) {
        before();
        asked.push(calls);
        return read(calls.map((call) => lie(call) ?? { ok: true, result: answer(call) }));
      },
    },
  };
}

/** A refusal, as a lie. */
export function refusal(message: string): RpcOutcome {
  return { ok: false, error: new RpcResponseError(message, -32_000, undefined) };
}
