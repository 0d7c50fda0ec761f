/**
 * Reads a Retry-After header (https://www.rfc-editor.org/rfc/rfc9110#field.retry-after): seconds, of which some services send parts, or a date.
 *
 * @returns milliseconds from now, never negative; undefined when there is none or it can't be read
 */
export function parseRetryAfterMs(header: string | null, nowMs: number): number | undefined {
  if (header === null) return undefined;
  if (/^\d+(\.\d+)?$/.test(header)) return Math.ceil(Number(header) * 1_000);
  const atMs = Date.parse(header);
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs);
}
