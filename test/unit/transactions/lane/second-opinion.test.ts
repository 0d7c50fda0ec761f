import { describe, expect, it } from 'vitest';
import type { Receipt } from '#shared/platform/chain/receipt.ts';
import type { SecondLook, SeenTransaction } from '#shared/platform/chain/second-look.ts';
import {
  agreesOnFree,
  agreesOnOverdue,
  agreesOnReceipt,
  agreesOnUse,
  agreesOnUsed,
  LONE_WITNESS_FACTOR,
  type Overdue,
  type SecondOpinion,
} from '#shared/transactions/lane/second-opinion.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { receiptFor, TEST_HEAD } from '#test/support/fakes/lane-situations.ts';
import { hash32, submitted, TEST_WALLET } from '#test/support/fakes/ledger-transactions.ts';

const REQUIRED = 3;
/** As deep as is required. */
const BLOCK = TEST_HEAD - REQUIRED + 1;
const RECEIPT = receiptFor(submitted(5), BLOCK, { effectiveGasPriceWei: 7n });
const STRANGER = hash32('stranger');
const SENT = { from: TEST_WALLET.address, nonce: 5, blockNumber: BLOCK };

const given = (
  look: Partial<SecondLook>,
  standsStill = false,
  head = TEST_HEAD,
): Extract<SecondOpinion, { kind: 'given' }> => ({
  kind: 'given',
  endpoint: 'second',
  look: {
    head: { number: head, timestampSeconds: TEST_NOW_MS / 1_000 },
    latestCount: 6,
    receipts: new Map(),
    transactions: new Map(),
    ...look,
  },
  asked: new Set([RECEIPT.transactionHash, STRANGER]),
  standsStill,
  lags: false,
  mayGoAlone: false,
});
const has = (seen: Partial<Receipt> = {}) => ({
  receipts: new Map([[RECEIPT.transactionHash, { ...RECEIPT, ...seen }]]),
});
const UNUSABLE = { kind: 'unusable', mayGoAlone: false } as const;
const knows = (sent: Partial<SeenTransaction> = {}) => ({ transactions: new Map([[STRANGER, { ...SENT, ...sent }]]) });
const NOBODY: readonly SecondOpinion[] = [{ kind: 'unasked' }, { kind: 'involved' }];

describe('a second opinion about a receipt', () => {
  it.each([
    ['has it in the same block, as deep', given(has()), 'agrees'],
    ['has it in the same block, not as deep yet', given(has(), false, TEST_HEAD - 1), 'waits'],
    ['does not have its block yet', given({}, false, BLOCK - 1), 'waits'],
    ['has that depth, and does not know it', given({}), 'disagrees'],
    ['has it in another block of that height', given(has({ blockHash: hash32('fork') })), 'disagrees'],
    ['has it at another height', given(has({ blockNumber: BLOCK + 1 })), 'disagrees'],
    ['says that it failed', given(has({ succeeded: false })), 'disagrees'],
    ['says that it used more gas', given(has({ gasUsed: 22_000n })), 'disagrees'],
    ['does not say what was paid', given(has({ effectiveGasPriceWei: undefined })), 'agrees'],
    ['says that less was paid', given(has({ effectiveGasPriceWei: 1n })), 'disagrees'],
    ['contradicts it on a fork that stands still', given(has({ blockHash: hash32('fork') }), true), 'disagrees'],
    ['stands still before its block', given({}, true, BLOCK - 1), 'waits'],
    ['gives no answer', UNUSABLE, 'waits'],
    ['does not exist', { kind: 'only' }, 'agrees'],
    ['was not asked about it', { ...given(has()), asked: new Set<string>() }, 'waits'],
    ['had a part in the view itself', { kind: 'involved' }, 'waits'],
    ['was not asked', { kind: 'unasked' }, 'waits'],
  ] as const)('of an endpoint that %s', (_name, opinion, agreement) => {
    expect(agreesOnReceipt(opinion, RECEIPT, REQUIRED)).toBe(agreement);
  });

  it.each([
    ['gives no answer', UNUSABLE],
    ['stands still before its block', given({}, true, BLOCK - 1)],
  ])('of an endpoint that %s has no say once the view may go alone', (_name, opinion) => {
    expect(agreesOnReceipt({ ...opinion, mayGoAlone: true }, RECEIPT, REQUIRED)).toBe('agrees');
  });

  it('of an endpoint that contradicts is never passed over', () => {
    expect(agreesOnReceipt({ ...given({}), mayGoAlone: true }, RECEIPT, REQUIRED)).toBe('disagrees');
  });
});

