import { maySignTransactions } from '#shared/custody/custody-state.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { type Draft, newTransaction } from '../new-transaction.ts';
import { advance } from '../transition.ts';
import { askFees, noopCapWei } from './fee-quotes.ts';
import { hold } from './hold.ts';
import { type LaneState, laneName } from './lane.ts';
import type { LanePass } from './lane-pass.ts';
import type { StoredLane } from './lane-store.ts';
import { estimateNoopGas } from './noop-gas.ts';
import type { Observation } from './observe.ts';
import { attemptDetail, signAndBroadcast } from './sign-and-broadcast.ts';

/**
 * Uses up free nonces below one that is in flight, so that it can be mined: by transactions of the lane's own that send
 * nothing, followed like any other. Their fees count against the daily limit, which stops none of them. Waits when fees are above the limit of no-ops, or the key may not sign.
 *
 * @returns the lane after it
 * @throws LaneRaced, RpcTransportError, KEY_DECRYPTION_FAILED
 */
export async function fillGap(
  pass: LanePass,
  stored: StoredLane,
  nonces: readonly number[],
  { view }: Observation,
): Promise<LaneState> {
  const [blocked] = stored.inFlight.filter(({ nonce }) => nonce !== null && nonce > Math.min(...nonces));
  if (!maySignTransactions(stored.custody)) {
    if (blocked !== undefined) await hold(pass, stored.lane, blocked, 'custody', {});
    return stored.lane;
  }
  const [quoteFor, gasLimit] = await Promise.all([
    askFees(pass.client, pass.chain, pass.deadline),
    estimateNoopGas(pass.client, stored.lane.address, pass.deadline),
  ]);
  const quote = quoteFor('fast', noopCapWei(pass.chain, stored.policy));
  if (!quote.ok) {
    const detail = { needed_fee_per_gas_wei: quote.neededWei.toString() };
    if (blocked !== undefined) await hold(pass, stored.lane, blocked, 'fees', detail);
    return stored.lane;
  }
  const at = isoTime(pass.clock());
  const fillers = nonces.map((nonce) => ({ nonce, ...createFiller(pass, stored.lane, nonce, at) }));
  const entries = new Map(fillers.map(({ transaction, entry }) => [transaction.id, entry]));
  pass.log.write('GAP_FILLED', { lane: laneName(stored.lane), nonces });
  pass.metrics.count('GapFilled', nonces.length);
  return signAndBroadcast(
    pass,
    stored,
    fillers.map(({ transaction, nonce }) => ({ transaction, nonce, gasLimit, fees: quote.fees, kind: 'intent' })),
    view.head.number,
    {
      reason: 'fill a gap of nonces',
      saidOn: blocked,
      transition: (transaction, attempt, patch, when) =>
        advance(transaction, 'signed', patch, when, pass.by, attemptDetail(attempt)),
      created: ({ id }) => {
        const entry = entries.get(id);
        if (entry === undefined) throw new Error(`${id} is no filler`);
        return entry;
      },
    },
  );
}

/** A transaction that sends nothing to its own address: what it intends is what it does. */
function createFiller(
  { newId, chain, by }: LanePass,
  { chain_id, address, wallet_id }: LaneState,
  nonce: number,
  at: string,
): Draft {
  return newTransaction(
    {
      id: newId('tx'),
      wallet_id,
      chain_id,
      from: address,
      to: address,
      value: '0',
      data: '0x',
      speed: 'fast',
      reference: null,
      valid_until: null,
      required_confirmations: chain.required_confirmations,
      watcher: null,
      fills_gap: true,
    },
    { ...by, severity: 'WARNING', reason: `fills the gap at nonce ${nonce}` },
    at,
  );
}
