/** What processors may call their invoices, payments and transactions: it is a part of keys and of ids. */
export const PROCESSOR_ID = /^[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}$/;
