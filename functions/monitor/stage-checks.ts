import type { SQSClient } from '@aws-sdk/client-sqs';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { AnchorReader } from '#shared/audit/anchors/anchor-bucket.ts';
import { createPoolReader } from '#shared/custody/deposit-pool/pool-reader.ts';
import { createSweepStore } from '#shared/custody/lifecycle/sweep-store.ts';
import type { Check } from '#shared/monitors/check.ts';
import { alarmsCheck } from '#shared/monitors/checks/alarms.ts';
import { anchorsCheck } from '#shared/monitors/checks/anchors.ts';
import { circuitsCheck } from '#shared/monitors/checks/circuits.ts';
import { deadLettersCheck } from '#shared/monitors/checks/dead-letters.ts';
import { gasPriceCheck } from '#shared/monitors/checks/gas-price.ts';
import { balancesCheck, noncesCheck } from '#shared/monitors/checks/lanes.ts';
import { readOpenLanes } from '#shared/monitors/checks/open-lanes.ts';
import { openOrdersCheck, overdueCheck, scanLagCheck } from '#shared/monitors/checks/orders.ts';
import { driftCheck, poolCheck } from '#shared/monitors/checks/stock.ts';
import { sweepsCheck } from '#shared/monitors/checks/sweeps.ts';
import { failedCheck, pendingCheck } from '#shared/monitors/checks/transactions.ts';
import { createGasBaselineStore } from '#shared/monitors/gas-baseline-store.ts';
import type { Thresholds } from '#shared/monitors/thresholds.ts';
import { createScanStore } from '#shared/payments/scan/scan-store.ts';
import { createQueueCounter } from '#shared/platform/aws/queue-counts.ts';
import { createBreakerStore } from '#shared/platform/breaker/breaker-store.ts';
import type { ChainClients } from '#shared/platform/chain/chain-clients.ts';
import type { ChainConfig } from '#shared/platform/chain/chain-config.ts';
import type { Clock } from '#shared/platform/clock.ts';
import { rowLoader } from '#shared/platform/dynamo/id-source.ts';
import type { Metrics } from '#shared/platform/metrics.ts';
import { transactionKey } from '#shared/transactions/ledger-items.ts';
import { createStatusStore } from '#shared/transactions/status/status-store.ts';
import { transactionSchema } from '#shared/transactions/transaction.ts';

/** Where the facts of a stage are. */
export interface StageFacts {
  readonly client: DynamoDBDocumentClient;
  readonly tables: { readonly ledger: string; readonly shop: string; readonly ephemeral: string };
  readonly chains: readonly ChainConfig[];
  readonly clients: ChainClients;
  readonly anchors: AnchorReader;
  readonly sqs: SQSClient;
  /** Names of all dead-letter queues. */
  readonly deadLetterQueues: readonly string[];
  readonly thresholds: Thresholds;
  readonly clock: Clock;
  readonly metrics: Metrics;
}

/** Everything that is watched of a stage. */
export function stageChecks(facts: StageFacts): readonly Check[] {
  const { client, tables, chains, clients, thresholds } = facts;
  const transactions = createStatusStore(client, tables.ledger);
  const baselines = createGasBaselineStore(client, tables.ephemeral);
  const scans = createScanStore(client, tables.shop);
  return [
    pendingCheck(
      transactions,
      {
        lanes: () => readOpenLanes(client, tables.ledger),
        transactions: rowLoader(client, tables.ledger, transactionKey, transactionSchema),
      },
      chains,
      thresholds,
    ),
    failedCheck(transactions, thresholds),
    balancesCheck(client, tables.ledger),
    noncesCheck(client, tables.ledger),
    circuitsCheck(createBreakerStore(client, tables.ephemeral, facts.clock)),
    overdueCheck(client, tables.shop, chains, thresholds),
    openOrdersCheck(client, tables.shop, chains, facts.metrics),
    sweepsCheck(client, tables, createSweepStore(client, tables.ledger), chains, thresholds),
    driftCheck(client, tables.shop),
    poolCheck(createPoolReader(client, tables.ledger)),
    anchorsCheck(facts.anchors, thresholds),
    alarmsCheck(),
    deadLettersCheck(createQueueCounter(facts.sqs), facts.deadLetterQueues),
    ...chains.flatMap((chain) => [
      gasPriceCheck(chain, clients, baselines, thresholds),
      scanLagCheck(chain, scans, thresholds),
    ]),
  ];
}
