/** What each area of the API is about, in the order of the document. */
export const TAG_DESCRIPTIONS: Readonly<Record<string, string>> = {
  custody: 'Wallets whose keys Haven keeps under KMS. A key never leaves Haven in the clear.',
  transactions:
    'Transactions that Haven signs and follows until they are final. ' +
    'Accepting one stores an intent; a lane, one per chain and address, sends it in order.',
  token: 'The HAVEN token (ERC-20): minting, burning, transfers, redemptions and what is known of its contract.',
  users:
    'Users of yours, each with a custodial wallet and a KYC status. Created with the wallet; known to you by your own id.',
  signing:
    'Signatures over messages and typed data: what is no transaction. Off by default, for a stage and for each wallet.',
  carts:
    'Carts of a storefront, for keys that may be published. A cart is worked with by whoever has its token, in the header X-Cart-Token.',
  catalog: 'What is for sale, at what price, and how much of it there is.',
  orders:
    'Orders: customers show the token of theirs, in the header X-Order-Token, and see it and may cancel it; operators see all and say what becomes of them.',
  webhooks:
    'Webhooks to integrators: endpoints that are told of events, signed by Standard Webhooks, and what they were told. See docs/webhooks.md.',
  audit: 'Streams of audit entries, each a hash chain that anyone with the scope can verify.',
  alerts:
    'What operators must hear of, what came of telling them, and the channels that tell them: mail, Slack, Discord, webhooks.',
  access: 'API keys: what they may do, from where, and until when.',
  operations:
    'Whether the API is up, and this document, open to anyone; and, for operators, the circuit breakers before ' +
    'what Haven depends on, and its queues.',
};
