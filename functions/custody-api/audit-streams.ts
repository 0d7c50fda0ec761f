import type * as z from 'zod';
import { securityStream } from '#shared/access/lockout.ts';
import { accessStream } from '#shared/audit/access-audit.ts';
import { type AuditHead, emptyHead } from '#shared/audit/audit-entry.ts';
import { ONE_STREAM, type verifyAuditRoute } from '#shared/audit/routes.ts';
import { productStream } from '#shared/catalog/catalog-keys.ts';
import { auditHeadOf } from '#shared/custody/custody-state.ts';
import type { PoolReader } from '#shared/custody/deposit-pool/pool-reader.ts';
import { depositStream } from '#shared/custody/deposit-pool/pool-rows.ts';
import { sweepStream } from '#shared/custody/lifecycle/sweep.ts';
import type { SweepReader } from '#shared/custody/lifecycle/sweep-store.ts';
import { COMMAND_STREAM } from '#shared/custody/maintenance/command-stream.ts';
import { policyStream } from '#shared/custody/policy/policy.ts';
import type { PolicyStore } from '#shared/custody/policy/policy-store.ts';
import type { WalletStore } from '#shared/custody/wallet-store.ts';
import { breakerHead, breakerStream } from '#shared/operations/breakers.ts';
import { depositSweepStream, parseSweepId } from '#shared/payments/sweeps/deposit-sweep.ts';
import { TREASURY_STREAM, type TreasuryReader } from '#shared/payments/treasury/treasury.ts';
import type { BreakerStore } from '#shared/platform/breaker/breaker-store.ts';
import { fieldError } from '#shared/platform/http/validation.ts';
import { queueHead, queueStream, type ReadRedrive } from '#shared/queues/redrive-record.ts';
import type { RedemptionStore } from '#shared/token/redemption-store.ts';
import { TOKEN_STREAM, type TokenSettingsReader } from '#shared/token/token-settings.ts';
import { laneStream, parseLaneName } from '#shared/transactions/lane/lane.ts';
import type { LaneReader } from '#shared/transactions/lane/lane-reader.ts';
import type { TransactionStore } from '#shared/transactions/transaction-store.ts';
import type { UserStore } from '#shared/users/user-store.ts';

/** Who keeps where streams end. */
export interface AuditHeadKeepers {
  readonly wallets: Pick<WalletStore, 'custodyState' | 'identity'>;
  readonly policies: PolicyStore;
  readonly pool: Pick<PoolReader, 'holder'>;
  readonly sweeps: SweepReader;
  readonly lanes: LaneReader;
  readonly transactions: Pick<TransactionStore, 'get'>;
  readonly users: Pick<UserStore, 'get'>;
  readonly redemptions: Pick<RedemptionStore, 'get'>;
  readonly tokenSettings: TokenSettingsReader;
  readonly treasury: TreasuryReader;
  readonly breakers: Pick<BreakerStore, 'read'>;
  readonly readRedrive: ReadRedrive;
  /** Where the stream of what a principal looked at ends. */
  readonly accessHead: (principalId: string) => Promise<AuditHead>;
  /** Where the stream of an address's lockouts ends. */
  readonly securityHead: (address: string) => Promise<AuditHead>;
  /** Where the stream of commands on keys ends. */
  readonly commandHead: () => Promise<AuditHead>;
  /** Where the stream of an API key ends. @throws API_KEY_NOT_FOUND */
  readonly apiKeyHead: (keyId: string) => Promise<AuditHead>;
  /** Where the stream of an alert ends. @throws ALERT_NOT_FOUND */
  readonly alertHead: (alertId: string) => Promise<AuditHead>;
  /** Where the stream of an alert channel ends. @throws ALERT_CHANNEL_NOT_FOUND */
  readonly channelHead: (channelId: string) => Promise<AuditHead>;
  /** Where the stream of a product and its stock ends. @throws PRODUCT_NOT_FOUND */
  readonly productHead: (sku: string) => Promise<AuditHead>;
  /** Where the stream of an order ends. @throws ORDER_NOT_FOUND */
  readonly orderHead: (orderId: string) => Promise<AuditHead>;
  /** Where the stream of the sweep of an order's address ends. @throws SWEEP_NOT_FOUND */
  readonly depositSweepHead: (id: string) => Promise<AuditHead>;
  /** Where the stream of a webhook endpoint ends. @throws WEBHOOK_ENDPOINT_NOT_FOUND */
  readonly webhookEndpointHead: (endpointId: string) => Promise<AuditHead>;
}

/** A stream, and how to read where it ends by who keeps that. */
export interface AuditedStream {
  readonly stream: string;
  readonly head: () => Promise<AuditHead>;
}

/**
 * The stream that a request names: every kind that Haven writes can be.
 *
 * @throws INVALID_PARAMETER when it names none
 */
