import * as z from 'zod';
import type { RpcCall, RpcOutcome } from '#shared/platform/chain/json-rpc.ts';
import { numberQuantity, toQuantity } from '#shared/platform/chain/quantities.ts';
import { hash32, TEST_RECIPIENT } from '#test/support/fakes/ledger-transactions.ts';

/** What an endpoint says that contradicts all others. */
export type Contradiction =
  /** It has none of the transactions. */
  | 'nothing'
  /** They are in other blocks. */
  | 'other blocks'
  /** They did the opposite, and are somebody else's. */
  | 'other outcome'
  /** The account has sent one fewer. */
  | 'fewer'
  /** The account has sent one more. */
  | 'more';

const COUNTED: ReadonlySet<Contradiction> = new Set(['fewer', 'more']);

/** Whether it is about transactions, and not only about how many there are. */
export function isAboutTransactions(what: Contradiction): boolean {
  return !COUNTED.has(what);
}

const wireSchema = z.record(z.string(), z.unknown());
const FORK_BLOCK = hash32('a block of another chain');

type Change = (result: unknown) => unknown;

const patched =
  (patch: (wire: Readonly<Record<string, unknown>>) => object): Change =>
  (result) => {
    const wire = wireSchema.safeParse(result);
    return wire.success ? { ...wire.data, ...patch(wire.data) } : result;
  };
const counted =
  (by: number): Change =>
  (result) =>
    toQuantity(Math.max(0, numberQuantity.parse(result) + by));

/** What becomes of answers to each method; others are left as they are. */
const CHANGES: Readonly<Record<Contradiction, ReadonlyMap<string, Change>>> = {
  nothing: new Map([
    ['eth_getTransactionReceipt', () => null],
    ['eth_getTransactionByHash', () => null],
  ]),
  'other blocks': new Map([
    ['eth_getTransactionReceipt', patched(() => ({ blockHash: FORK_BLOCK }))],
    [
      'eth_getTransactionByHash',
      patched(({ blockNumber }) => ({ blockNumber: toQuantity(numberQuantity.parse(blockNumber) - 1) })),
    ],
  ]),
  'other outcome': new Map([
    ['eth_getTransactionReceipt', patched(({ status }) => ({ status: status === '0x1' ? '0x0' : '0x1' }))],
    ['eth_getTransactionByHash', patched(() => ({ from: TEST_RECIPIENT }))],
  ]),
  fewer: new Map([['eth_getTransactionCount', counted(-1)]]),
  more: new Map([['eth_getTransactionCount', counted(1)]]),
};

/** True answers to a batch as an endpoint gives them that contradicts. */
export function contradicted(
  calls: readonly RpcCall[],
  outcomes: readonly RpcOutcome[],
  what: Contradiction,
): readonly RpcOutcome[] {
  return outcomes.map((outcome, index) => {
    const change = CHANGES[what].get(calls[index]?.method ?? '');
    return outcome.ok && change !== undefined ? { ok: true, result: change(outcome.result) } : outcome;
  });
}
