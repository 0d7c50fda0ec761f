import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Clock } from '#shared/platform/clock.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import type { NewId } from '#shared/platform/ids.ts';
import type { Log } from '#shared/platform/log/logger.ts';
import type { Metrics } from '#shared/platform/metrics.ts';
import type { Sleep } from '#shared/platform/retry.ts';
import type { ProductReader } from './product-reader.ts';
import type { CatalogTables } from './product-rows.ts';
import type { Allocation } from './stock.ts';
import type { StockWalk } from './walk-stock.ts';

/**
 * All that open carts and orders have reserved, page by page.
 *
 * @throws OutOfTime, while it is read, when the deadline comes before its end
 */
export type HeldPieces = (deadline: Deadline) => AsyncIterable<readonly Allocation[]>;

/** What reconciling stock needs. */
export interface ReconcileDependencies {
  readonly client: DynamoDBDocumentClient;
  readonly tables: CatalogTables & { readonly logs: string };
  readonly products: ProductReader;
  readonly walk: StockWalk;
  readonly held: HeldPieces;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly wait?: Sleep;
}

/** Who has it done, and how much of it. */
export interface ReconcileRequest {
  /** Of one product only; undefined: of all. */
  readonly sku?: string | undefined;
  readonly repair: boolean;
  /** A principal, or a part of Haven. */
  readonly actor: string;
  readonly requestId: string;
}
