import { hasScope } from '#shared/platform/auth/scopes.ts';
import { createBoundedCache } from '#shared/platform/bounded-cache.ts';
import type { Clock } from '#shared/platform/clock.ts';
import type { RowPage } from '#shared/platform/dynamo/id-source.ts';
import type { PrincipalContext } from '#shared/platform/http/bound-route.ts';
import { CATALOG_STALENESS_SECONDS } from './freshness.ts';
import { MAX_STOCK_SHARDS, type Product } from './product.ts';
import type { ProductReader } from './product-reader.ts';
import type { ProductFilter, ProductStore } from './product-store.ts';
import { productNotFound } from './require-stocked.ts';
import { levelOf, type StockLevel } from './stock.ts';

/** What showing the catalog needs. */
export interface ShowCatalogDependencies {
  readonly products: ProductReader;
  readonly productStore: ProductStore;
  readonly clock: Clock;
}

/** The stock of a product as it is shown. */
export interface StockShown extends StockLevel {
  readonly sku: string;
  readonly low_stock: boolean;
}

/** Shows the catalog. */
export interface CatalogReader {
  /**
   * A product; up to CATALOG_STALENESS_SECONDS old, unless who asks may change it.
   *
   * @throws PRODUCT_NOT_FOUND
   */
  product(sku: string, context: PrincipalContext): Promise<Product>;
  /** A page of products; as old as `product`. */
  list(
    filter: ProductFilter,
    before: string | undefined,
    limit: number,
    context: PrincipalContext,
  ): Promise<RowPage<Product>>;
  /**
   * The stock of a product as it is now, in one request.
   *
   * @throws PRODUCT_NOT_FOUND
   */
  stock(sku: string): Promise<StockShown>;
}

/** A product is about a kilobyte, a page at most a hundred. */
const MAX_KEPT_PRODUCTS = 2_000;
const MAX_KEPT_PAGES = 50;
/** A SKU and a number: some megabytes at most. */
const MAX_KNOWN_ROWS = 50_000;

/** Shows the catalog from memory while that is fresh enough. Nothing that is decided may come from here: checkouts read for themselves. */
export function createCatalogReader({ products, productStore, clock }: ShowCatalogDependencies): CatalogReader {
  const ttlMs = CATALOG_STALENESS_SECONDS * 1_000;
  const kept = createBoundedCache<Product>({ ttlMs, maxEntries: MAX_KEPT_PRODUCTS }, clock);
  const pages = createBoundedCache<RowPage<Product>>({ ttlMs, maxEntries: MAX_KEPT_PAGES }, clock);
  /** How many rows of stock a SKU had: they never go away, so an old number is only too small, and the product says so. */
  const knownRows = new Map<string, number>();

  async function readProduct(sku: string): Promise<Product> {
    const found = (await products.read([{ sku, stockRows: 0 }])).get(sku);
    if (found === undefined) throw productNotFound(sku);
    return found.product;
  }

  return {
    product(sku, context) {
      return mayChange(context) ? readProduct(sku) : kept.get(sku, () => readProduct(sku));
    },

    list(filter, before, limit, context) {
      const read = () => productStore.list(filter, before, limit);
      const { active = null, currency = null, sku_prefix = null } = filter;
      const key = JSON.stringify([active, currency, sku_prefix, before ?? null, limit]);
      return mayChange(context) ? read() : pages.get(key, read);
    },

    async stock(sku) {
      const stockRows = knownRows.get(sku) ?? MAX_STOCK_SHARDS;
      const found = (await products.read([{ sku, stockRows }])).get(sku);
      if (found === undefined) throw productNotFound(sku);
      const { product, shards } = found;
      if (knownRows.size >= MAX_KNOWN_ROWS) knownRows.clear();
      knownRows.set(sku, product.stock_rows);
      const level = levelOf(shards);
      return { sku, ...level, low_stock: product.low_stock_at !== null && level.available <= product.low_stock_at };
    },
  };
}

/** Whoever changes products reads what is true: an old version would be refused by If-Match. */
function mayChange({ principal }: PrincipalContext): boolean {
  return hasScope(principal.scopes, 'catalog:write');
}
