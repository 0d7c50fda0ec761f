import {
  adjustStockRoute,
  changeProductRoute,
  createProductRoute,
  getProductRoute,
  getStockReportRoute,
  getStockRoute,
  listProductsRoute,
  reconcileStockRoute,
} from '#shared/catalog/routes.ts';

/** Routes that show and change what is for sale, and its stock: no keys, no wallets, no orders but to count what they hold. */
export const routes = {
  createProduct: createProductRoute,
  listProducts: listProductsRoute,
  getProduct: getProductRoute,
  changeProduct: changeProductRoute,
  getStock: getStockRoute,
  adjustStock: adjustStockRoute,
  reconcileStock: reconcileStockRoute,
  getStockReport: getStockReportRoute,
};
