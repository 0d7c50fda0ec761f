import { appendEntry } from '#shared/audit/append-entry.ts';
import { type AuditContent, type AuditHead, nextEntry } from '#shared/audit/audit-entry.ts';
import { Raced } from '#shared/platform/dynamo/races.ts';
import type { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { ALL_PRODUCTS, activityPartition, currencyPartition, productKey, productStream } from './catalog-keys.ts';
import type { Product } from './product.ts';

/** Where products, their stock and their audit entries are. */
export interface CatalogTables {
  readonly shop: string;
  readonly audit: string;
}

/** The item of a product. Its place in the lists is by its id, newest first; the SKU behind it is what the row is found by. */
export function productItem(product: Product) {
  const position = `${product.id}#${product.sku}`;
  return {
    ...productKey(product.sku),
    ...product,
    gsi1pk: ALL_PRODUCTS,
    gsi1sk: position,
    gsi2pk: activityPartition(product.active),
    gsi2sk: position,
    gsi3pk: currencyPartition(product.price.currency),
    gsi3sk: position,
  };
}

/**
 * Adds a new product to a transaction, if absent, with the first entry of its stream.
 *
 * @param product without the end of its stream
 */
export function putNewProduct(
  write: WriteTransaction,
  tables: CatalogTables,
  product: Omit<Product, keyof AuditHead>,
  before: AuditHead,
  content: AuditContent,
): void {
  const { entry, head } = nextEntry(productStream(product.sku), before, content, product.created_at);
  write.put(
    tables.shop,
    productItem({ ...product, ...head }),
    (existing) =>
      new HavenError('PRODUCT_ALREADY_EXISTS', `There is a product ${product.sku} already`, {
        details: { fields: [{ field: 'body.sku', message: 'has been used' }], product_id: existing?.['id'] },
      }),
  );
  appendEntry(write, tables.audit, entry);
}

/**
 * Adds to a transaction that a product, or its stock, was changed by a person: the product as it is now, and an entry on its stream. The
 * condition is that the stream still ends where it did, so of rivals one wins, and nothing that one of them wrote is overwritten by
 * another. Buyers change stock without it.
 *
 * @param before as it was read
 * @param at ISO 8601, UTC
 */
export function putProduct(
  write: WriteTransaction,
  tables: CatalogTables,
  before: Product,
  after: Product,
  content: AuditContent,
  at: string,
): void {
  const { entry, head } = nextEntry(productStream(before.sku), before, content, at);
  write.put(
    tables.shop,
    productItem({ ...after, ...head }),
    () => new Raced(`Product ${before.sku} was changed meanwhile`),
    {
      expression: 'audit_seq = :seq AND audit_hash = :hash',
      values: { ':seq': before.audit_seq, ':hash': before.audit_hash },
    },
  );
  appendEntry(write, tables.audit, entry);
}
