import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '#local/instance.ts';
import { type Alert, alertCategorySchema } from '#shared/alerts/alert.ts';

/** A test that has the product's own code raise an alert of each category, and the words by which it expects it; null: nothing raises one yet. */
const RAISED_IN: Readonly<Record<Alert['category'], readonly [file: string, words: string] | null>> = {
  transaction_pending: ['test/e2e/chain-trouble.test.ts', "category: 'transaction_pending'"],
  transaction_failed: ['test/unit/transactions/sweep/refusals.test.ts', "category: 'transaction_failed'"],
  gas_price_spike: ['test/e2e/chain-trouble.test.ts', "category: 'gas_price_spike'"],
  balance_low: ['test/e2e/monitor.test.ts', "category: 'balance_low'"],
  nonce_gap: ['test/unit/transactions/lane/driver.test.ts', "category: 'nonce_gap'"],
  circuit_open: ['test/e2e/monitor.test.ts', "category: 'circuit_open'"],
  policy_violation: ['test/unit/incidents/patterns.test.ts', "category: 'policy_violation'"],
  key_access: ['test/unit/custody/lifecycle/revoke.test.ts', "category: 'key_access'"],
  payment_anomaly: ['test/unit/orders/payment-undone.test.ts', "category: 'payment_anomaly'"],
  stock_drift: ['test/unit/catalog/reconcile-stock.test.ts', "category: 'stock_drift'"],
  alarm: ['test/unit/monitors/run-monitors.test.ts', "category: 'alarm'"],
  security: ['test/unit/access/lockout.test.ts', "category: 'security'"],
  system_test: ['test/unit/functions/alert-channels-api.test.ts', "category: 'system_test'"],
};

const sources = globSync('{shared,functions}/**/*.ts', { cwd: ROOT })
  // Names all of them, and raises none.
  .filter((file) => file !== 'shared/alerts/alert.ts')
  .map((file) => readFileSync(join(ROOT, file), 'utf8'));

describe('every category of alerts', () => {
  it.each(alertCategorySchema.options)('%s is raised by a test, if anything raises it', (category) => {
    const test = RAISED_IN[category];
    const raises = sources.some((text) => text.includes(`category: '${category}'`));
    expect(raises).toBe(test !== null);
    if (test !== null) expect(readFileSync(join(ROOT, test[0]), 'utf8')).toContain(test[1]);
  });
});
