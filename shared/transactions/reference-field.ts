import { referenceField } from '#shared/platform/http/fields.ts';

/** What the references of Haven's own top-ups begin with. */
export const TOP_UP_REFERENCE_PREFIX = 'top-up:';

/** What the references of Haven's own sweeps of rotated wallets begin with. */
export const SWEEP_REFERENCE_PREFIX = 'sweep:';

/** What the references of refunds begin with: their ids follow. */
export const REFUND_REFERENCE_PREFIX = 'refund:';

/** What the references of Haven's own sweeps of deposit addresses begin with. */
export const DEPOSIT_SWEEP_REFERENCE_PREFIX = 'deposit-sweep:';

/** What the references of Haven's own transactions begin with: whoever had one could keep Haven from sending, or pass for it. */
const RESERVED_PREFIXES: readonly string[] = [
  TOP_UP_REFERENCE_PREFIX,
  SWEEP_REFERENCE_PREFIX,
  REFUND_REFERENCE_PREFIX,
  DEPOSIT_SWEEP_REFERENCE_PREFIX,
];

/** The reference of something new; one to look for may be any. */
export const newReferenceField = referenceField
  .refine((text) => !RESERVED_PREFIXES.some((prefix) => text.toLowerCase().startsWith(prefix)), {
    error: `INVALID_PARAMETER: must not begin with ${RESERVED_PREFIXES.slice(0, -1).join(', ')} or ${RESERVED_PREFIXES.at(-1)}, as Haven's own do`,
  })
  .meta({ examples: ['payout-2026-11-21-0001'] });
