import type { MailKind } from '../mail-kind.ts';

/** What a sentence may name: texts as they are shown, amounts and times written out already. */
export interface Said {
  readonly shop: string;
  /** The order's id. */
  readonly order: string;
  readonly due: string;
  readonly paid: string;
  /** What is still due. */
  readonly rest: string;
  readonly deadline: string;
}

/** The text of a mail of one kind. */
export interface KindStrings {
  readonly subject: (said: Pick<Said, 'shop' | 'order'>) => string;
  readonly heading: string;
  /** Each a paragraph. */
  readonly body: (said: Said) => readonly string[];
}

/** What stands before a fact. */
export interface Labels {
  readonly order: string;
  readonly amount: string;
  readonly received: string;
  readonly rest: string;
  readonly network: string;
  readonly address: string;
  readonly deadline: string;
  readonly link: string;
  readonly total: string;
  readonly quantity: (count: number) => string;
  readonly refunded: string;
  readonly refundedTo: string;
}

/** All texts of a language. A missing one is an error of the compiler. */
export interface MailStrings {
  readonly kinds: Readonly<Record<MailKind, KindStrings>>;
  /** In place of what `payment_lost` says, when the order counted as paid already. */
  readonly lostAfterPaid: KindStrings['body'];
  /** In place of what `expired` says, when some money came. */
  readonly expiredWithMoney: KindStrings['body'];
  /** Behind what `cancelled` says, when some money came. */
  readonly cancelledWithMoney: string;
  /** Behind what `paid` says, when more came than was due. */
  readonly overpaid: string;
  /** Where to pay is not known: a processor takes the money. */
  readonly payAtShop: string;
  /** What to mind when paying on a chain. */
  readonly mind: (said: { readonly asset: string; readonly network: string }) => string;
  readonly openWallet: string;
  readonly seeOrder: string;
  readonly linesHead: string;
  /** At the end of every mail. */
  readonly closing: (said: Pick<Said, 'shop'>) => string;
  readonly labels: Labels;
}
