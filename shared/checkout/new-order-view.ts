import * as z from 'zod';
import { orderView } from '#shared/orders/view.ts';

/** An order with its token, as who placed it sees it. */
export const newOrderView = orderView
  .extend({
    token: z
      .string()
      .nullable()
      .describe('Needed for everything that a customer does with the order. Told again when the request is repeated.'),
  })
  .meta({ id: 'NewOrder' });

/** An order with its token. */
export type NewOrderView = z.output<typeof newOrderView>;
