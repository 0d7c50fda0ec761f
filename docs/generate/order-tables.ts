import { GUARDS } from '#shared/orders/guards.ts';
import { allSteps, type Step } from '#shared/orders/steps.ts';
import type { TransitionName } from '#shared/orders/transitions.ts';
import { code, table } from './markdown.ts';

/** When each transition happens, in a reader's words; the rest of the table is the code's. */
const WHEN = {
  'awaiting_payment -> confirming': 'payments are seen that come to what is due',
  'awaiting_payment -> expired': 'nobody paid in time',
  'awaiting_payment -> cancelled': 'the customer or an operator gave it up',
  'confirming -> paid': 'the payments are deep enough',
  'confirming -> awaiting_payment': 'a payment vanished in time: a reorg, or its sender replaced it',
  'confirming -> expired': 'a payment vanished, and it is too late for another',
  'paid -> fulfilled': 'what was ordered has been sent, or handed over',
  'paid -> cancelled': 'an operator gives it up after its money has gone from the chain',
  'paid -> refunding': 'an operator gives the money back',
  'fulfilled -> completed': 'its delivery was confirmed',
  'expired -> paid': 'an operator accepts money that came late',
  'expired -> refunding': 'an operator gives late or partial money back',
  'cancelled -> refunding': 'an operator gives back what came all the same',
  'refunding -> refunded': 'the transaction that sends the money back is final',
} as const satisfies Readonly<Record<TransitionName, string>>;

/** What a transition does to stock, in words. */
const STOCK = {
  none: '',
  release: 'released',
  sell: 'sold',
  reserve_again: 'reserved again',
} as const satisfies Readonly<Record<Step['stock'], string>>;

/**
 * docs/orders.md with its table of transitions as the code has it; all else stays as it is written.
 *
 * @param page the document as it stands
 * @throws Error when the page has no place for the table
 */
export function buildOrders(page: string): string {
  const when: Readonly<Record<string, string>> = WHEN;
  const rows = allSteps().map(({ from, to, causes, guard, stock, event, tells, action, severity }) => [
    code(from),
    code(to),
    when[`${from} -> ${to}`] ?? '',
    causes.join(', '),
    GUARDS[guard].text,
    STOCK[stock],
    `${code(event)}: ${tells.join(', ')}`,
    `${code(action)}${severity === 'INFO' ? '' : `, ${severity}`}`,
  ]);
  const start = '<!-- transitions: generated from docs/generate/order-tables.ts -->';
  const end = '<!-- end of transitions -->';
  const from = page.indexOf(start);
  const to = page.indexOf(end);
  if (from === -1 || to < from) throw new Error(`docs/orders.md has no place for its transitions: ${start} and ${end}`);
  const text = table(['From', 'To', 'When', 'By', 'What must hold', 'Stock', 'Told to', 'Audit entry'], rows);
  return `${page.slice(0, from)}${start}\n\n${text}\n\n${page.slice(to)}`;
}
