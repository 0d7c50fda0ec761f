import { type ChangeCartDependencies, deleteCartLine, setCartLine, showCart } from '#shared/checkout/change-cart.ts';
import { type CreateCartDependencies, createCart } from '#shared/checkout/create-cart.ts';
import { type BoundRoute, bind, bindIdempotent } from '#shared/platform/http/bound-route.ts';
import { routes } from './routes.ts';

/** What the storefront API needs. */
export interface StorefrontDependencies extends CreateCartDependencies, ChangeCartDependencies {}

/** Binds the storefront API's routes. */
export function bindRoutes(deps: StorefrontDependencies): readonly BoundRoute[] {
  return [
    bindIdempotent('createCart', routes.createCart, (_input, context) => createCart(deps, context)),
    bind('getCart', routes.getCart, ({ params }, context) => showCart(deps, params.id, context)),
    bind('setCartLine', routes.setCartLine, ({ params, body: { quantity, reserve } }, context) =>
      setCartLine(deps, params.id, params.sku, { quantity, reserve }, context),
    ),
    bind('deleteCartLine', routes.deleteCartLine, ({ params }, context) =>
      deleteCartLine(deps, params.id, params.sku, context),
    ),
  ];
}
