import { securityStream } from '#shared/access/lockout.ts';
import { lockoutKey } from '#shared/access/lockout-store.ts';
import { alertKey } from '#shared/alerts/alert-row.ts';
import { channelKey } from '#shared/alerts/channels/channel-store.ts';
import { accessHeadKey, accessStream } from '#shared/audit/access-audit.ts';
import { type AuditHead, emptyHead } from '#shared/audit/audit-entry.ts';
import { productKey, productStream } from '#shared/catalog/catalog-keys.ts';
import { custodyKey } from '#shared/custody/custody-state.ts';
import { depositStream, holderKey } from '#shared/custody/deposit-pool/pool-rows.ts';
import { sweepStream } from '#shared/custody/lifecycle/sweep.ts';
import { newSweep, sweepKey } from '#shared/custody/lifecycle/sweep-row.ts';
import { COMMAND_HEAD_KEY } from '#shared/custody/maintenance/command-audit.ts';
import { policyStream } from '#shared/custody/policy/policy.ts';
import { policyKey } from '#shared/custody/policy/policy-row.ts';
import { breakerStream } from '#shared/operations/breakers.ts';
import { orderKey } from '#shared/orders/order-keys.ts';
import { depositSweepKey } from '#shared/payments/sweeps/deposit-sweep.ts';
import { TREASURY_KEY, TREASURY_STREAM } from '#shared/payments/treasury/treasury.ts';
import { INITIAL_STATE } from '#shared/platform/breaker/breaker-state.ts';
import { breakerItem } from '#shared/platform/breaker/breaker-store.ts';
import { queueStream, redriveKey } from '#shared/queues/redrive-record.ts';
import type { Redemption } from '#shared/token/redemption.ts';
import { laneName, laneStream, newLane } from '#shared/transactions/lane/lane.ts';
import { laneKey, transactionItem } from '#shared/transactions/ledger-items.ts';
import { endpointKey } from '#shared/webhooks/keys.ts';
import { TEST_NOW_MS } from './fake-clock.ts';
import { TOKEN_ADDRESS } from './fake-token.ts';
import { TEST_LANE } from './lane-tables.ts';
import { queued, TEST_WALLET, transactionId, unusedCustody } from './ledger-transactions.ts';
import { storedPolicy } from './policies.ts';
import { nthId, storedUser, userRow } from './redemption-desk.ts';

const CIRCUIT = 'rpc:1:primary';
const QUEUE = 'lane-wakes-dlq';
const ADDRESS = '203.0.113.7';
const KEY_ID = nthId('key', 1);
const lane = laneName(TEST_LANE);

const REDEMPTION: Redemption = {
  ...emptyHead(nthId('red', 1)),
  id: nthId('red', 1),
  status: 'pending',
  user_id: nthId('usr', 1),
  amount: '1',
  reference: 'r-1',
  chain_id: 1,
  token_address: TOKEN_ADDRESS,
  transaction_id: transactionId(1),
  failure: null,
  created_at: '2026-11-21T18:30:00.000Z',
  updated_at: '2026-11-21T18:30:00.000Z',
  version: 1,
};

/** A stream: how a request names it, and the row that says where it ends. */
interface StreamKind {
  readonly value: unknown;
  readonly stream: string;
  readonly row: (head: AuditHead) => { readonly table?: string; readonly item: object };
  /** What is said when there is no such thing; else it has a stream without entries. */
  readonly missing?: string;
}

