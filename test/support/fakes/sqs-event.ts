/** A batch as the SQS event source hands it to a function; message n is `m<n>`. */
export function sqsEvent(bodies: readonly unknown[]): unknown {
  return {
    Records: bodies.map((body, index) => ({
      messageId: `m${index + 1}`,
      receiptHandle: `r${index + 1}`,
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })),
  };
}
