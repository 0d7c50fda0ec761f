import type { MailStrings } from './mail-strings.ts';

/** Mails in German. */
export const DE: MailStrings = {
  kinds: {
    awaiting_payment: {
      subject: ({ shop, order }) => `${shop}: Bitte bezahlen Sie Ihre Bestellung ${order}`,
      heading: 'Bitte bezahlen Sie Ihre Bestellung',
      body: ({ due, deadline }) => [
        `Vielen Dank für Ihre Bestellung. Wir halten sie bis ${deadline} für Sie zurück.`,
        `Bitte senden Sie bis dahin genau ${due}. Wir schreiben Ihnen, sobald Ihre Zahlung bestätigt ist.`,
      ],
    },
    partially_paid: {
      subject: ({ shop, order }) => `${shop}: Ein Teil Ihrer Zahlung für die Bestellung ${order} fehlt`,
      heading: 'Ein Teil Ihrer Zahlung fehlt',
      body: ({ paid, due, rest, deadline }) => [
        `Wir haben ${paid} von ${due} erhalten.`,
        `Bitte senden Sie die fehlenden ${rest} bis ${deadline} an dieselbe Adresse. Danach verfällt Ihre Bestellung.`,
      ],
    },
    payment_lost: {
      subject: ({ shop, order }) => `${shop}: Ihre Zahlung für die Bestellung ${order} ist nicht mehr im Netzwerk`,
      heading: 'Ihre Zahlung ist nicht mehr im Netzwerk',
      body: ({ rest, deadline }) => [
        'Eine Zahlung für Ihre Bestellung war zu sehen und ist wieder verschwunden: Das Netzwerk hat sie nicht behalten, oder ihr Absender hat sie ersetzt.',
        `Bitte sehen Sie in Ihrem Wallet nach. Ist das Geld noch dort, senden Sie bitte ${rest} bis ${deadline}. Danach verfällt Ihre Bestellung.`,
      ],
    },
    paid: {
      subject: ({ shop, order }) => `${shop}: Wir haben Ihre Zahlung für die Bestellung ${order} erhalten`,
      heading: 'Wir haben Ihre Zahlung erhalten',
      body: ({ paid }) => [
        `Vielen Dank. Ihre Zahlung von ${paid} ist bestätigt.`,
        'Wir schreiben Ihnen wieder, wenn Ihre Bestellung unterwegs ist.',
      ],
    },
    fulfilled: {
      subject: ({ shop, order }) => `${shop}: Ihre Bestellung ${order} ist unterwegs`,
      heading: 'Ihre Bestellung ist unterwegs',
      body: () => ['Was Sie bestellt haben, wurde versandt oder übergeben.'],
    },
    expired: {
      subject: ({ shop, order }) => `${shop}: Ihre Bestellung ${order} ist verfallen`,
      heading: 'Ihre Bestellung ist verfallen',
      body: ({ deadline }) => [
        `Bis ${deadline} ist keine Zahlung eingegangen. Wir halten Ihre Bestellung deshalb nicht länger zurück.`,
        'Bitte zahlen Sie nicht mehr an die Adresse dieser Bestellung. Sie können gerne neu bestellen.',
      ],
    },
    paid_late: {
      subject: ({ shop, order }) => `${shop}: Ihre Zahlung für die Bestellung ${order} kam zu spät`,
      heading: 'Ihre Zahlung kam zu spät',
      body: ({ paid, deadline }) => [
        `Ihre Bestellung ist am ${deadline} verfallen, und wir haben ${paid} dafür erhalten. Ihr Geld ist sicher.`,
        'Wir sehen nach und nehmen Ihre Zahlung noch an oder senden sie zurück. Bitte senden Sie nichts mehr an die Adresse dieser Bestellung.',
      ],
    },
    cancelled: {
      subject: ({ shop, order }) => `${shop}: Ihre Bestellung ${order} ist storniert`,
      heading: 'Ihre Bestellung ist storniert',
      body: () => ['Ihre Bestellung ist storniert. Bitte zahlen Sie nicht mehr an ihre Adresse.'],
    },
    refunded: {
      subject: ({ shop, order }) => `${shop}: Das Geld für Ihre Bestellung ${order} wurde zurückgesandt`,
      heading: 'Ihr Geld wurde zurückgesandt',
      body: () => ['Wir haben zurückgesandt, was unten steht.'],
    },
  },
  lostAfterPaid: () => [
    'Ihre Bestellung galt als bezahlt, und eine Zahlung dafür ist nicht mehr im Netzwerk: Das Netzwerk hat sie nicht behalten.',
    'Sie müssen noch nichts tun. Wir sehen nach und schreiben Ihnen, wenn etwas fehlt.',
  ],
  expiredWithMoney: ({ paid, due, deadline }) => [
    `Bis ${deadline} hatten wir ${paid} von ${due} erhalten. Ihre Bestellung ist deshalb verfallen. Ihr Geld ist sicher.`,
    'Wir sehen nach und nehmen Ihre Zahlung noch an oder senden sie zurück. Bitte senden Sie nichts mehr an die Adresse dieser Bestellung.',
  ],
  cancelledWithMoney: 'Dennoch wurde etwas dafür bezahlt. Ihr Geld ist sicher: Wir sehen nach und senden es zurück.',
  overpaid:
    'Sie haben mehr gesandt als nötig. Bitte antworten Sie auf diese Nachricht, wenn Sie den Rest zurückhaben möchten.',
  payAtShop: 'Wohin Sie zahlen, steht im Shop bei Ihrer Bestellung.',
  mind: ({ asset, network }) =>
    `Senden Sie nur ${asset} und nur im Netzwerk ${network}. Was in einer anderen Währung oder in einem anderen Netzwerk gesandt wird, zählt nicht und kann verloren sein.`,
  openWallet: 'Im Wallet öffnen',
  seeOrder: 'Bestellung ansehen',
  linesHead: 'Ihre Bestellung',
  closing: ({ shop }) => `Mit freundlichen Grüßen, ${shop}`,
  labels: {
    order: 'Bestellung',
    amount: 'Betrag',
    received: 'Erhalten',
    rest: 'Noch offen',
    network: 'Netzwerk',
    address: 'Adresse',
    deadline: 'Zu bezahlen bis',
    link: 'Link für Wallets',
    total: 'Summe',
    quantity: (count) => `${count} ×`,
    refunded: 'Zurückgesandt',
    refundedTo: 'An die Adresse',
  },
};