/** A stream of every kind, by how a request names it. */
export const STREAM_KINDS: Readonly<Record<string, StreamKind>> = {
  wallet_id: {
    value: TEST_WALLET.id,
    stream: TEST_WALLET.id,
    row: (head) => ({ item: { ...custodyKey(TEST_WALLET.id), ...unusedCustody(head) } }),
    missing: 'WALLET_NOT_FOUND',
  },
  policy_of: {
    value: TEST_WALLET.id,
    stream: policyStream(TEST_WALLET.id),
    row: (head) => ({ item: { ...policyKey(TEST_WALLET.id), ...storedPolicy(), ...head } }),
  },
  deposit_of: {
    value: TEST_WALLET.id,
    stream: depositStream(TEST_WALLET.id),
    row: (head) => ({
      item: {
        ...holderKey(TEST_WALLET.id),
        wallet_id: TEST_WALLET.id,
        address: TEST_WALLET.address,
        status: 'taken',
        order_id: 'ord_1',
        at: '2026-11-21T18:30:00.000Z',
        ...head,
      },
    }),
  },
  sweeps_of: {
    value: TEST_WALLET.id,
    stream: sweepStream(TEST_WALLET.id),
    row: (head) => {
      const by = { actor: 'key_operator', requestId: 'request-1', reason: 'rotated', at: '2026-11-21T18:30:00.000Z' };
      return { item: { ...sweepKey(TEST_WALLET.id), ...newSweep(TEST_WALLET.id, undefined, by).sweep, ...head } };
    },
  },
  deposit_sweep: {
    value: `${nthId('ord', 1)}-31337`,
    stream: `deposit-sweep:${nthId('ord', 1)}#31337`,
    row: (head) => ({
      table: 'shop',
      item: { ...depositSweepKey({ order_id: nthId('ord', 1), chain_id: 31_337 }), ...head },
    }),
    missing: 'SWEEP_NOT_FOUND',
  },
  lane: {
    value: lane,
    stream: laneStream(TEST_LANE),
    row: (audit) => ({ item: { ...laneKey(TEST_LANE), ...newLane(TEST_LANE, TEST_WALLET.id), audit } }),
  },
  circuit: {
    value: CIRCUIT,
    stream: breakerStream(CIRCUIT),
    row: (head) => ({
      table: 'ephemeral',
      item: breakerItem({ id: CIRCUIT, state: INITIAL_STATE, version: 2, ...head }, TEST_NOW_MS),
    }),
  },
  queue: {
    value: QUEUE,
    stream: queueStream(QUEUE),
    row: (head) => ({
      table: 'ephemeral',
      item: {
        ...{ ...redriveKey(QUEUE), id: QUEUE, begun_at: '2026-11-21T18:30:00.000Z', by: 'key_1', request_id: 'r' },
        ...{ ended_at: null, outcome: null, version: 1, ...head },
      },
    }),
  },
  transaction_id: {
    value: transactionId(1),
    stream: transactionId(1),
    row: (head) => ({ item: transactionItem(queued(1, head)) }),
    missing: 'TRANSACTION_NOT_FOUND',
  },
  user_id: {
    value: nthId('usr', 1),
    stream: nthId('usr', 1),
    row: (head) => ({ item: userRow(storedUser(head)) }),
    missing: 'USER_NOT_FOUND',
  },
  redemption_id: {
    value: nthId('red', 1),
    stream: nthId('red', 1),
    row: (head) => ({
      item: { pk: `REDEMPTION#${REDEMPTION.id}`, sk: 'REDEMPTION', ...REDEMPTION, ...head },
    }),
    missing: 'REDEMPTION_NOT_FOUND',
  },
  sku: {
    value: 'TEE-M',
    stream: productStream('TEE-M'),
    row: (head) => ({ table: 'shop', item: { ...productKey('TEE-M'), ...head } }),
    missing: 'PRODUCT_NOT_FOUND',
  },
  order_id: {
    value: nthId('ord', 1),
    stream: nthId('ord', 1),
    row: (head) => ({ table: 'shop', item: { ...orderKey(nthId('ord', 1)), ...head } }),
    missing: 'ORDER_NOT_FOUND',
  },
  webhook_endpoint_id: {
    value: nthId('whe', 1),
    stream: nthId('whe', 1),
    row: (head) => ({ table: 'notify', item: { ...endpointKey(nthId('whe', 1)), ...head } }),
    missing: 'WEBHOOK_ENDPOINT_NOT_FOUND',
  },
  token: {
    value: true,
    stream: 'token:HAVEN',
    row: (head) => ({
      item: {
        ...{ pk: 'TOKEN#HAVEN', sk: 'SETTINGS', chain_id: 1, address: TOKEN_ADDRESS, minter_wallet_id: TEST_WALLET.id },
        ...{ decimals: 18, updated_at: '2026-11-21T18:30:00.000Z', version: 2, ...head },
      },
    }),
    missing: 'TOKEN_NOT_CONFIGURED',
  },
  treasury: {
    value: true,
    stream: TREASURY_STREAM,
    row: (head) => ({
      item: {
        ...{ ...TREASURY_KEY, wallet_id: TEST_WALLET.id, address: TEST_WALLET.address },
        ...{ updated_at: '2026-11-21T18:30:00.000Z', version: 2, ...head },
      },
    }),
    missing: 'TREASURY_NOT_CONFIGURED',
  },
  key_commands: {
    value: true,
    stream: 'custody:commands',
    row: (head) => ({ item: { ...COMMAND_HEAD_KEY, ...head } }),
  },
  api_key_id: {
    value: KEY_ID,
    stream: KEY_ID,
    row: (head) => ({ table: 'access', item: { pk: KEY_ID, ...head } }),
    missing: 'API_KEY_NOT_FOUND',
  },
  alert_id: {
    value: nthId('alr', 1),
    stream: nthId('alr', 1),
    row: (head) => ({ table: 'logs', item: { ...alertKey(nthId('alr', 1)), ...head } }),
    missing: 'ALERT_NOT_FOUND',
  },
  alert_channel_id: {
    value: nthId('chn', 1),
    stream: nthId('chn', 1),
    row: (head) => ({ table: 'notify', item: { ...channelKey(nthId('chn', 1)), ...head } }),
    missing: 'ALERT_CHANNEL_NOT_FOUND',
  },
  principal_id: {
    value: KEY_ID,
    stream: accessStream(KEY_ID),
    row: (head) => ({ item: { ...accessHeadKey(KEY_ID), ...head } }),
  },
  locked_out_at: {
    value: ADDRESS,
    stream: securityStream(ADDRESS),
    row: (head) => ({ table: 'ephemeral', item: { ...lockoutKey(ADDRESS), locked_until_ms: 0, keys: {}, ...head } }),
  },
};
