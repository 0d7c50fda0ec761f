import { describe, expect, it } from 'vitest';
import { type Attacker, Target } from '../support/attackers.ts';
import { synthesise, withStage } from '../support/build-stage.ts';

/**
 * Who may put an entry on which kind of audit stream. IAM can't limit a put to what isn't there yet, so whoever may put on a stream
 * may also overwrite what it says: nobody may where it is not their work.
 */

const WALLET = 'wal_01JD8Q4X7M5N2V9C3R6T0W1YZA';
const LANE = '1#0x2c7536e3605d9c16a7a3d7b1898e529396a65c23';
const COMMANDS = ['key-importer', 'key-verifier', 'key-reencrypter'] as const;
/** Who answers people: each puts on record what they looked at and were refused. */
const ANSWERS = [
  ...([
    'access-api',
    'alerts-api',
    'catalog-api',
    'custody-api',
    'key-control',
    'key-export',
    'message-signer',
    'ops-api',
  ] as const),
  ...([
    'orders-api',
    'payments-api',
    'policy-admin',
    'refunds-api',
    'token-api',
    'transactions-api',
    'users-api',
  ] as const),
  ...(['wallet-provisioner', 'wallet-rotator', 'webhooks-api'] as const),
];

const WRITERS: Readonly<Record<string, readonly Attacker[]>> = {
  'custody:commands': COMMANDS,
  // Of a wallet: whoever makes it, changes what it may do, or uses its key.
  [WALLET]: [
    ...(['deposit-pool', 'key-control', 'key-destroyer', 'key-export', 'key-importer', 'key-reencrypter'] as const),
    ...(['lane-worker', 'message-signer', 'policy-admin', 'wallet-provisioner', 'wallet-rotator'] as const),
  ],
  [`policy:${WALLET}`]: ['policy-admin', 'wallet-rotator'],
  // A checkout takes a wallet: docs/decisions/0021-deposit-pool.md.
  [`deposit:${WALLET}`]: ['deposit-pool', 'storefront-api'],
  // The outbox ends refunds, and with them orders.
  ord_1: [
    'order-expirer',
    'orders-api',
    'outbox-worker',
    'payment-scanner',
    'payment-webhooks',
    'refunds-api',
    'storefront-api',
  ],
  [`sweep:${WALLET}`]: ['sweeper', 'wallet-rotator'],
  'deposit-sweep:ord_1#1': ['deposit-sweeper', 'payments-api'],
  tx_1: [
    'deposit-sweeper',
    'lane-kicker',
    'lane-worker',
    'refunds-api',
    'sweeper',
    'token-api',
    'top-up',
    'transactions-api',
  ],
  [`lane:${LANE}`]: ['token-api'],
  usr_1: ['users-api', 'wallet-provisioner', 'wallet-rotator'],
  red_1: ['outbox-worker', 'token-api'],
  'token:HAVEN': ['token-api'],
  'treasury:deposits': ['token-api'],
  key_1: ['access-api', 'access-bootstrap'],
  'access:key_1': ANSWERS,
  'access:oidc:1': ANSWERS,
  'security:192.0.2.7': ['authorizer'],
  'breaker:rpc:1:primary': ['ops-api'],
  alr_1: ['alerts-api'],
  chn_1: ['alerts-api'],
  'product:TEE-M': ['catalog-api'],
  whe_1: ['webhook-sender', 'webhooks-api'],
  'of:no-kind': [],
};

const target = new Target(
  withStage('local', synthesise, { change: (config) => ({ ...config, message_signing: true, key_export: true }) }),
);
const whoPuts = (table: string, pk: string) =>
  [
    ...target.whoCan({
      action: 'dynamodb:PutItem',
      resource: target.table(table),
      context: { 'dynamodb:LeadingKeys': [pk] },
    }),
  ].sort();

describe('an audit entry', () => {
  it.each(Object.entries(WRITERS))('on %s is put by those whose work it is, and nobody else', (stream, writers) => {
    expect(whoPuts('audit', stream)).toEqual([...writers].sort());
  });
});

it('where the stream of key commands ends is written by commands alone', () => {
  expect(whoPuts('ledger', 'AUDIT#custody:commands')).toEqual([...COMMANDS].sort());
});
