import { isoTime } from '#shared/platform/clock.ts';
import type { Cart } from './cart.ts';

const HOUR_MS = 60 * 60 * 1000;

/** A cart ends so long after its last change: a customer who comes back the next morning finds it. */
export const CART_IDLE_MS = 24 * HOUR_MS;

/** No change keeps a cart for longer than this: what is older was priced in another week. */
export const CART_LIFETIME_MS = 7 * 24 * HOUR_MS;

/** So long after its end a cart can still be told from one that never was; then it is deleted. */
export const ENDED_CART_KEPT_MS = 24 * HOUR_MS;

/**
 * When a cart ends that is changed now. Pure.
 *
 * @param createdAt ISO 8601
 * @returns ISO 8601, UTC
 */
export function cartEnd(createdAt: string, nowMs: number): string {
  return isoTime(Math.min(nowMs + CART_IDLE_MS, Date.parse(createdAt) + CART_LIFETIME_MS));
}

/** Whether a cart's time is over. One that became an order has no end. */
export function hasEnded({ status, expires_at }: Pick<Cart, 'status' | 'expires_at'>, nowMs: number): boolean {
  return status === 'open' && Date.parse(expires_at) <= nowMs;
}

/** Whether a cart, open or not, has been over for so long that its row may go. */
export function mayBeDeleted({ expires_at }: Pick<Cart, 'expires_at'>, nowMs: number): boolean {
  return Date.parse(expires_at) + ENDED_CART_KEPT_MS <= nowMs;
}
