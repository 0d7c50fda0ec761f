import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { BatchWriteCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { localClientOptions } from '#local/endpoint-settings.ts';
import { createOrderStore } from '#shared/orders/order-store.ts';
import { type ScanReport, scanChain } from '#shared/payments/scan/scan-chain.ts';
import type { ScanPass } from '#shared/payments/scan/scan-context.ts';
import { createScanStore } from '#shared/payments/scan/scan-store.ts';
import { ChainClient } from '#shared/platform/chain/chain-client.ts';
import { createEndpoint, type JsonRpc } from '#shared/platform/chain/json-rpc.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { createDocumentClient } from '#shared/platform/dynamo/document-client.ts';
import { newId } from '#shared/platform/ids.ts';
import { createLog } from '#shared/platform/log/logger.ts';
import { type Anvil, startAnvil } from './anvil.ts';
import { createScanDesk } from './fakes/scan-desk.ts';
import { LabChain } from './lane-lab/lab-chain.ts';
import { createLabTables } from './lane-lab/lab-tables.ts';
import type { LocalHaven } from './local-haven.ts';
import { createPayer, type Payer } from './payer.ts';

/** Payments are final that deep. */
const CONFIRMATIONS = 2;
/** The time from a block to the next, unless a test says otherwise. */
const BLOCK_SECONDS = 10;
const PASS_MS = 60_000;
/** What one BatchWriteItem takes. */
const ROWS_AT_ONCE = 25;

/** The scanner's own code on real tables of its own, and on a real chain of its own, on which somebody pays. */
export type ScanLab = Awaited<ReturnType<typeof createScanLab>>;

/**
 * Makes a lab on the deployed stack's endpoint. Its tables are like the deployed ones, and no deployed function sees them.
 *
 * @param secondsBack how long ago its chain begins: blocks are mined as fast as can be, and none may be of a time to come for who goes by the clock
 */
export async function createScanLab({ info }: Pick<LocalHaven, 'info'>, secondsBack = 0) {
  const tables = await createLabTables(info.awsEndpointUrl);
  const newClient = () => createDocumentClient(new DynamoDBClient(localClientOptions(info.awsEndpointUrl)));
  const client = newClient();
  const beginsAt = Math.floor(Date.now() / 1_000) - secondsBack;
  const anvil: Anvil = await startAnvil({ minesOnDemand: true, beginsAt });
  const chain = new LabChain(anvil.rpcUrl);
  const payer: Payer = await createPayer(anvil.rpcUrl, async () => {
    await chain.ask('evm_mine');
  });
  const token = await payer.deploy('HavenToken', payer.address);
  const payMany = await payer.deploy('PayMany');
  await payer.send({ to: token, data: payer.data('HavenToken', 'mint', payer.address, 10n ** 15n) });
  await payer.send({ to: token, data: payer.data('HavenToken', 'approve', payMany, 10n ** 15n) });
  await chain.ask('evm_mine');
  // Orders and goods are made as for tables in memory, and copied.
  const desk = createScanDesk();
  let seconds = Math.floor((await chain.headTimeMs()) / 1_000);

  async function copy(): Promise<void> {
    for (const name of ['shop', 'ledger'] as const) {
      const rows = desk.rows(name);
      for (let start = 0; start < rows.length; start += ROWS_AT_ONCE) {
        const puts = rows.slice(start, start + ROWS_AT_ONCE).map((Item) => ({ PutRequest: { Item } }));
        await client.send(new BatchWriteCommand({ RequestItems: { [tables.names[name]]: puts } }));
      }
    }
  }

  const settings = {
    chain_id: anvil.chainId,
    block_time_ms: BLOCK_SECONDS * 1_000,
    required_confirmations: CONFIRMATIONS,
  };

  function pass(by: DynamoDBDocumentClient, rpc: JsonRpc): ScanPass {
    const { shop, audit, logs } = tables.names;
    const clock = () => seconds * 1_000;
    return {
      deps: {
        client: by,
        tables: { shop, audit, logs },
        orders: createOrderStore(by, shop),
        scans: createScanStore(by, shop),
        clock,
        newId,
        log: createLog(() => undefined),
        metrics: { count: () => undefined },
      },
      chain: settings,
      client: new ChainClient(rpc),
      accepted: [
        { symbol: 'ETH', tokenAddress: null },
        { symbol: 'HAVEN', tokenAddress: token },
      ],
      requestId: 'scan-lab',
      deadline: Deadline.in(PASS_MS, clock),
    };
  }
  const endpoint = createEndpoint(anvil.rpcUrl);

  return {
    anvil,
    chain,
    payer,
    token,
    payMany,
    desk,
    client,
    newClient,
    tables: tables.names,
    queues: tables.queues,
    /** Of the chain, for who scans it. */
    settings,
    endpoint,
    orders: createOrderStore(client, tables.names.shop),
    copy,
    /** Mines a block of what waits, later than all others that ever were. */
    async mine(): Promise<void> {
      seconds += BLOCK_SECONDS;
      await chain.mine(seconds * 1_000);
    },
    /** Has the next block come not before a time, in seconds since the Unix epoch. */
    passTime: (until: number): void => {
      seconds = Math.max(seconds, until);
    },
    seconds: () => seconds,
    scan: (by = client, rpc: JsonRpc = endpoint): Promise<ScanReport | undefined> => scanChain(pass(by, rpc)),
    async close(): Promise<void> {
      payer.close();
      await anvil.stop();
      await tables.drop();
    },
  };
}
