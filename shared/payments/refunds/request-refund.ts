import type { PayableAsset } from '#shared/checkout/payable-asset.ts';
import { type OrderChange, takeSteps } from '#shared/orders/advance.ts';
import { ORDER_RETRY, reportChange } from '#shared/orders/change-order.ts';
import type { Payment } from '#shared/orders/order.ts';
import { putOrderChange } from '#shared/orders/put-order.ts';
import { factsOf } from '#shared/orders/reduce.ts';
import { requireOnChain } from '#shared/orders/require-on-chain.ts';
import { requireStep } from '#shared/orders/steps.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { untilUnraced } from '#shared/platform/dynamo/races.ts';
import { requireVersion } from '#shared/platform/dynamo/versions.ts';
import type { IdempotentContext } from '#shared/platform/http/bound-route.ts';
import { fieldError } from '#shared/platform/http/validation.ts';
import type { Log } from '#shared/platform/log/logger.ts';
import type { Sleep } from '#shared/platform/retry.ts';
import {
  type AcceptDependencies,
  addTransaction,
  announceAccepted,
  commitAccepted,
  draftTransaction,
  type PermittedDraft,
  type TransactionIntent,
} from '#shared/transactions/accept.ts';
import { REFUND_REFERENCE_PREFIX } from '#shared/transactions/reference-field.ts';
import { transferCall } from '#shared/transactions/sweep/read-holdings.ts';
import type { Treasury, TreasuryReader } from '../treasury/treasury.ts';
import { requireFunds, type TreasuryChain } from './look-at-treasury.ts';
import { nextVersion, withEntry } from './order-change.ts';
import { refundRow } from './put-refund.ts';
import {
  isGasGuarded,
  type Recipient,
  type RecipientWish,
  recipientOf,
  refuseClaimedCode,
  refuseOwnAddress,
} from './recipient.ts';
import { type RefundKind, refundWatcher, type SentRefund, toRefundView } from './refund.ts';
import { type RefundAmount, requireOtherAsset, requireRefundable } from './refund-rules.ts';
import type { OrderWithRefunds, RefundStore } from './refund-store.ts';
import { otherAsset, ownAsset, type RefundedAsset } from './refunded-asset.ts';

/** What refunding needs. */
export interface RefundDependencies extends AcceptDependencies {
  readonly tables: AcceptDependencies['tables'] & { readonly shop: string };
  readonly refunds: RefundStore;
  readonly treasury: TreasuryReader;
  /** Asks chains what the treasury has and who gets coin. */
  readonly look: TreasuryChain;
  /** What orders can be paid in on a chain. */
  readonly payable: (chainId: number) => Promise<readonly PayableAsset[]>;
  readonly log: Log;
  readonly wait?: Sleep;
}

/** What an operator wants given back. */
export interface RefundWish extends RecipientWish {
  readonly kind: RefundKind;
  /** Of the kind `other_asset`: which payment. */
  readonly payment_id?: string | undefined;
  /** Base units; absent: all that may be given back. */
  readonly amount?: string | undefined;
  readonly reason: string;
}

/** A refund with all that is written with it. */
interface Accepted {
  readonly refund: SentRefund;
  readonly change: OrderChange;
  readonly draft: PermittedDraft;
}

/**
 * Accepts a refund: itself, what it makes of its order (with stock, entries and notices), the transaction that sends the money from the
 * treasury and the answer in one DynamoDB transaction, on the condition that the order is as it was judged. Every payment and every refund
 * is stored with a new version of its order, so no two refunds are judged by the same money, and none by money that has gone.
 * It ends when its transaction does (`refund-outcome.ts`).
 *
 * @throws ORDER_NOT_FOUND, VERSION_MISMATCH, INVALID_TRANSITION, INVALID_AMOUNT, INVALID_ADDRESS, INVALID_PARAMETER, TREASURY_NOT_CONFIGURED,
 *   WALLET_REVOKED, WALLET_ROTATED, POLICY_VIOLATION, INSUFFICIENT_BALANCE, RPC_CONNECTION, WRITE_CONFLICT, DATABASE_ERROR, StockDrift;
 *   IdempotentReplay
 */
export async function requestRefund(
  deps: RefundDependencies,
  orderId: string,
  wish: RefundWish,
  context: IdempotentContext,
): Promise<SentRefund> {
  const attempt = async () => {
    const [facts, treasury] = await Promise.all([deps.refunds.read(orderId), deps.treasury.get()]);
    requireVersion(context, facts.order.version, `Order ${orderId}`);
    const accepted = await draftRefund(deps, facts, treasury, wish, context);
    await commitAccepted(deps, [accepted.draft], context, (write) => {
      deps.idempotency.record(write, context.idempotency, { status: 202, body: toRefundView(accepted.refund) });
      putOrderChange(write, deps.tables, accepted.change, [refundRow(undefined, accepted.refund)]);
      addTransaction(write, deps.tables, accepted.draft);
    });
    return accepted;
  };
  const { refund, change, draft } = await untilUnraced(attempt, ORDER_RETRY, context.deadline, deps.wait);
  deps.metrics.count('RefundAccepted');
  const { id, kind, transaction_id } = refund;
  deps.log.write('REFUND_ACCEPTED', { refund_id: id, order_id: orderId, kind, transaction_id });
  reportChange(deps, change);
  await announceAccepted(deps, draft.transaction);
  return refund;
}

