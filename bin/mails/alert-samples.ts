import type { Alert } from '#shared/alerts/alert.ts';
import type { AlertNotice } from '#shared/alerts/delivery/alert-message.ts';

/** A mail to operators to be looked at. */
export interface AlertSample {
  /** Names its files. */
  readonly name: string;
  readonly notice: AlertNotice;
}

type Told = Pick<Alert, 'severity' | 'category' | 'summary' | 'details'>;

/** One of each severity, as they are told. */
const ALERTS: readonly Told[] = [
  {
    severity: 'CRITICAL',
    category: 'key_access',
    summary: 'The export of a key was requested',
    details: {
      wallet_id: 'wal_01JD8Q4X7M5N2V9C3R6T0W1YZA',
      export_id: 'exp_01JD8Q4X7M5N2V9C3R6T0W1YZB',
      requested_by: 'key_01JD8Q4X7M5N2V9C3R6T0W1YZC',
      reason: 'Moving the treasury “Tea & Tees” to another custodian',
    },
  },
  {
    severity: 'ERROR',
    category: 'alarm',
    summary: 'Orders of chain 1 are not ended although their time is over',
    details: { chain_id: 1, order_ids: ['ord_01JD8Q4X7M5N2V9C3R6T0W1YZA', 'ord_01JD8Q4X7M5N2V9C3R6T0W1YZB'] },
  },
  {
    severity: 'WARNING',
    category: 'balance_low',
    summary: 'A wallet runs low',
    details: {
      wallet_id: 'wal_01JD8Q4X7M5N2V9C3R6T0W1YZA',
      address: '0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC',
      chain_id: 1,
      balance_wei: '12000000000000000',
      threshold_wei: '50000000000000000',
    },
  },
  {
    severity: 'INFO',
    category: 'circuit_open',
    summary: 'Resolved: The circuit rpc:1:primary is open',
    details: { condition: 'circuits:rpc:1:primary' },
  },
];

/** Of the one that says how many were held back. */
const HELD_BACK = 3;

/** A mail to operators of each severity. */
export function alertSamples(): readonly AlertSample[] {
  return ALERTS.map((told) => ({
    name: `alert-${told.severity.toLowerCase()}`,
    notice: {
      alert: {
        ...told,
        id: 'alr_01JD8Q4X7M5N2V9C3R6T0W1YZA',
        dedupe_key: `${told.category}:sample`,
        occurred_at: '2026-12-01T17:00:00.000Z',
      },
      heldBackBefore: told.severity === 'WARNING' ? HELD_BACK : 0,
      stage: 'production',
      runbookUrl: 'https://docs.haven.example/runbook.md',
    },
  }));
}
