import { createCartRoute, deleteCartLineRoute, getCartRoute, setCartLineRoute } from '#shared/checkout/routes.ts';

/** Routes that a storefront in a browser uses: no KMS, no keys, and of the shop what carts need. */
export const routes = {
  createCart: createCartRoute,
  getCart: getCartRoute,
  setCartLine: setCartLineRoute,
  deleteCartLine: deleteCartLineRoute,
};
