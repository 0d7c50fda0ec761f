import { type AdjustStockDependencies, adjustProductStock } from '#shared/catalog/adjust-product-stock.ts';
import { type ChangeProductDependencies, changeProduct } from '#shared/catalog/change-product.ts';
import { type CreateProductDependencies, createProduct } from '#shared/catalog/create-product.ts';
import { reconcileStock } from '#shared/catalog/reconcile-stock.ts';
import type { ReconcileDependencies } from '#shared/catalog/reconciling.ts';
import type { CatalogReader } from '#shared/catalog/show-catalog.ts';
import type { StockReportReader } from '#shared/catalog/stock-report-row.ts';
import { type BoundRoute, bind, bindIdempotent } from '#shared/platform/http/bound-route.ts';
import type { ListPager } from '#shared/platform/http/list-pager.ts';
import { routes } from './routes.ts';

/** What the catalog API needs. */
export interface CatalogApiDependencies
  extends CreateProductDependencies,
    ChangeProductDependencies,
    AdjustStockDependencies,
    Omit<ReconcileDependencies, 'log'> {
  readonly tables: ReconcileDependencies['tables'];
  readonly catalog: CatalogReader;
  readonly lastStockReport: StockReportReader;
  readonly pager: ListPager;
}

/** Binds the catalog API's routes. */
export function bindRoutes(deps: CatalogApiDependencies): readonly BoundRoute[] {
  const { catalog, pager } = deps;
  return [
    bindIdempotent('createProduct', routes.createProduct, ({ body }, context) => createProduct(deps, body, context)),
    bind('listProducts', routes.listProducts, ({ query: { limit, cursor, active, ...rest } }, context) => {
      const filter = { active: active === undefined ? undefined : active === 'true', ...rest };
      return pager.page('products', filter, cursor, (before) => catalog.list(filter, before, limit, context));
    }),
    bind('getProduct', routes.getProduct, ({ params }, context) => catalog.product(params.sku, context)),
    bind('changeProduct', routes.changeProduct, ({ params, body }, context) =>
      changeProduct(deps, params.sku, body, context),
    ),
    bind('getStock', routes.getStock, ({ params }) => catalog.stock(params.sku)),
    bindIdempotent('adjustStock', routes.adjustStock, ({ params, body }, context) =>
      adjustProductStock(deps, params.sku, body, context),
    ),
    bind('reconcileStock', routes.reconcileStock, async ({ body }, context) => {
      const { principal, requestId, deadline, log } = context;
      const report = await reconcileStock({ ...deps, log }, { ...body, actor: principal.id, requestId }, deadline);
      return { ...report, drifts: [...report.drifts], moving: [...report.moving] };
    }),
    bind('getStockReport', routes.getStockReport, () => deps.lastStockReport()),
  ];
}
