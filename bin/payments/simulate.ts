import { type Case, casesOf, type OpenOrder, type SimulatedKind } from './cases.ts';
import type { Message } from './messages.ts';

/** A Haven that webhooks are sent to. */
export interface SimulatedHaven {
  /** An order that waits for its payment, with an invoice bound to it. */
  newOrder(isLate: boolean): Promise<OpenOrder>;
  /** Its status, then its flags, with spaces between them. */
  stateOf(orderId: string): Promise<string>;
  /** Sends a webhook. Answers the status, then the outcome or the code of the error. */
  send(message: Message): Promise<string>;
  /** Lets an order's deadline and the processor's grace go by; left out: late cases are. */
  readonly age?: (orderId: string) => Promise<void>;
}

/** How a case ended. */
export interface CaseResult {
  readonly name: string;
  /** `left out`: it takes minutes, and nobody asked for it. */
  readonly outcome: 'as expected' | 'otherwise' | 'left out';
  readonly answers: readonly string[];
  readonly state: string;
  readonly expected: Pick<Case, 'answers' | 'leaves'>;
}

/**
 * Sends every case of a kind to a Haven, each to an order of its own.
 *
 * @param report is told of each case as it ends
 */
export async function simulate(
  haven: SimulatedHaven,
  {
    kind,
    secret,
    otherCurrency,
  }: { readonly kind: SimulatedKind; readonly secret: string; readonly otherCurrency: string },
  report: (result: CaseResult) => void,
): Promise<readonly CaseResult[]> {
  const results: CaseResult[] = [];
  for (const one of casesOf(kind)) {
    const result = await runCase(haven, one, { secret, otherCurrency });
    results.push(result);
    report(result);
  }
  return results;
}

async function runCase(
  haven: SimulatedHaven,
  { name, isLate = false, messages, answers: expectedAnswers, leaves }: Case,
  with_: { readonly secret: string; readonly otherCurrency: string },
): Promise<CaseResult> {
  const expected = { answers: expectedAnswers, leaves };
  if (isLate && haven.age === undefined) return { name, outcome: 'left out', answers: [], state: '', expected };
  const order = await haven.newOrder(isLate);
  if (isLate) await haven.age?.(order.orderId);
  const answers: string[] = [];
  for (const message of messages({ ...with_, order, nowMs: Date.now() })) answers.push(await haven.send(message));
  const state = await haven.stateOf(order.orderId);
  const isExpected = state === leaves && answers.join() === expectedAnswers.join();
  return { name, outcome: isExpected ? 'as expected' : 'otherwise', answers, state, expected };
}
