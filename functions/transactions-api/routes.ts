import {
  accelerateTransactionRoute,
  cancelTransactionRoute,
  createTransactionRoute,
  getTransactionRoute,
  listTransactionsRoute,
} from '#shared/transactions/routes.ts';

/** Routes that accept and show transactions: they store intents and kick lanes, and touch no keys. */
export const routes = {
  createTransaction: createTransactionRoute,
  listTransactions: listTransactionsRoute,
  getTransaction: getTransactionRoute,
  cancelTransaction: cancelTransactionRoute,
  accelerateTransaction: accelerateTransactionRoute,
};
