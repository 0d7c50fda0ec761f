import { breakerSettings } from '../../breaker-settings.ts';
import type { StageContext } from '../../stage-context.ts';
import { allowRead } from '../secrets-stack.ts';
import { type ApiParts, commonFacts, type FunctionFacts } from './function-facts.ts';

/** What sending the treasury's money takes of the ledger: wallets and policies are read, transactions and their lanes written. */
const WALLETS = ['CUSTODY#*', 'POLICY#*', 'WALLET#*'];
const ACCEPTED = ['LANE#*', 'REFERENCE#*', 'SPEND#*', 'TX#*'];

/** The functions of the API that serve what becomes of customers' money. None has a key or KMS. */
export function paymentFunctionFacts(stage: StageContext, parts: ApiParts) {
  const { data, secrets, lanes } = parts;
  const { chains, ledger, audit, queues, idempotency, accessHeads } = commonFacts(stage, parts);
  return {
    'refunds-api': {
      name: 'refunds-api',
      description: 'Gives money of orders back, from the treasury. Stores orders and intents at once; no keys, no KMS.',
      permissions: [
        data.shop.allowRows(['ORDER#*'], 'PutItem', 'Query'),
        data.shop.allowRows(['PAYMENT_ADDRESS#*'], 'GetItem'),
        // Get, because a failed condition shows the item.
        data.shop.allowRows(['STOCK#*'], 'GetItem', 'UpdateItem'),
        data.shop.allowRows(['NOTICE#*', 'PROCESSOR_REFUND#*'], 'PutItem'),
        data.ledger.allowRows(['TOKEN#*', 'TREASURY#*'], 'GetItem'),
        data.ledger.allowRows([...WALLETS, 'SPEND#*'], 'BatchGetItem'),
        // Get, because a failed condition shows the item.
        data.ledger.allowRows(ACCEPTED, 'GetItem', 'PutItem'),
        accessHeads,
        data.audit.allowRows(['access:*', 'ord_*', 'tx_*'], 'PutItem'),
        idempotency,
        lanes.kicks.allowSend(),
        // RPC: what the treasury has, and whether a claimed address has code.
        allowRead(secrets.rpc),
      ],
      environment: {
        ...chains,
        ...ledger,
        ...audit,
        ...queues,
        ...breakerSettings(stage.config),
        SHOP_TABLE: data.shop.tableName,
        RPC_SECRET_ARN: secrets.rpc.secretArn,
      },
      errorImpact: 'No money of orders can be given back.',
    },
    'payments-api': {
      name: 'payments-api',
      description:
        'Shows payments and sweeps of deposit addresses, and has a sweep tried again. Sends nothing; no keys.',
      permissions: [
        data.shop.allowRows(['DEPOSIT_SWEEP#*'], 'BatchGetItem', 'GetItem', 'PutItem'),
        data.shop.allowRows(['ORDER#*'], 'Query'),
        data.shop.allowIndexQuery('gsi1'),
        data.shop.allowIndexQuery('gsi2'),
        accessHeads,
        data.audit.allowRows(['access:*', 'deposit-sweep:*'], 'PutItem'),
        idempotency,
        allowRead(secrets.signing),
      ],
      environment: {
        ...ledger,
        ...audit,
        SHOP_TABLE: data.shop.tableName,
        SIGNING_SECRET_ARN: secrets.signing.secretArn,
      },
      errorImpact: 'Operators cannot see payments or sweeps, nor have a sweep tried again.',
    },
  } satisfies Record<string, FunctionFacts>;
}
