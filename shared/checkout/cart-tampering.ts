import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Alert } from '#shared/alerts/alert.ts';
import { recordAlert, reportAlert } from '#shared/alerts/record-alert.ts';
import { type Clock, isoTime } from '#shared/platform/clock.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { Log } from '#shared/platform/log/logger.ts';
import type { Metrics } from '#shared/platform/metrics.ts';
import { cartKey } from './cart-keys.ts';

/** What telling of a tampered cart needs. */
export interface TamperingDependencies {
  readonly client: DynamoDBDocumentClient;
  readonly tables: { readonly shop: string; readonly logs: string };
  readonly clock: Clock;
  readonly metrics: Metrics;
}

/**
 * Tells operators that a cart isn't as Haven wrote it: an alert, once for each cart, and a log line and a count each time.
 * The alert takes the cart out of the sweeper's indexes in the same transaction; the row stays as it is, for whoever looks
 * into it, and what it says to have reserved is not believed (docs/carts.md).
 *
 * @returns the error for whoever asked
 * @throws DATABASE_ERROR when it can't be recorded
 */
export async function reportTampering(
  { client, tables, clock, metrics }: TamperingDependencies,
  cartId: string,
  { deadline, log }: { readonly deadline: Deadline; readonly log: Log },
): Promise<HavenError> {
  log.write('CART_TAMPERED', { cart_id: cartId });
  metrics.count('CartTampered');
  const alert: Alert = {
    // One alert a cart, whoever finds out first and how often others do.
    id: cartId.replace(/^crt_/, 'alr_'),
    severity: 'CRITICAL',
    category: 'security',
    summary: `The row of cart ${cartId} is not as Haven wrote it: somebody else can write to the shop table`,
    details: { cart_id: cartId },
    dedupe_key: 'cart-tampered',
    occurred_at: isoTime(clock()),
  };
  const write = new WriteTransaction();
  recordAlert(write, tables, alert);
  write.update(
    tables.shop,
    cartKey(cartId),
    { expression: 'SET tampered_at = :at REMOVE gsi1pk, gsi1sk, gsi2pk, gsi2sk', values: { ':at': alert.occurred_at } },
    () => new HavenError('WRITE_CONFLICT', 'The cart is gone'),
    { expression: 'attribute_exists(pk)' },
  );
  try {
    await write.commit(client, deadline);
    reportAlert({ log, metrics }, alert);
  } catch (error) {
    if (!(error instanceof HavenError && error.code === 'WRITE_CONFLICT')) throw error;
  }
  return new HavenError('CART_TAMPERED', `Cart ${cartId} is not as it was stored`);
}
