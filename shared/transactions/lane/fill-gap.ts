import { type AuditEntry, emptyHead, nextEntry } from '#shared/audit/audit-entry.ts';
import { isoTime } from '#shared/platform/clock.ts';
import type { Transaction } from '../transaction.ts';
import { advance } from '../transition.ts';
import { askFees, noopCapWei } from './fee-quotes.ts';
import { type LaneState, laneName } from './lane.ts';
import { LANE_ACTOR } from './lane-dependencies.ts';
import type { LanePass } from './lane-pass.ts';
import type { StoredLane } from './lane-store.ts';
import { estimateNoopGas } from './noop-gas.ts';
import type { Observation } from './observe.ts';
import { attemptDetail, signAndBroadcast } from './sign-and-broadcast.ts';

/**
 * Uses up free nonces below one that is in flight, so that it can be mined: by transactions of the lane's own that send
 * nothing, followed like any other. Waits when fees are above the limit of no-ops, or the key may not sign.
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
  if (stored.custody.paused || stored.custody.status !== 'active') return stored.lane;
  const [quoteFor, gasLimit] = await Promise.all([
    askFees(pass.client, pass.chain, pass.deadline),
    estimateNoopGas(pass.client, stored.lane.address, pass.deadline),
  ]);
  const quote = quoteFor('fast', noopCapWei(pass.chain));
  if (!quote.ok) {
    const needed = quote.neededWei.toString();
    pass.log.write('LANE_HELD', { lane: laneName(stored.lane), waiting_for: 'fees', needed_fee_per_gas_wei: needed });
    pass.metrics.count('LaneHeld');
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
  { newId, chain }: LanePass,
  { chain_id, address, wallet_id }: LaneState,
  nonce: number,
  at: string,
): { readonly transaction: Transaction; readonly entry: AuditEntry } {
  const id = newId('tx');
  const { entry, head } = nextEntry(
    id,
    emptyHead(id),
    {
      action: 'transaction.queued',
      actor: LANE_ACTOR,
      severity: 'WARNING',
      request_id: id,
      reason: 'fills a gap of nonces',
      detail: { wallet_id, chain_id, nonce },
    },
    at,
  );
  const transaction: Transaction = {
    ...head,
    id,
    status: 'queued',
    wallet_id,
    chain_id,
    from: address,
    to: address,
    value: '0',
    data: '0x',
    speed: 'fast',
    reference: null,
    valid_until: null,
    nonce: null,
    hash: null,
    attempts: [],
    block_number: null,
    block_hash: null,
    succeeded: null,
    gas_used: null,
    confirmations: 0,
    required_confirmations: chain.required_confirmations,
    waiting_for: null,
    failure: null,
    cancellation: null,
    accelerated_at: null,
    created_at: at,
    updated_at: at,
    version: 1,
  };
  return { transaction, entry };
}
