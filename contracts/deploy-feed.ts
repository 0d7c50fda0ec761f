import { Contract, ContractFactory, type Wallet } from 'ethers';
import { type WaitOptions, withWallet } from './chain-session.ts';
import { sendAndConfirm } from './send-and-confirm.ts';
import { settableFeedArtifact } from './settable-feed-artifact.ts';

/** A feed on a local chain, as it begins. */
export interface FeedBeginning {
  /** Digits of the answer behind the point. */
  readonly decimals: number;
  readonly description: string;
  readonly answer: bigint;
}

/** All that `latestRoundData` returns; times in seconds since the Unix epoch. */
export interface FeedRound {
  readonly roundId: bigint;
  readonly answer: bigint;
  readonly startedAt: bigint;
  readonly updatedAt: bigint;
  readonly answeredInRound: bigint;
}

/** Who sends, on which chain: local ones only, whose keys are public knowledge. */
export interface FeedSender {
  readonly rpcUrl: string;
  readonly privateKey: string;
}

/**
 * Deploys a feed whose answer anyone sets, and waits for one confirmation.
 *
 * @returns its address, with its EIP-55 checksum
 */
export function deploySettableFeed(
  { rpcUrl, privateKey }: FeedSender,
  { decimals, description, answer }: FeedBeginning,
  options: WaitOptions = {},
): Promise<string> {
  return withWallet(rpcUrl, privateKey, options, async (wallet) => {
    const factory = new ContractFactory(settableFeedArtifact.abi, settableFeedArtifact.bytecode, wallet);
    const request = await factory.getDeployTransaction(decimals, description, answer);
    const receipt = await sendAndConfirm(wallet, request, options);
    if (receipt.contractAddress === null) throw new Error(`Transaction ${receipt.hash} made no contract`);
    return receipt.contractAddress;
  });
}

/**
 * More than any call of the feed needs. Not estimated: whether a slot changes, and so what it costs, depends on the time of the
 * block, and that is another when the transaction is mined.
 */
const CALL_GAS = 300_000n;

/** Lets a feed answer anew, now. */
export function setFeedAnswer(
  sender: FeedSender,
  address: string,
  answer: bigint,
  options: WaitOptions = {},
): Promise<void> {
  return call(sender, address, options, (feed) => feed.getFunction('setAnswer').populateTransaction(answer));
}

/** Sets all that a feed says of its newest round. */
export function setFeedRound(
  sender: FeedSender,
  address: string,
  { roundId, answer, startedAt, updatedAt, answeredInRound }: FeedRound,
  options: WaitOptions = {},
): Promise<void> {
  return call(sender, address, options, (feed) =>
    feed.getFunction('setRound').populateTransaction(roundId, answer, startedAt, updatedAt, answeredInRound),
  );
}

function call(
  { rpcUrl, privateKey }: FeedSender,
  address: string,
  options: WaitOptions,
  populate: (feed: Contract) => Promise<Parameters<Wallet['populateTransaction']>[0]>,
): Promise<void> {
  return withWallet(rpcUrl, privateKey, options, async (wallet) => {
    const request = await populate(new Contract(address, settableFeedArtifact.abi, wallet));
    await sendAndConfirm(wallet, { ...request, gasLimit: CALL_GAS }, options);
  });
}
