import type { CallOutcome } from '#shared/platform/chain/call-refusal.ts';
import type { ChainClient } from '#shared/platform/chain/chain-client.ts';
import type { ChainlinkFeedConfig } from '#shared/platform/chain/price-feed-config.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import {
  decodeDecimals,
  decodeRound,
  type FeedAnswer,
  type FeedReading,
  type SequencerAnswer,
} from './feed-reading.ts';

/** Selectors of AggregatorV3. */
const DECIMALS = '0x313ce567';
const LATEST_ROUND_DATA = '0xfeaf968c';

/**
 * Asks a feed, its reference and the sequencer feed, in one batch and after one block: the head is asked first, because the calls of a
 * batch for `latest` may meet different blocks, and then nothing says what time their answers are to be judged by.
 *
 * @throws RpcTransportError
 */
export async function readFeed(
  client: ChainClient,
  { address, reference, sequencer }: Pick<ChainlinkFeedConfig, 'address' | 'reference' | 'sequencer'>,
  deadline: Deadline,
): Promise<FeedReading> {
  const feeds = [address, ...(reference === undefined ? [] : [reference.address])];
  const { head, results } = await client.read(
    [
      ...feeds.flatMap((to) => [
        { to, data: DECIMALS },
        { to, data: LATEST_ROUND_DATA },
      ]),
      ...(sequencer === undefined ? [] : [{ to: sequencer.address, data: LATEST_ROUND_DATA }]),
    ],
    deadline,
  );
  return {
    head,
    feed: feedAnswer(results[0], results[1]),
    reference: reference === undefined ? undefined : feedAnswer(results[2], results[3]),
    sequencer: sequencer === undefined ? undefined : sequencerAnswer(results.at(-1)),
  };
}

/** Not with the contract's or the node's own words: these come from others, and causes are shown and stored. */
const REVERTS = 'reverts';
const NOT_A_FEED = 'is no contract with the interface AggregatorV3';

function feedAnswer(decimalsOutcome: Outcome, roundOutcome: Outcome): FeedAnswer {
  const answer = sequencerAnswer(roundOutcome);
  if (!answer.ok) return answer;
  if (decimalsOutcome?.ok === false) return { ok: false, why: REVERTS };
  const decimals = decimalsOutcome === undefined ? undefined : decodeDecimals(decimalsOutcome.value);
  return decimals === undefined ? { ok: false, why: NOT_A_FEED } : { ok: true, decimals, round: answer.round };
}

function sequencerAnswer(outcome: Outcome): SequencerAnswer {
  if (outcome?.ok === false) return { ok: false, why: REVERTS };
  const round = outcome === undefined ? undefined : decodeRound(outcome.value);
  return round === undefined ? { ok: false, why: NOT_A_FEED } : { ok: true, round };
}

type Outcome = CallOutcome<string> | undefined;
