import type { Payment } from '#shared/orders/order.ts';
import type { WatchedPlace } from '#shared/orders/order-keys.ts';
import { MAX_PAYMENT_QUESTIONS, type PaymentEvidence } from '#shared/platform/chain/payment-evidence.ts';
import { balancePayment, isBalancePayment } from './judge-balance.ts';
import {
  afterLook,
  depthOf,
  isToLookAt,
  questionOf,
  requiredDepth,
  type Verdict,
  verdictOf,
  WATCHED_BEYOND,
} from './judge-depth.ts';
import { repairPayments } from './repair-payments.ts';
import { noteDisputedPayment } from './scan-alerts.ts';
import { forEachOrder, NOTHING_OVERDUE, type ScanPass, settleSeen } from './scan-context.ts';
import type { ReadHead } from './scan-cursor.ts';
import type { OrderedPayment } from './scan-store.ts';

/** What a look at watched payments came to. */
export interface ConfirmReport {
  readonly confirmed: number;
  /** Payments that were seen and are not confirmed yet. */
  readonly waiting: number;
}

/** An endpoint answers forty questions in one request; none is begun with less time left. */
const STEP_BUDGET_MS = 8_000;
/** How much deeper a payment must be that no second endpoint can be asked about at the moment. */
const UNCHECKED_DEPTH_FACTOR = 2;

/** A payment that is deep enough, and what the chain has of it. */
interface Looked extends OrderedPayment {
  readonly depth: number;
  readonly required: number;
  readonly evidence: PaymentEvidence;
  readonly verdict: Verdict;
}

/**
 * Looks at watched payments that are deep enough: those that the chain has as they are stored are confirmed, once another endpoint says the same,
 * and those that were confirmed long ago are watched no more, nor those that are gone for good. What is stored otherwise than the chain has it was
 * stored by a pass that saw an older chain: the blocks in question are read again. An order whose look fails is logged and counted, is looked at
 * again by the next pass, and stops no other.
 *
 * @param last the last block that was read
 * @throws ChainMovedError, RpcTransportError, DATABASE_ERROR, WRITE_CONFLICT
 */
export async function confirmPayments(pass: ScanPass, last: ReadHead): Promise<ConfirmReport> {
  const { deps, chain, deadline } = pass;
  const watched = await deps.scans.watchedFrom(chain.chain_id, 0);
  const due = watched.filter(({ blockNumber, status }) => mayBeDue(status, depthOf(blockNumber, last.number), chain));
  let confirmed = 0;
  for (let start = 0; start < due.length && deadline.allows(STEP_BUDGET_MS); start += MAX_PAYMENT_QUESTIONS) {
    confirmed += await lookAt(pass, due.slice(start, start + MAX_PAYMENT_QUESTIONS), last);
  }
  return { confirmed, waiting: watched.filter(({ status }) => status === 'detected').length - confirmed };
}

/** By the chain's own number of confirmations: an order that was placed under another is judged by its own. */
function mayBeDue(status: string, depth: number, { required_confirmations }: ScanPass['chain']): boolean {
  return depth >= required_confirmations + (status === 'confirmed' ? WATCHED_BEYOND : 0);
}

async function lookAt(pass: ScanPass, places: readonly WatchedPlace[], last: ReadHead): Promise<number> {
  const { deps, chain, client, deadline } = pass;
  const due = (await deps.scans.payments(places)).flatMap((one) => {
    const question = questionOf(one.payment, one.order);
    const depth = depthOf(one.payment.on_chain?.block_number ?? last.number + 1, last.number);
    const required = requiredDepth(one.order, chain);
    const isDue = one.payment.is_watched && isToLookAt(one.payment.status, depth, required);
    return question === undefined || !isDue ? [] : [{ ...one, question, depth, required }];
  });
  if (due.length === 0) return 0;
  const askedOf = new Set<string>();
  const answers = await client
    .noting(askedOf)
    .at(last)
    .payments(
      due.map(({ question }) => question),
      deadline,
    );
  const looked = due.map((one, index): Looked & Pick<(typeof due)[number], 'question'> => {
    const evidence = answers[index] ?? { kind: 'untold' };
    return { ...one, evidence, verdict: verdictOf(one.payment, one.order, evidence) };
  });
  // Of a balance no block tells: what was orphaned is judged anew by what there is.
  const wrong = looked.filter(({ payment, verdict }) =>
    payment.status === 'orphaned' ? verdict === 'same' && !isBalancePayment(payment) : verdict === 'differs',
  );
  const disputed = wrong.length === 0 ? [] : await repairPayments(pass, wrong, last);
  for (const { order, payment } of disputed) await noteDisputedPayment(pass, order, payment, [...askedOf].join(', '));
  const right = looked.filter((one) => !wrong.includes(one));
  const trusted = await withoutDisputed(pass, right, askedOf);
  return settleLooked(pass, trusted);
}

