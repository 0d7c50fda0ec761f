import {
  accelerateTransactionRoute,
  cancelTransactionRoute,
  createTransactionBatchRoute,
  createTransactionRoute,
  getTransactionRoute,
  listTransactionsRoute,
  retryTransactionRoute,
} from '#shared/transactions/routes.ts';

/** Routes that accept and show transactions: they store intents and kick lanes, and touch no keys. */
export const routes = {
  createTransaction: createTransactionRoute,
  createTransactionBatch: createTransactionBatchRoute,
  listTransactions: listTransactionsRoute,
  getTransaction: getTransactionRoute,
  cancelTransaction: cancelTransactionRoute,
  accelerateTransaction: accelerateTransactionRoute,
  retryTransaction: retryTransactionRoute,
};
