import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { GUARDS, type Guard, type OrderFacts } from './guards.ts';
import { type Order, type OrderStatus, orderStatusSchema } from './order.ts';
import { type Cause, type Transition, transitions } from './transitions.ts';

/** A transition with its ends. */
export interface Step extends Transition {
  readonly from: OrderStatus;
  readonly to: OrderStatus;
}

/** Every transition, in the table's order. */
export function allSteps(): readonly Step[] {
  return orderStatusSchema.options.flatMap((from) => stepsFrom(from));
}

/** The transitions that lead away from a status, in the table's order. */
export function stepsFrom(from: OrderStatus): readonly Step[] {
  return orderStatusSchema.options.flatMap((to) => {
    const transition = transitions[from][to];
    return transition === undefined ? [] : [{ ...transition, from, to }];
  });
}

/**
 * The transition that somebody asks for.
 *
 * @throws INVALID_TRANSITION when there is none, when it is not for them to make, or its guard doesn't hold
 */
export function requireStep(
  order: Pick<Order, 'id' | 'status'>,
  to: OrderStatus,
  cause: Cause,
  facts: OrderFacts,
): Step {
  const transition = transitions[order.status][to];
  if (transition === undefined || !transition.causes.includes(cause))
    throw invalidTransition(order, to, 'may not become');
  if (GUARDS[transition.guard].holds(facts)) return { ...transition, from: order.status, to };
  const { guard } = transition;
  throw invalidTransition(order, to, `does not meet what it takes (${GUARDS[guard].text}) to become`, { guard });
}

function invalidTransition(
  { id, status }: Pick<Order, 'id' | 'status'>,
  to: OrderStatus,
  why: string,
  failed: { readonly guard?: Guard } = {},
): HavenError {
  return new HavenError('INVALID_TRANSITION', `An order that is ${status} ${why} ${to}`, {
    details: { order_id: id, from: status, to, ...failed },
  });
}