export function streamOf(keepers: AuditHeadKeepers, body: z.output<typeof verifyAuditRoute.body>): AuditedStream {
  const { wallet_id, transaction_id, user_id, redemption_id, api_key_id, principal_id, locked_out_at } = body;
  const { wallets, transactions, users, redemptions, apiKeyHead, accessHead, securityHead } = keepers;
  if (wallet_id !== undefined) {
    return { stream: wallet_id, head: async () => auditHeadOf(await wallets.custodyState(wallet_id)) };
  }
  if (body.policy_of !== undefined) return policyOf(keepers, body.policy_of);
  if (body.deposit_of !== undefined) return depositOf(keepers, body.deposit_of);
  if (body.sweeps_of !== undefined) return sweepsOf(keepers, body.sweeps_of);
  if (body.deposit_sweep !== undefined) return depositSweepOf(keepers, body.deposit_sweep);
  if (body.lane !== undefined) return laneOf(keepers, body.lane);
  if (body.circuit !== undefined) return circuitOf(keepers, body.circuit);
  if (body.queue !== undefined) return queueOf(keepers, body.queue);
  if (transaction_id !== undefined) return { stream: transaction_id, head: () => transactions.get(transaction_id) };
  if (user_id !== undefined) return { stream: user_id, head: () => users.get(user_id) };
  if (redemption_id !== undefined) return { stream: redemption_id, head: () => redemptions.get(redemption_id) };
  if (body.sku !== undefined) return productOf(keepers, body.sku);
  if (body.order_id !== undefined) return orderOf(keepers, body.order_id);
  if (body.webhook_endpoint_id !== undefined) return webhookEndpointOf(keepers, body.webhook_endpoint_id);
  if (body.token !== undefined) return { stream: TOKEN_STREAM, head: () => keepers.tokenSettings.get() };
  if (body.treasury !== undefined) return { stream: TREASURY_STREAM, head: () => keepers.treasury.get() };
  if (body.key_commands !== undefined) return { stream: COMMAND_STREAM, head: keepers.commandHead };
  if (api_key_id !== undefined) return { stream: api_key_id, head: () => apiKeyHead(api_key_id) };
  if (body.alert_id !== undefined) return alertOf(keepers, body.alert_id);
  if (body.alert_channel_id !== undefined) return channelOf(keepers, body.alert_channel_id);
  if (principal_id !== undefined) return { stream: accessStream(principal_id), head: () => accessHead(principal_id) };
  if (locked_out_at !== undefined) {
    return { stream: securityStream(locked_out_at), head: () => securityHead(locked_out_at) };
  }
  throw fieldError('INVALID_PARAMETER', 'body', ONE_STREAM);
}

function alertOf({ alertHead }: AuditHeadKeepers, alertId: string): AuditedStream {
  return { stream: alertId, head: () => alertHead(alertId) };
}

function channelOf({ channelHead }: AuditHeadKeepers, channelId: string): AuditedStream {
  return { stream: channelId, head: () => channelHead(channelId) };
}

function productOf({ productHead }: AuditHeadKeepers, sku: string): AuditedStream {
  return { stream: productStream(sku), head: () => productHead(sku) };
}

function orderOf({ orderHead }: AuditHeadKeepers, orderId: string): AuditedStream {
  return { stream: orderId, head: () => orderHead(orderId) };
}

function depositSweepOf({ depositSweepHead }: AuditHeadKeepers, id: string): AuditedStream {
  return { stream: depositSweepStream(parseSweepId(id)), head: () => depositSweepHead(id) };
}

function webhookEndpointOf({ webhookEndpointHead }: AuditHeadKeepers, endpointId: string): AuditedStream {
  return { stream: endpointId, head: () => webhookEndpointHead(endpointId) };
}

function policyOf({ policies, wallets }: AuditHeadKeepers, walletId: string): AuditedStream {
  const stream = policyStream(walletId);
  // A wallet that isn't there has no stream either; that it is missing should be said.
  const read = () => Promise.all([policies.get(walletId), wallets.identity(walletId)]);
  return { stream, head: async () => (await read())[0] ?? emptyHead(stream) };
}

function depositOf({ pool, wallets }: AuditHeadKeepers, walletId: string): AuditedStream {
  const stream = depositStream(walletId);
  const read = () => Promise.all([pool.holder(walletId), wallets.identity(walletId)]);
  return { stream, head: async () => (await read())[0] ?? emptyHead(stream) };
}

function sweepsOf({ sweeps, wallets }: AuditHeadKeepers, walletId: string): AuditedStream {
  const stream = sweepStream(walletId);
  const read = () => Promise.all([sweeps.get(walletId), wallets.identity(walletId)]);
  return { stream, head: async () => (await read())[0] ?? emptyHead(stream) };
}

function laneOf({ lanes }: AuditHeadKeepers, name: string): AuditedStream {
  const key = parseLaneName(name);
  const stream = laneStream(key);
  return { stream, head: async () => (await lanes.get(key))?.audit ?? emptyHead(stream) };
}

/** A circuit that was never reset has no stream, and one that has closed for a month isn't there any more. */
function circuitOf({ breakers }: AuditHeadKeepers, name: string): AuditedStream {
  const stream = breakerStream(name);
  return { stream, head: async () => breakerHead(await breakers.read(name)) ?? emptyHead(stream) };
}

/** A queue that was never redriven has no stream. */
function queueOf({ readRedrive }: AuditHeadKeepers, name: string): AuditedStream {
  const stream = queueStream(name);
  return { stream, head: async () => queueHead(await readRedrive(name)) ?? emptyHead(stream) };
}
