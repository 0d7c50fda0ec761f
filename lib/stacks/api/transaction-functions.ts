import { breakerSettings } from '../../breaker-settings.ts';
import { pricedChainSettings } from '../../chain-settings.ts';
import type { StageContext } from '../../stage-context.ts';
import { allowRead } from '../secrets-stack.ts';
import { WALLET_ROWS } from '../wallet-context.ts';
import { type ApiParts, commonFacts, type FunctionFacts } from './function-facts.ts';

/** The functions of the API that serve transactions, the token and its users. None has a key. */
export function transactionFunctionFacts(stage: StageContext, parts: ApiParts) {
  const { data, secrets, lanes, outbox } = parts;
  const { chains, ledger, audit, queues, idempotency } = commonFacts(stage, parts);
  return {
    'transactions-api': {
      name: 'transactions-api',
      description: 'Accepts and shows transactions. Stores intents and kicks lanes; no keys.',
      permissions: [
        // Delete: who cancels what is queued gives up its place.
        data.ledger.allow('GetItem', 'BatchGetItem'),
        data.ledger.allowRowsBut(WALLET_ROWS, 'PutItem', 'DeleteItem'),
        data.ledger.allowIndexQuery('gsi1'),
        data.ledger.allowIndexQuery('gsi2'),
        data.ledger.allowIndexQuery('gsi3'),
        data.audit.allowRows(['access:*', 'tx_*'], 'PutItem'),
        data.audit.allowRows(['tx_*'], 'Query'),
        idempotency,
        lanes.kicks.allowSend(),
        outbox.wakes.allowSend(),
        // RPC: balances, for wallets whose policy requires them.
        allowRead(secrets.signing, secrets.rpc),
      ],
      environment: {
        ...chains,
        ...ledger,
        ...audit,
        ...queues,
        ...breakerSettings(stage.config),
        WEBHOOK_TRANSACTION_EVENTS: String(stage.config.webhooks.transaction_events),
        OUTBOX_QUEUE_URL: outbox.wakes.queue.queueUrl,
        SIGNING_SECRET_ARN: secrets.signing.secretArn,
        RPC_SECRET_ARN: secrets.rpc.secretArn,
      },
      errorImpact: 'No transactions are accepted.',
    },
    'status-api': {
      name: 'status-api',
      description: 'Shows operators how transactions and chains are getting on. Reads only; no keys.',
      permissions: [
        data.ledger.allow('BatchGetItem'),
        data.ledger.allowIndexQuery('gsi1'),
        data.ledger.allowIndexQuery('gsi3'),
        // Circuits before RPC endpoints and price feeds.
        data.ephemeral.allow('GetItem', 'PutItem'),
        allowRead(secrets.rpc),
      ],
      environment: {
        ...pricedChainSettings(stage.config),
        ...ledger,
        ...breakerSettings(stage.config),
        PENDING_TX_THRESHOLD_MINUTES: String(stage.config.monitors.pending_tx_threshold_minutes),
        GAS_SPIKE_THRESHOLD: String(stage.config.monitors.gas_spike_threshold),
        RPC_SECRET_ARN: secrets.rpc.secretArn,
      },
      errorImpact: 'Operators cannot see how transactions and chains are getting on.',
    },
    'token-api': {
      name: 'token-api',
      description: 'Moves, redeems and shows the token, names the treasury. Stores intents and kicks lanes; no keys.',
      permissions: [
        // A redemption checks, in its own transaction, that its user is verified.
        data.ledger.allow('GetItem', 'BatchGetItem', 'Query', 'ConditionCheckItem'),
        data.ledger.allowRowsBut(WALLET_ROWS, 'PutItem'),
        data.ledger.allowRows(['TREASURY#*'], 'PutItem'),
        data.audit.allowRows(['access:*', 'lane:*', 'red_*', 'token:*', 'treasury:*', 'tx_*'], 'PutItem'),
        idempotency,
        lanes.kicks.allowSend(),
        allowRead(secrets.rpc),
      ],
      environment: {
        ...chains,
        ...ledger,
        ...audit,
        ...queues,
        ...breakerSettings(stage.config),
        WEBHOOK_TRANSACTION_EVENTS: String(stage.config.webhooks.transaction_events),
        RPC_SECRET_ARN: secrets.rpc.secretArn,
      },
      errorImpact: 'No tokens can be minted, transferred or redeemed.',
    },
    'users-api': {
      name: 'users-api',
      description: 'Shows and changes users, shows their transactions and redemptions. No keys, no lanes.',
      permissions: [
        data.ledger.allow('GetItem', 'BatchGetItem'),
        data.ledger.allowRows(['USER#*', 'AUDIT#access:*'], 'PutItem'),
        data.ledger.allowIndexQuery('gsi1'),
        data.ledger.allowIndexQuery('gsi2'),
        data.ledger.allowIndexQuery('gsi3'),
        data.audit.allowRows(['access:*', 'usr_*'], 'PutItem'),
        allowRead(secrets.signing),
      ],
      environment: { ...ledger, ...audit, SIGNING_SECRET_ARN: secrets.signing.secretArn },
      errorImpact: 'Users and redemptions cannot be seen or changed.',
    },
  } satisfies Record<string, FunctionFacts>;
}
