import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { localClientOptions } from '#local/endpoint-settings.ts';
import type { LocalInfo } from '#local/instance.ts';
import { AwsCallCounter } from '#shared/platform/aws/call-counter.ts';
import type { InProcess } from '#test/support/in-process.ts';
import { CapacityRecorder } from '../capacity-recorder.ts';
import { limitOnce, type OperationCounts } from '../lanes/operation-counts.ts';
import { createStoredItems } from '../stored-items.ts';
import type { ShopInProcess } from './shop-in-process.ts';

/** A step in an order's life. */
export interface OrderStep extends OperationCounts {
  /** Who asks for it by the API; null: a part of Haven does it. */
  readonly askedBy: 'customer' | 'operator' | null;
}

/** What surrounds each request: counted once, used by each. */
export const LIMITS = {
  customer: "rate limits of a customer's request",
  operator: "rate limits of an operator's request",
} as const;

/**
 * Counts what each step of one order of one line uses of AWS, from its cart to its completion; what finds its payment on the chain is not
 * among them. Counting takes time, so no step is timed here for its speed.
 *
 * @param sku on sale, with stock
 */
export async function countOrder(
  { awsEndpointUrl }: Pick<LocalInfo, 'awsEndpointUrl'>,
  parts: InProcess,
  shop: ShopInProcess,
  sku: string,
): Promise<readonly OrderStep[]> {
  const counter = new AwsCallCounter();
  counter.attach(parts.client);
  const recorder = new CapacityRecorder(createStoredItems(new DynamoDBClient(localClientOptions(awsEndpointUrl))));
  recorder.attach(parts.client);
  const steps: OrderStep[] = [];
  async function step<T>(operation: string, askedBy: OrderStep['askedBy'], work: () => Promise<T>): Promise<T> {
    counter.reset();
    recorder.take();
    const beganMs = performance.now();
    const result = await work();
    steps.push({
      operation,
      transactions: 1,
      calls: counter.snapshot(),
      units: recorder.take(),
      durationMs: performance.now() - beganMs,
      askedBy,
    });
    return result;
  }

  // What a process does once.
  await shop.filledCart(sku);
  await step(LIMITS.customer, null, () => limitOnce(parts, 'public'));
  await step(LIMITS.operator, null, () => limitOnce(parts, 'write'));
  const cart = await step('make a cart', 'customer', () => shop.createCart());
  const { total } = await step('set its line', 'customer', () => shop.setLine(cart, sku));
  const order = await step('check it out', 'customer', () =>
    shop.checkOut({ id: cart.id, token: cart.token ?? '', total }),
  );
  await step('show the order', 'customer', () => shop.show(order.id));
  const seen = shop.paymentOf(order, 'detected');
  await step('settle: its payment is seen', null, () => shop.settle(order.id, seen));
  await step('settle: its payment is confirmed', null, () => shop.settle(order.id, { ...seen, status: 'confirmed' }));
  await step('fulfil it', 'operator', () => shop.ask(order.id, 'fulfilled'));
  await step('complete it', 'operator', () => shop.ask(order.id, 'completed'));
  return steps;
}
