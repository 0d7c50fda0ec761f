import { createDepositDesk, DEPOSIT_TOKEN } from './deposit-desk.ts';
import { TEST_WALLET } from './ledger-transactions.ts';

/** The address that the desk's order is paid at. */
export const DEPOSIT = TEST_WALLET.address;
/** A coin, in wei. */
export const ETHER = 10n ** 18n;
/** What an order that was paid in a token has at its address. */
export const PAID_TOKENS = 1_000_000n;

/** A deposit desk whose order was paid in coin: with an ether. */
export function paidInCoin() {
  const desk = createDepositDesk();
  desk.give('coin', DEPOSIT, ETHER);
  desk.putPayment();
  return desk;
}

/** A deposit desk whose order was paid in a token. */
export function paidInTokens(amount = PAID_TOKENS, options: Parameters<typeof createDepositDesk>[0] = {}) {
  const desk = createDepositDesk(options);
  desk.give(DEPOSIT_TOKEN, DEPOSIT, amount);
  desk.putPayment();
  return desk;
}