describe('a second opinion about a nonce that a stranger used', () => {
  const agreement = (opinion: SecondOpinion, depth = REQUIRED, hash: string | null = STRANGER) =>
    agreesOnUse(opinion, {
      address: TEST_WALLET.address.toLowerCase(),
      nonce: 5,
      use: { hash, blockNumber: BLOCK },
      confirmations: depth,
      requiredConfirmations: REQUIRED,
    });

  it.each([
    ['has that transaction of the account in that block, as deep', given(knows()), 'agrees'],
    ['has it not as deep yet', given(knows(), false, TEST_HEAD - 1), 'waits'],
    ['does not have its block yet', given({}, false, BLOCK - 1), 'waits'],
    ['has it in its pool, and is not there yet', given(knows({ blockNumber: null }), false, BLOCK - 1), 'waits'],
    ['has that depth, and it is in no block', given(knows({ blockNumber: null })), 'disagrees'],
    ['has that depth, and does not know it', given({}), 'disagrees'],
    ['has it in another block', given(knows({ blockNumber: BLOCK - 1 })), 'disagrees'],
    ['says that someone else sent it', given(knows({ from: hash32('else') })), 'disagrees'],
    ['says that it has another nonce', given(knows({ nonce: 4 })), 'disagrees'],
    ['stands still before its block: nobody is let off', given({}, true, BLOCK - 1), 'waits'],
    ['gives no answer: nobody is let off', UNUSABLE, 'waits'],
    ['was not asked about it', { ...given(knows()), asked: new Set<string>() }, 'waits'],
    ['had a part in the view itself', { kind: 'involved' }, 'waits'],
    ['was not asked', { kind: 'unasked' }, 'waits'],
  ] as const)('of an endpoint that %s', (_name, opinion, expected) => {
    expect(agreement(opinion)).toBe(expected);
  });

  it('that nobody else can give is made up for by depth', () => {
    const deep = LONE_WITNESS_FACTOR * REQUIRED;
    expect([agreement({ kind: 'only' }, deep - 1), agreement({ kind: 'only' }, deep)]).toEqual(['waits', 'agrees']);
  });

  it('is never given about one that nobody can name', () => {
    expect(agreement(given(knows()), 100, null)).toBe('waits');
  });
});

describe('a second opinion about a count', () => {
  it.each([
    ['has it too', given({ latestCount: 9 }), 'agrees'],
    ['has more', given({ latestCount: 10 }), 'agrees'],
    ['has less at that height', given({ latestCount: 8 }), 'disagrees'],
    ['has less, a block behind', given({ latestCount: 8 }, false, TEST_HEAD - 1), 'waits'],
    ['has less, and stands still', given({ latestCount: 8 }, true, TEST_HEAD - 1), 'waits'],
    ['gives no answer', UNUSABLE, 'waits'],
    ['does not exist', { kind: 'only' }, 'agrees'],
  ] as const)('higher than the lane ever gave, of an endpoint that %s', (_name, opinion, agreement) => {
    expect(agreesOnUsed(opinion, 9, TEST_HEAD)).toBe(agreement);
  });

  it.each([
    ['has not used the nonce either', given({ latestCount: 5 }), 'agrees'],
    ['has used it', given({ latestCount: 6 }), 'disagrees'],
    ['has used it, and stands still', given({ latestCount: 6 }, true), 'disagrees'],
    ['is not at the block yet that proves it', given({ latestCount: 5 }, false, TEST_HEAD - 1), 'waits'],
    ['stands still before that', given({ latestCount: 5 }, true, TEST_HEAD - 1), 'waits'],
    ['gives no answer', UNUSABLE, 'waits'],
    ['does not exist', { kind: 'only' }, 'agrees'],
  ] as const)('lower than the lane gave, of an endpoint that %s', (_name, opinion, agreement) => {
    expect(agreesOnFree(opinion, 5, TEST_HEAD)).toBe(agreement);
  });

  it.each([
    ['gives no answer', UNUSABLE],
    ['stands still', given({ latestCount: 0 }, true, TEST_HEAD - 1)],
  ])('of an endpoint that %s has no say once the view may go alone', (_name, opinion) => {
    const alone = { ...opinion, mayGoAlone: true };
    expect([agreesOnUsed(alone, 9, TEST_HEAD), agreesOnFree(alone, 5, TEST_HEAD)]).toEqual(['agrees', 'agrees']);
  });

  it.each(NOBODY)('is not made up for when nobody was there to be asked: $kind', (opinion) => {
    expect([agreesOnUsed(opinion, 9, TEST_HEAD), agreesOnFree(opinion, 5, TEST_HEAD)]).toEqual(['waits', 'waits']);
  });
});

describe('a second opinion about a transaction that should be in a block, and is in none', () => {
  const overdue = (more: Partial<Overdue> = {}): Overdue => ({
    transaction: submitted(5, { required_confirmations: REQUIRED }),
    nonce: 5,
    isSaidUsed: false,
    restsOn: 'count',
    ...more,
  });
  const SAID = { isSaidUsed: true };
  const FACTS = { restsOn: 'facts' } as const;
  const LATE = TEST_HEAD - 1;
  const NEXT = TEST_HEAD + 1;

  it.each([
    ['has it in none either', given({ latestCount: 5 }), {}, 'agrees'],
    ['has it in none a block before', given({ latestCount: 5 }, false, LATE), {}, 'waits'],
    ['has it as deep as is required', given(has()), {}, 'disagrees'],
    ['has it as deep, where receipts are missing', given(has()), FACTS, 'disagrees'],
    [
      'has it deep by blocks that the view does not have yet',
      given(has({ blockNumber: NEXT }), false, NEXT + 9),
      {},
      'waits',
    ],
    ['has it, not as deep', given(has({ blockNumber: BLOCK + 1 })), SAID, 'waits'],
    ["has a stranger's in its place", given({}), {}, 'disagrees'],
    ["has a stranger's in its place, perhaps in a newer block", given({}, false, NEXT), {}, 'waits'],
    [
      "has a stranger's in its place, in a newer block, as nodes said before",
      given({}, false, NEXT),
      SAID,
      'disagrees',
    ],
    ['has its nonce used, and no receipts either', given({}), FACTS, 'agrees'],
    ['stands still before that', given({ latestCount: 5 }, true, LATE), {}, 'waits'],
    ['gives no answer', UNUSABLE, {}, 'waits'],
    ['does not exist', { kind: 'only' }, {}, 'agrees'],
  ] as const)('of an endpoint that %s', (_name, opinion, more, agreement) => {
    expect(agreesOnOverdue(opinion, overdue(more), { head: { number: TEST_HEAD } })).toBe(agreement);
  });
});
