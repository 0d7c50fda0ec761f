import * as z from 'zod';
import { hashData, numberQuantity } from './quantities.ts';

/** keccak256 of `Transfer(address,address,uint256)` (https://eips.ethereum.org/EIPS/eip-20). */
export const TRANSFER_TOPIC = '0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef';

/** A log as eth_getLogs and receipts tell it. */
export const transferLogSchema = z.object({
  address: z.string(),
  topics: z.array(z.string()),
  data: z.string(),
  blockNumber: numberQuantity,
  blockHash: hashData,
  transactionHash: hashData,
  logIndex: numberQuantity,
  removed: z.boolean().optional(),
});

/** A log as eth_getLogs and receipts tell it. */
export type TransferLog = z.output<typeof transferLogSchema>;

/** Money that a block moved, or, where it is the chain's own coin, was asked to move: its receipt says whether it did. */
export interface BlockTransfer {
  readonly transactionHash: string;
  /** In its block; null: the chain's own coin, sent by the transaction itself. */
  readonly logIndex: number | null;
  /** Lower case, as the other addresses. */
  readonly from: string;
  readonly to: string;
  /** In base units, more than 0. */
  readonly amount: bigint;
  /** Null: the chain's own coin. */
  readonly tokenAddress: string | null;
}

/** An address in a word of 32 bytes. */
const ADDRESS_WORD = /^0x0{24}([0-9a-f]{40})$/i;
const AMOUNT_WORD = /^0x[0-9a-f]{64}$/i;
/** The event and its two addresses. ERC-721 has a fourth topic, and no amount; some old tokens index nothing. */
const TOPICS = 3;

/**
 * The transfer that a log tells of. Pure.
 *
 * @returns undefined when it is no `Transfer` of ERC-20, or moves nothing
 */
export function readTransferLog(log: TransferLog): BlockTransfer | undefined {
  const [event, sender, recipient] = log.topics;
  if (log.topics.length !== TOPICS || event?.toLowerCase() !== TRANSFER_TOPIC || !AMOUNT_WORD.test(log.data)) {
    return undefined;
  }
  const from = ADDRESS_WORD.exec(sender ?? '')?.[1]?.toLowerCase();
  const to = ADDRESS_WORD.exec(recipient ?? '')?.[1]?.toLowerCase();
  const amount = BigInt(log.data);
  if (from === undefined || to === undefined || amount === 0n || from === to) return undefined;
  return {
    transactionHash: log.transactionHash.toLowerCase(),
    logIndex: log.logIndex,
    from: `0x${from}`,
    to: `0x${to}`,
    amount,
    tokenAddress: log.address.toLowerCase(),
  };
}
