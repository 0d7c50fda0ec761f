/** Keys of what processors tell, in the shop table. Each row is written once, if absent, and for ever. Names of processors have no `#`. */

/** Whose an invoice of a processor is. */
export function processorInvoiceKey(processor: string, invoiceId: string) {
  return { pk: `PROCESSOR_INVOICE#${processor}#${invoiceId}`, sk: 'PROCESSOR_INVOICE' };
}

/** Of which order a payment of a processor is. */
export function processorPaymentKey(processor: string, paymentId: string) {
  return { pk: `PROCESSOR_PAYMENT#${processor}#${paymentId}`, sk: 'PROCESSOR_PAYMENT' };
}

/** Hashes in hex are the same in any case; others, such as Solana's in base58, are not. */
const HEX = /^(0x)?[0-9a-fA-F]+$/;

/** Of which payment a transaction is that a processor told of. */
export function processorTransactionKey(processor: string, hash: string) {
  const one = HEX.test(hash) ? hash.toLowerCase() : hash;
  return { pk: `PROCESSOR_TRANSACTION#${processor}#${one}`, sk: 'PROCESSOR_TRANSACTION' };
}

/** Of which order a refund is that a processor made. */
export function processorRefundKey(processor: string, reference: string) {
  return { pk: `PROCESSOR_REFUND#${processor}#${reference}`, sk: 'PROCESSOR_REFUND' };
}

/**
 * That a delivery of a processor was acted on.
 *
 * @param digest of what was signed, hex
 */
export function processorDeliveryKey(processor: string, digest: string) {
  return { pk: `PROCESSOR_DELIVERY#${processor}#${digest}`, sk: 'PROCESSOR_DELIVERY' };
}
