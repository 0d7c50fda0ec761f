import * as z from 'zod';

/** How grave an alert is. CRITICAL is what someone must look at now. */
export const alertSeveritySchema = z.enum(['INFO', 'WARNING', 'ERROR', 'CRITICAL']);

/** How severities compare: a graver one has the greater number. */
export const GRAVITY = { INFO: 0, WARNING: 1, ERROR: 2, CRITICAL: 3 } as const;

/** What an alert is about. Each has a section of its name in docs/runbook.md, which whoever is told is sent to. */
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

/**
 * Who is told, where that is not for the channels to say. `only`: these, whatever they want to hear of, for a test of one. `except`: not these, for an
 * alert about them: they are what fails.
 */
const audienceSchema = z.union([
  z.strictObject({ only: z.array(z.string()).min(1) }),
  z.strictObject({ except: z.array(z.string()).min(1) }),
]);

/** Something that operators must hear of. */
export const alertSchema = z.object({
  /** `alr_…`; sortable by time. */
  id: z.string(),
  severity: alertSeveritySchema,
  /** Told to the channels that hear of alerts as grave as this; left out: as its severity. That something is over is INFO, and for who heard of it. */
  routed_as: alertSeveritySchema.optional(),
  category: alertCategorySchema,
  /** One sentence for people: what happened. */
  summary: z.string().min(1).max(300),
  /** Facts: ids, addresses, names. Never a key, a secret, a signature or signed bytes: alerts leave Haven by mail and chat. */
  details: z.record(z.string(), z.unknown()),
  /** Alerts with the same key are about the same thing: whoever delivers them may tell of the first and count the rest. */
  dedupe_key: z.string().min(1).max(200),
  /** ISO 8601, UTC. */
  occurred_at: z.string(),
  /** By names of channels; left out: every channel that wants to hear of it. */
  audience: audienceSchema.optional(),
});

/** Something that operators must hear of. */
export type Alert = z.output<typeof alertSchema>;
