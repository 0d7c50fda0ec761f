import { oneLine } from '#shared/platform/plain-text.ts';

/**
 * A text in the notation of whoever shows it, no longer than that allows: no character's notation is torn.
 *
 * @param maxUnits in UTF-16 code units, the strictest way to count; at least 1
 * @param notation of one character; by default itself
 */
export function fitted(text: string, maxUnits: number, notation: (char: string) => string = (char) => char): string {
  const parts = [...text].map(notation);
  if (parts.reduce((units, { length }) => units + length, 0) <= maxUnits) return parts.join('');
  let shown = '';
  for (const part of parts) {
    if (shown.length + part.length > maxUnits - 1) break;
    shown += part;
  }
  return `${shown}…`;
}

/** A fact as one line of text. */
export function valueText(value: unknown): string {
  return oneLine(typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));
}
