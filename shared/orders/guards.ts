/** What guards look at. */
export interface OrderFacts {
  /** Valid payments in blocks up to the deadline come to the amount due, less the tolerance. */
  readonly isCovered: boolean;
  /** The same, by confirmed payments only. */
  readonly isConfirmed: boolean;
  /** Valid payments of any time come to the amount due, less the tolerance. */
  readonly isCoveredLate: boolean;
  /** Confirmed payments of any time come to the amount due, less the tolerance. */
  readonly isConfirmedLate: boolean;
  /** The deadline has passed. */
  readonly isOverdue: boolean;
  /** Any payment is there. */
  readonly hasMoney: boolean;
}

/** What must hold of an order for a transition, in words and as a rule. */
export const GUARDS = {
  always: { text: 'nothing more', holds: () => true },
  covered: {
    text: 'valid payments in blocks up to the deadline cover the amount due, within the tolerance',
    holds: ({ isCovered }) => isCovered,
  },
  confirmed: {
    text: 'payments with enough confirmations, in blocks up to the deadline, cover it',
    holds: ({ isConfirmed }) => isConfirmed,
  },
  uncovered_in_time: {
    text: 'valid payments do not cover it any more, and the deadline has not passed',
    holds: ({ isCovered, isOverdue }) => !isCovered && !isOverdue,
  },
  uncovered_overdue: {
    text: 'the deadline has passed, and valid payments in blocks up to it do not cover the amount due',
    holds: ({ isCovered, isOverdue }) => !isCovered && isOverdue,
  },
  covered_late: {
    text: 'payments with enough confirmations, whenever they came, cover the amount due, and there is stock',
    holds: ({ isConfirmedLate }) => isConfirmedLate,
  },
  still_confirmed: {
    text: 'payments with enough confirmations, whenever they came, cover the amount due: its money has not gone from the chain',
    holds: ({ isConfirmedLate }) => isConfirmedLate,
  },
  money_gone: {
    text: 'its money has gone from the chain: valid payments, whenever they came, do not cover the amount due any more',
    holds: ({ isCoveredLate }) => !isCoveredLate,
  },
  has_money: { text: 'something was paid', holds: ({ hasMoney }) => hasMoney },
} as const satisfies Readonly<Record<string, { readonly text: string; holds(facts: OrderFacts): boolean }>>;

/** The name of a guard. */
export type Guard = keyof typeof GUARDS;
