import { listPaymentsRoute } from '#shared/payments/accounting/routes.ts';
import {
  getDepositSweepRoute,
  listDepositSweepsRoute,
  retryDepositSweepRoute,
} from '#shared/payments/sweeps/routes.ts';

/** What operators see of money that came, and of its way to the treasury. It sends nothing: no keys, no lanes. */
export const routes = {
  listPayments: listPaymentsRoute,
  listDepositSweeps: listDepositSweepsRoute,
  getDepositSweep: getDepositSweepRoute,
  retryDepositSweep: retryDepositSweepRoute,
};