async function draftRefund(
  deps: RefundDependencies,
  facts: OrderWithRefunds,
  treasury: Treasury,
  wish: RefundWish,
  context: IdempotentContext,
): Promise<Accepted> {
  const { order, claimed } = facts;
  const { kind, reason } = wish;
  const what = await whatOf(deps, facts, wish);
  const { amount, sent } = what;
  const recipient = recipientOf(wish, claimed);
  await refuseOwnAddress(
    deps,
    { address: order.payment.address, token_address: sent.token_address },
    recipient.to,
    recipient.field,
    treasury.address,
  );
  await refuseClaimedCode(deps.look, recipient, sent, context.deadline);
  const id = deps.newId('rfd');
  const intent = {
    ...sending(sent, treasury, recipient.to, amount),
    ...(await gasGuard(deps, treasury, recipient, sent, context)),
    validUntil: isoTime(deps.clock() + REFUND_VALID_MS),
    reference: `${REFUND_REFERENCE_PREFIX}${id}`,
    watcher: refundWatcher({ order_id: order.id, id }),
  };
  const draft = await draftTransaction(deps, intent, context, deps.newId('tx'), { refund_of: order.id });
  const chain = deps.chains.get(sent.chain_id);
  const outgoing = { treasury, chain, asset: sent.asset, tokenAddress: sent.token_address, amount };
  await requireFunds(deps.look, outgoing, context.deadline);
  const at = isoTime(deps.clock());
  const refund: SentRefund = {
    id,
    order_id: order.id,
    kind,
    status: 'pending',
    amount: amount.toString(),
    is_partial: what.isPartial,
    ...sent,
    ...(what.payment === undefined ? {} : { payment_id: what.payment.id }),
    to: recipient.to,
    address_from: recipient.from,
    reason,
    requested_by: context.principal.id,
    wallet_id: treasury.wallet_id,
    transaction_id: draft.transaction.id,
    failure: null,
    created_at: at,
    updated_at: at,
    version: 1,
  };
  return { refund, change: changeOf(deps, facts, refund, context), draft };
}

/** What is given back, and how much of it. */
interface Given extends RefundAmount {
  readonly sent: RefundedAsset;
  /** Of another asset: which. */
  readonly payment?: Payment;
}

async function whatOf(
  { payable }: Pick<RefundDependencies, 'payable'>,
  facts: OrderWithRefunds,
  { kind, payment_id, amount }: RefundWish,
): Promise<Given> {
  const own = requireOnChain(facts.order);
  const wanted = amount === undefined ? undefined : BigInt(amount);
  if ((kind === 'other_asset') !== (payment_id !== undefined)) {
    const what = 'must be named for the kind other_asset, and for no other';
    throw fieldError('INVALID_PARAMETER', 'body.payment_id', what);
  }
  if (kind !== 'other_asset') return { ...requireRefundable(facts, kind, wanted), sent: ownAsset(own) };
  const other = requireOtherAsset(facts, payment_id ?? '', wanted);
  const chainId = other.payment.on_chain?.chain_id ?? own.chain_id;
  return { ...other, sent: otherAsset(other.payment, await payable(chainId)) };
}

/**
 * A refund that the treasury has no coin for holds its lane, and every other refund with it: after a day it ends as failed, which is told, and may
 * be asked for again.
 */
const REFUND_VALID_MS = 24 * 60 * 60_000;

/** What a contract gets for a log, besides what a plain transfer takes: nothing else can be done with it. */
const STIPEND_GAS = 2_300n;
/** On rollups what a transfer takes changes with the fees of another chain: a fifth on top, as lanes give it. */
const PLAIN_GAS_PERCENT = 120n;

/**
 * The most gas that coin to a claimed address may have. It had no code when it was looked at; by the time that it gets the coin it may have, because
 * who claims an address can say in advance what will be there (CREATE2).
 */
async function gasGuard(
  { look, chains }: Pick<RefundDependencies, 'look' | 'chains'>,
  treasury: Treasury,
  { from }: Recipient,
  { chain_id, token_address }: RefundedAsset,
  { deadline }: Pick<IdempotentContext, 'deadline'>,
): Promise<Pick<TransactionIntent, 'maxGas'>> {
  if (!isGasGuarded(from, token_address)) return {};
  const plain = await look.plainGas({ treasury, chain: chains.get(chain_id) }, deadline);
  return { maxGas: (plain * PLAIN_GAS_PERCENT) / 100n + STIPEND_GAS };
}

/** What moves the money: coin by itself, a token by a call of its contract. */
function sending(
  { chain_id: chainId, token_address }: RefundedAsset,
  treasury: Treasury,
  to: string,
  amount: bigint,
): Omit<TransactionIntent, 'reference' | 'validUntil'> {
  const common = { walletId: treasury.wallet_id, chainId, speed: 'standard' } as const;
  return token_address === null
    ? { ...common, to, value: amount.toString(), data: '0x' }
    : { ...common, to: token_address, value: '0', data: transferCall(to, amount) };
}

/** What a refund makes of its order as it begins: `refunding`, unless it is that already or keeps its status. */
function changeOf(
  { newId }: Pick<RefundDependencies, 'newId'>,
  { order, payments }: OrderWithRefunds,
  { id, kind, amount, asset, payment_id, to, transaction_id, reason, created_at: at }: SentRefund,
  context: IdempotentContext,
): OrderChange {
  const by = { actor: context.principal.id, request_id: context.requestId, reason, at, newId };
  const other = payment_id === undefined ? {} : { asset, payment_id };
  const detail = { refund_id: id, kind, amount, ...other, to, transaction_id };
  const moved =
    kind === 'order' && order.status !== 'refunding'
      ? takeSteps(
          order,
          [requireStep(order, 'refunding', 'operator', factsOf(order, payments, Date.parse(at)))],
          {},
          { refund_id: id },
          by,
        )
      : nextVersion(order, at);
  return withEntry(moved, { action: 'order.refund_accepted', severity: 'WARNING', detail }, by);
}
