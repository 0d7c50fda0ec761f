import { readFile } from 'node:fs/promises';
import { buildConfiguration } from './configuration.ts';
import { configurationSections } from './configuration-sections.ts';
import { buildCost } from './cost.ts';
import { buildErrors } from './errors.ts';
import { buildLanes } from './lane-tables.ts';
import { buildOpenApi } from './openapi.ts';
import { buildOrders } from './order-tables.ts';
import { buildPage } from './page/page.ts';
import { buildWebhookFixtures, buildWebhooks } from './webhook-events.ts';

/** A generated document. */
export interface Artifact {
  /** Below docs/. */
  readonly name: string;
  readonly text: string;
}

/** docs/lanes.md, of which only the tables are generated. */
const LANES = new URL('../lanes.md', import.meta.url);

/** docs/orders.md, of which only the table is generated. */
const ORDERS = new URL('../orders.md', import.meta.url);

/** docs/webhooks.md, of which only the table is generated. */
const WEBHOOKS = new URL('../webhooks.md', import.meta.url);

/** Every generated document, as it must stand in docs/. */
export async function buildArtifacts(): Promise<readonly Artifact[]> {
  const openApi = buildOpenApi();
  return [
    { name: 'openapi.json', text: `${JSON.stringify(openApi, null, 2)}\n` },
    { name: 'api.html', text: buildPage(openApi) },
    { name: 'errors.md', text: buildErrors() },
    { name: 'lanes.md', text: buildLanes(await readFile(LANES, 'utf8')) },
    { name: 'orders.md', text: buildOrders(await readFile(ORDERS, 'utf8')) },
    { name: 'cost.md', text: buildCost() },
    { name: 'webhooks.md', text: buildWebhooks(await readFile(WEBHOOKS, 'utf8')) },
    { name: 'fixtures/webhook-events.json', text: buildWebhookFixtures() },
    { name: 'configuration.md', text: buildConfiguration(await configurationSections()) },
  ];
}
