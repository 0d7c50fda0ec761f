/** What a spreadsheet takes for the beginning of a formula (OWASP, "CSV Injection"). */
const FORMULA = /^[=+\-@\t\r]/;
/** What makes a field one that has to be quoted (RFC 4180, section 2). */
const SPECIAL = /[",\r\n]/;

/**
 * A line of CSV (RFC 4180). A text that a spreadsheet would run gets an apostrophe in front; no column has numbers below zero. Pure.
 *
 * @param fields null: empty
 */
export function csvLine(fields: readonly (string | number | null)[]): string {
  return `${fields.map(csvField).join(',')}\r\n`;
}

function csvField(value: string | number | null): string {
  if (value === null) return '';
  const text = String(value);
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return SPECIAL.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
