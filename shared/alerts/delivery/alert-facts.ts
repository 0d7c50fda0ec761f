import { oneLine } from '#shared/platform/plain-text.ts';
import { type AlertNotice, shownDetails } from './alert-message.ts';
import { valueText } from './alert-text.ts';

/** Names and values, in the order in which people read them. */
export type Facts = readonly (readonly [name: string, value: string])[];

/** What every channel that people read tells of an alert besides its summary and details. */
export function alertFacts({ alert, heldBackBefore, stage }: AlertNotice): Facts {
  return [
    ['Severity', alert.severity],
    ['Category', alert.category],
    ['When', alert.occurred_at],
    ['Stage', oneLine(stage)],
    ['Alert', alert.id],
    ['About', oneLine(alert.dedupe_key)],
    ...(heldBackBefore === 0 ? [] : [['Not told since the last', `${heldBackBefore} of the same`] as const]),
  ];
}

/** The details of an alert, without anything that looks secret, each on one line. */
export function alertDetails({ alert }: AlertNotice): Facts {
  return Object.entries(shownDetails(alert)).map(([name, value]) => [oneLine(name), valueText(value)] as const);
}

/** The section of the runbook that says what to do. */
export function runbookLink({ alert, runbookUrl }: Pick<AlertNotice, 'alert' | 'runbookUrl'>): string {
  return `${runbookUrl}#${alert.category}`;
}
