import { createAuditStore } from '#shared/audit/audit-store.ts';
import { firstBreak } from '#shared/audit/verify-stream.ts';
import { type CustodyState, custodyKey } from '#shared/custody/custody-state.ts';
import { walletKey } from '#shared/custody/ledger-keys.ts';
import { type MessageDependencies, signMessage, signTypedData } from '#shared/custody/messages/sign.ts';
import { createSigningPolicyReader } from '#shared/custody/messages/signing-policy.ts';
import { policyKey } from '#shared/custody/policy/policy-row.ts';
import { createWalletStore } from '#shared/custody/wallet-store.ts';
import { ChainRegistry } from '#shared/platform/chain/chain-config.ts';
import { createIdempotencyStore } from '#shared/platform/idempotency/idempotency-store.ts';
import { createFakeClock } from './fake-clock.ts';
import { idempotentContext } from './idempotent-context.ts';
import { storedWallet, TEST_CHAIN, TEST_WALLET, unusedCustody } from './ledger-transactions.ts';
import { createMemoryDynamo } from './memory-dynamo.ts';
import { createRecordingLog } from './recording-log.ts';
import { createRecordingMetrics } from './recording-metrics.ts';
import { createScriptedAws, type SentRequest, scriptedDocumentClient } from './scripted-aws.ts';
import { createTestSigner } from './test-signer.ts';
import { MAIL } from './typed-data.ts';

/** The message that is signed here. */
export const SIGNED_TEXT = 'Haven signs this';

const bytes = (text: string) => new Uint8Array(Buffer.from(text));

/** What a test varies of the desk. */
export interface SigningOptions {
  /** Of the wallet; by default it allows messages. */
  readonly policy?: object;
  readonly custody?: Partial<CustodyState>;
  readonly overrides?: Partial<MessageDependencies>;
  /** Runs before every request to the tables. */
  readonly before?: (request: SentRequest, dynamo: ReturnType<typeof createMemoryDynamo>) => void;
}

/** The signing of messages by the test wallet, on tables in memory, always under the same Idempotency-Key. */
export function createSigningDesk({
  policy = { message_signing: true },
  custody = {},
  overrides = {},
  before,
}: SigningOptions = {}) {
  const dynamo = createMemoryDynamo({ ledger: ['pk', 'sk'], audit: ['pk', 'seq'], ephemeral: ['pk'] });
  dynamo.put('ledger', { ...walletKey(TEST_WALLET.id), ...storedWallet() });
  dynamo.put('ledger', { ...custodyKey(TEST_WALLET.id), ...unusedCustody(custody) });
  dynamo.put('ledger', { ...policyKey(TEST_WALLET.id), version: 1, ...policy });
  const aws = createScriptedAws((request) => {
    before?.(request, dynamo);
    return dynamo.answer(request);
  });
  const client = scriptedDocumentClient(aws);
  const clock = createFakeClock();
  const metrics = createRecordingMetrics();
  const log = createRecordingLog();
  const signed: number[] = [];
  const signer = createTestSigner();
  const deps: MessageDependencies = {
    client,
    tables: { ledger: 'ledger', audit: 'audit' },
    wallets: createWalletStore(client, 'ledger'),
    policies: createSigningPolicyReader(client, 'ledger'),
    chains: new ChainRegistry([TEST_CHAIN]),
    signer: {
      sign(wallet, digests) {
        signed.push(digests.length);
        return signer.sign(wallet, digests);
      },
    },
    idempotency: createIdempotencyStore(client, 'ephemeral', clock.now),
    clock: clock.now,
    metrics: metrics.metrics,
    isOn: true,
    ...overrides,
  };
  const audit = createAuditStore(client, 'audit');
  return {
    dynamo,
    aws,
    metrics,
    log,
    signed,
    message: (text = SIGNED_TEXT) =>
      signMessage(deps, TEST_WALLET.id, bytes(text), idempotentContext({ log: log.log })),
    typed: (data = MAIL) =>
      signTypedData(deps, TEST_WALLET.id, data, 'body.typed_data', idempotentContext({ log: log.log })),
    entries: () => audit.entries(TEST_WALLET.id),
    isWhole: async () =>
      firstBreak(TEST_WALLET.id, await audit.stored(TEST_WALLET.id), await deps.wallets.custodyState(TEST_WALLET.id)),
  };
}
