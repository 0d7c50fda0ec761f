import { expect } from 'vitest';
import { createCatalogDesk } from './catalog-desk.ts';

/** A new product, as an operator gives it. */
export const TEE = {
  sku: 'TEE-M',
  name: 'Tee, medium',
  price: { amount: '2500', currency: 'USD' },
  stock: 50,
  max_per_order: 5,
};

/**
 * A catalog desk with that product.
 *
 * @param more what the product has otherwise
 */
export async function stocked(more: object = {}) {
  const desk = createCatalogDesk();
  expect((await desk.send('POST', '/products', { ...TEE, ...more })).statusCode).toBe(201);
  return desk;
}