/** Those that need no second opinion, and those that another endpoint agrees with. */
async function withoutDisputed<
  T extends Looked & { readonly question: Parameters<ScanPass['client']['payments']>[0][number] },
>(pass: ScanPass, looked: readonly T[], askedOf: ReadonlySet<string>): Promise<readonly T[]> {
  const { deps, chain, client, deadline } = pass;
  const isNew = ({ payment, verdict }: T) => payment.status === 'detected' && verdict !== 'differs';
  const asked = looked.filter(isNew);
  const settled = looked.filter((one) => !isNew(one));
  if (asked.length === 0) return settled;
  const answer = await client.paymentsElsewhere(
    asked.map(({ question }) => question),
    askedOf,
    deadline,
  );
  const isDeep = ({ depth, required }: T) => depth >= required * UNCHECKED_DEPTH_FACTOR;
  // What the endpoint of the look can't tell any more is taken only with twice the depth: it was seen when the block was new.
  const isTold = (one: T) => one.verdict === 'same' || isDeep(one);
  if (answer.kind === 'only') return [...settled, ...asked.filter(isTold)];
  if (answer.kind !== 'answered') {
    deps.metrics.count('PaymentNotChecked', asked.length);
    deps.log.write('PAYMENT_NOT_CHECKED', { chain_id: chain.chain_id, payments: asked.length, why: answer.kind });
    return [...settled, ...asked.filter(isDeep)];
  }
  const agreed: T[] = [];
  for (const [index, one] of asked.entries()) {
    const other = answer.value.evidence[index] ?? { kind: 'untold' };
    const verdict = verdictOf(one.payment, one.order, other);
    const isBehind = answer.value.headNumber < (one.payment.on_chain?.block_number ?? 0);
    if (verdict === 'differs' && !isBehind) {
      await noteDisputedPayment(pass, one.order, one.payment, answer.endpoint);
    } else if ((verdict === 'same' && isTold(one)) || isDeep(one)) agreed.push(one);
  }
  return [...settled, ...agreed];
}

async function settleLooked(pass: ScanPass, looked: readonly Looked[]): Promise<number> {
  const { deps, chain } = pass;
  let confirmed = 0;
  await forEachOrder([...new Set(looked.map(({ order }) => order.id))], async (orderId) => {
    const own = new Map(looked.filter(({ order }) => order.id === orderId).map((one) => [one.payment.id, one]));
    let became = 0;
    try {
      await settleSeen(pass, orderId, NOTHING_OVERDUE, (order, stored) => {
        const after = stored.map((payment) => {
          const one = own.get(payment.id);
          return one === undefined ? payment : afterLooked(order, stored, payment, one, deps.clock());
        });
        const changed = after.filter((payment, index) => payment !== stored[index]);
        became = Math.max(became, changed.filter(({ status }) => status === 'confirmed').length);
        return changed;
      });
      confirmed += became;
    } catch (error) {
      deps.log.write('PAYMENT_LOOK_FAILED', { chain_id: chain.chain_id, order_id: orderId, error });
      deps.metrics.count('PaymentLookFailed');
    }
  });
  return confirmed;
}

/** Only what is stored as it was looked at: another pass may have seen more since. */
function afterLooked(
  order: Looked['order'],
  stored: readonly Payment[],
  payment: Payment,
  { payment: before, depth, required, verdict, evidence }: Looked,
  nowMs: number,
): Payment {
  const isSame =
    payment.status === before.status &&
    payment.amount === before.amount &&
    payment.on_chain?.block_hash === before.on_chain?.block_hash;
  if (!isSame) return payment;
  if (payment.status === 'orphaned') {
    const unwatched = { ...payment, is_watched: false };
    if (verdict === 'same') return balanceAgain(order, stored, payment, evidence, nowMs) ?? unwatched;
    // What no endpoint has kept nobody will tell.
    const isOver = verdict === 'differs' || isToLookAt('confirmed', depth, required);
    return isOver ? unwatched : payment;
  }
  return afterLook(payment, depth, required, nowMs);
}

/** A balance that was orphaned, where its block is still of the chain and payments don't explain all that the address had. */
function balanceAgain(
  order: Looked['order'],
  stored: readonly Payment[],
  { block_at, on_chain }: Payment,
  evidence: PaymentEvidence,
  nowMs: number,
): Payment | undefined {
  if (on_chain === null || evidence.kind !== 'found') return undefined;
  const block = {
    number: on_chain.block_number,
    hash: on_chain.block_hash,
    timestampSeconds: Date.parse(block_at) / 1_000,
  };
  return balancePayment(order, stored, { block, balance: evidence.amount }, nowMs);
}
