/** Keys of what processors tell, in the shop table. Each row is written once, if absent, and for ever. Names of processors have no `#`. */

/** Whose an invoice of a processor is. */
export function processorInvoiceKey(processor: string, invoiceId: string) {
  return { pk: `PROCESSOR_INVOICE#${processor}#${invoiceId}`, sk: 'PROCESSOR_INVOICE' };
}
