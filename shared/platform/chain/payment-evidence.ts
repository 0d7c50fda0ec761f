import * as z from 'zod';
import type { Deadline } from '../deadline.ts';
import type { JsonRpc, OtherAnswer, RpcCall, RpcOutcome } from './json-rpc.ts';
import { bigintQuantity, hashData, numberQuantity, toQuantity } from './quantities.ts';
import { type BalanceQuestion, balanceCall, balanceOf } from './read-balances.ts';
import { saidBy } from './second-look.ts';
import { readTransferLog, transferLogSchema } from './transfer-log.ts';

/** What is asked of one payment: a transfer of a token, of the coin, or a balance that no transfer explains. */
export type PaymentQuestion =
  | { readonly kind: 'log'; readonly transactionHash: string; readonly logIndex: number }
  | { readonly kind: 'coin'; readonly transactionHash: string }
  | ({ readonly kind: 'balance' } & BalanceQuestion);

/** What a chain has of a payment. */
export type PaymentEvidence =
  /** No block of the chain has it. */
  | { readonly kind: 'absent' }
  /** The node has let go of the state that would tell. */
  | { readonly kind: 'untold' }
  | {
      readonly kind: 'found';
      readonly blockNumber: number;
      readonly blockHash: string;
      /** Lower case; null where nothing is moved. */
      readonly to: string | null;
      /** Null: the chain's own coin. */
      readonly tokenAddress: string | null;
      /** In base units; 0: the transaction failed, or moves nothing at that place. */
      readonly amount: bigint;
    };

/** What another endpoint has of payments, in their order, and how far it has come. */
export interface OtherEvidence {
  readonly headNumber: number;
  readonly evidence: readonly PaymentEvidence[];
}

/** Calls of one question are two at most; providers take batches of 100, with head, anchor and chain on top. */
export const MAX_PAYMENT_QUESTIONS = 40;

const receiptSchema = z
  .object({
    blockNumber: numberQuantity,
    blockHash: hashData,
    status: numberQuantity,
    logs: z.array(transferLogSchema),
  })
  .nullable();
const transactionSchema = z.object({ to: z.string().nullish(), value: bigintQuantity }).nullable();
const headSchema = z.object({ number: numberQuantity, hash: hashData }).nullable();

/**
 * What the chain has of payments, in their order, in one request.
 *
 * @param questions at most MAX_PAYMENT_QUESTIONS
 * @throws RpcTransportError
 */
export function paymentEvidence(
  rpc: JsonRpc,
  questions: readonly PaymentQuestion[],
  deadline: Deadline,
): Promise<readonly PaymentEvidence[]> {
  return rpc.ask(questions.flatMap(callsOf), (outcomes) => readAll(questions, outcomes), deadline);
}

/**
 * The same of an endpoint that is none of some, at its own head: a second opinion is worth something only when it is its own.
 *
 * @param besides names of endpoints
 */
export function otherPaymentEvidence(
  rpc: JsonRpc,
  questions: readonly PaymentQuestion[],
  besides: ReadonlySet<string>,
  deadline: Deadline,
): Promise<OtherAnswer<OtherEvidence>> {
  if (rpc.askOther === undefined) return Promise.resolve({ kind: 'only' });
  const head: RpcCall = { method: 'eth_getBlockByNumber', params: ['latest', false] };
  const read = ([latest, ...outcomes]: readonly RpcOutcome[]): OtherEvidence => ({
    headNumber: saidBy(latest, z.object({ number: numberQuantity })).number,
    evidence: readAll(questions, outcomes),
  });
  return rpc.askOther(besides, [head, ...questions.flatMap(callsOf)], read, deadline);
}

function callsOf(question: PaymentQuestion): readonly RpcCall[] {
  if (question.kind === 'balance') {
    const block: RpcCall = { method: 'eth_getBlockByNumber', params: [toQuantity(question.blockNumber), false] };
    return [block, balanceCall(question)];
  }
  const receipt: RpcCall = { method: 'eth_getTransactionReceipt', params: [question.transactionHash] };
  if (question.kind === 'log') return [receipt];
  return [receipt, { method: 'eth_getTransactionByHash', params: [question.transactionHash] }];
}

function readAll(questions: readonly PaymentQuestion[], outcomes: readonly RpcOutcome[]): readonly PaymentEvidence[] {
  let at = 0;
  return questions.map((question) => {
    const { length } = callsOf(question);
    const own = outcomes.slice(at, at + length);
    at += length;
    return question.kind === 'balance' ? readBalance(question, own) : readTransfer(question, own);
  });
}

function readBalance(
  { address, tokenAddress }: BalanceQuestion,
  [blockOutcome, balanceOutcome]: readonly RpcOutcome[],
): PaymentEvidence {
  const block = saidBy(blockOutcome, headSchema);
  const amount = balanceOf(balanceOutcome);
  if (block === null) return { kind: 'absent' };
  if (amount === undefined) return { kind: 'untold' };
  const place = { blockNumber: block.number, blockHash: block.hash };
  return {
    kind: 'found',
    ...place,
    to: address.toLowerCase(),
    tokenAddress: tokenAddress?.toLowerCase() ?? null,
    amount,
  };
}

function readTransfer(
  question: Exclude<PaymentQuestion, { readonly kind: 'balance' }>,
  [receiptOutcome, transactionOutcome]: readonly RpcOutcome[],
): PaymentEvidence {
  const receipt = saidBy(receiptOutcome, receiptSchema);
  if (receipt === null) return { kind: 'absent' };
  const place = { kind: 'found', blockNumber: receipt.blockNumber, blockHash: receipt.blockHash } as const;
  const nothing = { ...place, to: null, tokenAddress: null, amount: 0n };
  if (receipt.status !== 1) return nothing;
  if (question.kind === 'coin') {
    const sent = saidBy(transactionOutcome, transactionSchema);
    const to = sent?.to?.toLowerCase() ?? null;
    return sent === null ? { kind: 'absent' } : { ...place, to, tokenAddress: null, amount: sent.value };
  }
  const log = receipt.logs.find(({ logIndex }) => logIndex === question.logIndex);
  const transfer = log === undefined ? undefined : readTransferLog(log);
  if (transfer === undefined) return nothing;
  return { ...place, to: transfer.to, tokenAddress: transfer.tokenAddress, amount: transfer.amount };
}
