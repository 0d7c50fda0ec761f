import * as z from 'zod';

/** How grave an alert is. CRITICAL is what someone must look at now. */
export const alertSeveritySchema = z.enum(['INFO', 'WARNING', 'ERROR', 'CRITICAL']);

/** What an alert is about (docs/data-model.md#logs-kept-for-a-time). docs/runbook.md has a section for each. */
export const alertCategorySchema = z.enum([
  'transaction_pending',
  'transaction_failed',
  'gas_price_spike',
  'balance_low',
  'nonce_gap',
  'circuit_open',
  'policy_violation',
  'key_access',
  'payment_anomaly',
  'stock_drift',
  'alarm',
  'security',
  'system_test',
]);

/** Something that operators must hear of. */
export const alertSchema = z.object({
  /** `alr_…`; sortable by time. */
  id: z.string(),
  severity: alertSeveritySchema,
  category: alertCategorySchema,
  /** One sentence for people: what happened. */
  summary: z.string().min(1).max(300),
  /** Facts: ids, addresses, names. Never a key, a secret, a signature or signed bytes: alerts leave Haven by mail and chat. */
  details: z.record(z.string(), z.unknown()),
  /** Alerts with the same key are about the same thing: whoever delivers them may tell of the first and count the rest. */
  dedupe_key: z.string().min(1).max(200),
  /** ISO 8601, UTC. */
  occurred_at: z.string(),
});

/** Something that operators must hear of. */
export type Alert = z.output<typeof alertSchema>;
