/** What can be wrong between rows, each with what it means. `npm run data:check` names them; docs/data-model.md says what keeps each. */
export const RULES = {
  unreadable: 'a row is not what its key says it is',
  shard_missing: 'a product lacks a shard of its stock',
  shard_orphan: 'there is stock of which there is no product',
  offer: 'a shard is sold under another offer than its product',
  reserved: 'a shard has other pieces reserved than open orders and carts hold of it',
  sold: 'a shard has other pieces sold than orders that were fulfilled took from it',
  on_hand: 'the stock of a product is not what came in less what was sold',
  money: 'an amount is not above zero, a currency unknown, or a total not the sum of its lines',
  line: 'an order has a line of a product that is not there, or of other pieces than it took',
  stock_state: 'an order holds pieces that its status does not hold, or the other way round',
  address: 'an address does not lead to its order, or an order not to its address',
  deposit_wallet: 'a deposit wallet is held for another order than the one that has its address',
  invoice: 'an invoice of a processor does not lead to its order, or an order not to its invoice',
  cart: 'a cart was checked out into an order that is not there, or is not of it',
  payment: 'a payment is of no order, or an order says that other amounts were paid',
  refund: 'a refund is of an order or payment that is not there or is another, or there is one beside another',
  refunded: 'more was given back than came, or than is not kept',
  refund_sent: 'a refund is not what its transaction moved, or money was sent back and no refund says so',
  deposit: 'what came to an address is not what was sent from it, its fees and what is there',
  notice: 'a notice is about an order that is not there',
  index: 'a row is in another place of an index than it should be',
} as const;

/** The name of a rule. */
export type Rule = keyof typeof RULES;

/** One thing that is wrong. */
export interface Finding {
  readonly rule: Rule;
  /** The row: a SKU with its shard, an id, an address. */
  readonly of: string;
  /** What is there and what should be; never personal data, a token or a hash of one. */
  readonly says: string;
}
