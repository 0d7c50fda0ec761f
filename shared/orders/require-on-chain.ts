import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { isOnChain, type OnChainOrderPayment, type Order, type ProcessorOrderPayment } from './order.ts';

/**
 * How an order is paid that is paid on a chain.
 *
 * @throws INVALID_TRANSITION for one that is paid through a processor: Haven has none of its money
 */
export function requireOnChain({ id, payment }: Pick<Order, 'id' | 'payment'>): OnChainOrderPayment {
  if (isOnChain(payment)) return payment;
  throw new HavenError(
    'INVALID_TRANSITION',
    `Order ${id} is paid through ${payment.processor.name}, which has its money`,
    {
      details: { order_id: id, processor: payment.processor.name },
    },
  );
}

/**
 * How an order is paid that is paid through a processor.
 *
 * @throws INVALID_TRANSITION for one that is paid on a chain: no processor has anything of it
 */
export function requireAtProcessor({ id, payment }: Pick<Order, 'id' | 'payment'>): ProcessorOrderPayment {
  if (!isOnChain(payment)) return payment;
  throw new HavenError(
    'INVALID_TRANSITION',
    `Order ${id} is paid on chain ${payment.chain_id}, not through a processor`,
    {
      details: { order_id: id },
    },
  );
}
