import type { MailStrings } from './mail-strings.ts';

/** Mails in English. */
export const EN: MailStrings = {
  kinds: {
    awaiting_payment: {
      subject: ({ shop, order }) => `${shop}: please pay for your order ${order}`,
      heading: 'Please pay for your order',
      body: ({ due, deadline }) => [
        `Thank you for your order. We keep what you ordered for you until ${deadline}.`,
        `Please send exactly ${due} until then. We write to you as soon as your payment is confirmed.`,
      ],
    },
    partially_paid: {
      subject: ({ shop, order }) => `${shop}: part of your payment for order ${order} is missing`,
      heading: 'Part of your payment is missing',
      body: ({ paid, due, rest, deadline }) => [
        `We have received ${paid} of ${due}.`,
        `Please send the remaining ${rest} by ${deadline}, to the same address. After that your order expires.`,
      ],
    },
    payment_lost: {
      subject: ({ shop, order }) => `${shop}: your payment for order ${order} is no longer on the network`,
      heading: 'Your payment is no longer on the network',
      body: ({ rest, deadline }) => [
        'A payment for your order was seen and has vanished again: the network did not keep it, or it was replaced by its sender.',
        `Please look into your wallet. If the money is still there, please send ${rest} by ${deadline}. After that your order expires.`,
      ],
    },
    paid: {
      subject: ({ shop, order }) => `${shop}: we have received your payment for order ${order}`,
      heading: 'We have received your payment',
      body: ({ paid }) => [
        `Thank you. Your payment of ${paid} is confirmed.`,
        'We write to you again when your order is on its way.',
      ],
    },
    fulfilled: {
      subject: ({ shop, order }) => `${shop}: your order ${order} is on its way`,
      heading: 'Your order is on its way',
      body: () => ['What you ordered has been sent or handed over.'],
    },
    expired: {
      subject: ({ shop, order }) => `${shop}: your order ${order} has expired`,
      heading: 'Your order has expired',
      body: ({ deadline }) => [
        `We received no payment by ${deadline}, so we no longer keep what you ordered.`,
        'Please do not pay to the address of this order any more. You are welcome to order again.',
      ],
    },
    paid_late: {
      subject: ({ shop, order }) => `${shop}: your payment for order ${order} came too late`,
      heading: 'Your payment came too late',
      body: ({ paid, deadline }) => [
        `Your order expired on ${deadline}, and we have received ${paid} for it. Your money is safe.`,
        'We look into it, and either accept your payment or send it back. Please send nothing more to the address of this order.',
      ],
    },
    cancelled: {
      subject: ({ shop, order }) => `${shop}: your order ${order} is cancelled`,
      heading: 'Your order is cancelled',
      body: () => ['Your order is cancelled. Please do not pay to its address any more.'],
    },
    refunded: {
      subject: ({ shop, order }) => `${shop}: the money of your order ${order} was sent back`,
      heading: 'Your money was sent back',
      body: () => ['We have sent back what is shown below.'],
    },
  },
  lostAfterPaid: () => [
    'Your order counted as paid, and a payment of it is no longer on the network: the network did not keep it.',
    'You need not do anything yet. We look into it and write to you if something is missing.',
  ],
  expiredWithMoney: ({ paid, due, deadline }) => [
    `By ${deadline} we had received ${paid} of ${due}, so your order has expired. Your money is safe.`,
    'We look into it, and either accept your payment or send it back. Please send nothing more to the address of this order.',
  ],
  cancelledWithMoney: 'Something was paid for it all the same. Your money is safe: we look into it and send it back.',
  overpaid: 'You have sent more than was due. Please answer this mail if you want the rest back.',
  payAtShop: 'Where to pay is shown in the shop, with your order.',
  mind: ({ asset, network }) =>
    `Send ${asset} on the network ${network} only. What is sent in another currency or on another network does not count, and may be lost.`,
  openWallet: 'Open in a wallet',
  seeOrder: 'See your order',
  linesHead: 'Your order',
  closing: ({ shop }) => `Yours, ${shop}`,
  labels: {
    order: 'Order',
    amount: 'Amount',
    received: 'Received',
    rest: 'Still due',
    network: 'Network',
    address: 'Address',
    deadline: 'To be paid by',
    link: 'Link for wallets',
    total: 'Total',
    quantity: (count) => `${count} ×`,
    refunded: 'Sent back',
    refundedTo: 'To the address',
  },
};
