import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { parseUnits, toQuantity } from 'ethers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { type InProcess, inProcess } from '#test/support/in-process.ts';
import { askChain, ended, eventually, fundedWallet, type LocalHaven, localHaven } from '#test/support/local-haven.ts';
import { conditionStory } from '#test/support/told/condition-story.ts';
import { openToldChannels, type ToldChannels } from '#test/support/told/told-channels.ts';
import { type BegunStory, expectToldOnce, type Story, toldBySchedule } from '#test/support/told/told-story.ts';

const TO = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8';
/** Far above what is usual here, and far below what Haven offers, so that nothing waits for its price. */
const SPIKE_WEI = parseUnits('20', 'gwei');
const USUAL_WEI = parseUnits('1', 'gwei');
const MINUTE_MS = 60_000;
/** A lane whose kick was lost is found by the schedule, which looks each minute. */
const SENT_WITHIN_MS = 90_000;
/** As many looks of the monitor as say what is usual, and some more. */
const LOOKS = 15;

let haven: LocalHaven;
let parts: InProcess;
let channels: ToldChannels;

/**
 * The stage's own chain: what is deployed knows no other, and this file is alone with it. Each block takes as long as the chain's own, once it
 * is mined again.
 */
beforeAll(async () => {
  haven = localHaven();
  parts = await inProcess(haven);
  channels = await openToldChannels(haven, ['transaction_pending', 'gas_price_spike']);
  await mineEvery(0);
});
afterAll(async () => {
  await setPrice(USUAL_WEI);
  await mineEvery(1);
  const { names, messages } = await channels.leaks();
  await channels.close();
  expect(names).toEqual([]);
  expect(messages).toBeGreaterThan(0);
});

const mineEvery = (seconds: number) => askChain(haven.info.rpcUrl, 'evm_setIntervalMining', [seconds]);
const setPrice = (wei: bigint) => askChain(haven.info.rpcUrl, 'anvil_setNextBlockBaseFeePerGas', [toQuantity(wei)]);

async function head(): Promise<number> {
  const { result } = z.object({ result: z.string() }).parse(await askChain(haven.info.rpcUrl, 'eth_blockNumber', []));
  return Number(result);
}

/** As if the monitor had looked each minute and gas had cost the usual: a stack that has just been started has not. */
async function passUsualMinutes(): Promise<void> {
  const pk = `GAS_BASELINE#${haven.info.chainId}`;
  const { Item } = await parts.client.send(new GetCommand({ TableName: parts.tables.ephemeral, Key: { pk } }));
  const version = z.object({ version: z.number() }).safeParse(Item).data?.version ?? 0;
  const samples = Array.from({ length: LOOKS }, (_, index) => ({
    at_ms: Date.now() - (LOOKS - index) * MINUTE_MS,
    wei: USUAL_WEI.toString(),
  }));
  const row = { pk, samples, version: version + 1, expires_at: Math.ceil(Date.now() / 1_000) + 3_600 };
  await parts.client.send(new PutCommand({ TableName: parts.tables.ephemeral, Item: row }));
}

async function stuckTransaction(): Promise<Story> {
  const wallet = await fundedWallet(haven);
  const body = { wallet_id: wallet.id, chain_id: haven.info.chainId, to: TO, value: '1' };
  let id = '';
  let atBlock = 0;
  return conditionStory(haven, parts, {
    category: 'transaction_pending',
    subject: wallet.id,
    condition: `transactions_pending:${haven.info.chainId}#${wallet.address.toLowerCase()}`,
    severity: 'WARNING',
    async begin() {
      atBlock = await head();
      id = (await haven.client.createTransaction({ body })).id;
      await eventually(
        'a transaction that a node has',
        async () => ((await haven.client.getTransaction({ params: { id } })).status === 'submitted' ? true : undefined),
        SENT_WITHIN_MS,
      );
    },
    async mend() {
      expect(await head()).toBe(atBlock);
      await mineEvery(1);
      expect((await ended(haven, id, 120_000)).status).toBe('confirmed');
    },
  });
}

async function dearGas(): Promise<Story> {
  return conditionStory(haven, parts, {
    category: 'gas_price_spike',
    subject: `gas_price:${haven.info.chainId}`,
    condition: `gas_price:${haven.info.chainId}`,
    severity: 'WARNING',
    async begin() {
      await passUsualMinutes();
      await setPrice(SPIKE_WEI);
    },
    async mend() {
      await setPrice(USUAL_WEI);
    },
  });
}

/** Each story that was told by the schedule; together, because who goes on has the monitor look. */
const told = new Map<() => Promise<Story>, BegunStory>();

function begun(story: () => Promise<Story>): BegunStory {
  const found = told.get(story);
  if (found === undefined) throw new Error('It was not told by the schedule');
  return found;
}

it('what is wrong is told by the schedule of the monitor, whom nobody calls', { timeout: 300_000 }, async () => {
  const stories = [stuckTransaction, dearGas];
  await Promise.all(
    stories.map(async (story) => told.set(story, await toldBySchedule(haven, channels, await story()))),
  );
});

/** Side by side: while nothing is mined a price is what is set, and a transaction waits whatever its price. */
describe.concurrent('told once by mail, in Slack and by signed webhook, again only after the cool-down, and when it is over:', () => {
  it.each([
    ['a transaction that is stuck because the chain mines nothing, until it is mined', stuckTransaction],
    ['a spike of the gas price', dearGas],
  ] as const)('%s', { timeout: 300_000 }, async (_name, story) => {
    await expectToldOnce(haven, channels, begun(story));
  });
});
