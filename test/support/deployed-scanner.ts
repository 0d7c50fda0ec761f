import { randomUUID } from 'node:crypto';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { emptyHead } from '#shared/audit/audit-entry.ts';
import { isoTime, systemClock } from '#shared/platform/clock.ts';
import { TOKEN_SETTINGS_KEY, TOKEN_STREAM } from '#shared/token/token-settings.ts';
import { createDeployedCopy, type DeployedCopy } from './deployed-copy.ts';
import type { LocalHaven } from './local-haven.ts';
import type { ScanLab } from './scan-lab.ts';

/** What a lane would offer at most; the scanner sends nothing. */
const MAX_FEE_PER_GAS_WEI = '500000000000';

/** Deploys the payment scanner once more, for the tables and the chain of a lab. */
export async function createDeployedScanner(haven: Pick<LocalHaven, 'info'>, lab: ScanLab): Promise<DeployedCopy> {
  const { tables, queues, anvil, settings, token } = lab;
  await lab.client.send(
    new PutCommand({
      TableName: tables.ledger,
      Item: {
        ...TOKEN_SETTINGS_KEY,
        ...emptyHead(TOKEN_STREAM),
        chain_id: anvil.chainId,
        address: token,
        minter_wallet_id: 'wal_of_nobody',
        decimals: 6,
        updated_at: isoTime(systemClock()),
        version: 1,
      },
    }),
  );
  const chain = { ...settings, name: 'of a lab', native_asset: 'ETH', max_fee_per_gas_wei: MAX_FEE_PER_GAS_WEI };
  return createDeployedCopy(
    haven,
    { stack: 'Scan', name: 'payment-scanner' },
    `haven-lab-scan-${randomUUID().slice(0, 8)}`,
    {
      SHOP_TABLE: tables.shop,
      LEDGER_TABLE: tables.ledger,
      AUDIT_TABLE: tables.audit,
      LOGS_TABLE: tables.logs,
      EPHEMERAL_TABLE: tables.ephemeral,
      SCAN_QUEUE_URL: queues.wakeQueueUrl,
      CHAINS: JSON.stringify([chain]),
    },
    { setting: 'RPC_SECRET_ARN', text: JSON.stringify({ [anvil.chainId]: [anvil.rpcUrl] }) },
  );
}
