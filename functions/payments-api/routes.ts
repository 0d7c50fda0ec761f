import {
  getDepositSweepRoute,
  listDepositSweepsRoute,
  retryDepositSweepRoute,
} from '#shared/payments/sweeps/routes.ts';

/** What operators see of money that came, and of its way to the treasury. It sends nothing: no keys, no lanes. */
export const routes = {
  listDepositSweeps: listDepositSweepsRoute,
  getDepositSweep: getDepositSweepRoute,
  retryDepositSweep: retryDepositSweepRoute,
};
