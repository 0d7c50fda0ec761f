import { randomUUID } from 'node:crypto';
import { GetQueueUrlCommand, PurgeQueueCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fund } from '#local/seed.ts';
import { alarmDescription } from '#shared/alerts/alarms/alarm-description.ts';
import { type InProcess, inProcess } from '#test/support/in-process.ts';
import { awsOptions, ended, type LocalHaven, localHaven } from '#test/support/local-haven.ts';
import { openCircuit } from '#test/support/open-circuit.ts';
import { createTestAlarm } from '#test/support/stage-alarms.ts';
import { conditionStory } from '#test/support/told/condition-story.ts';
import { openToldChannels, type ToldChannels } from '#test/support/told/told-channels.ts';
import { type BegunStory, expectToldOnce, type Story, toldBySchedule } from '#test/support/told/told-story.ts';

const TO = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8';
/** Nobody else's: no test has stock looked over by a schedule that fails. */
const DEAD_LETTERS = 'haven-local-stock-schedule-dlq';

let haven: LocalHaven;
let parts: InProcess;
let channels: ToldChannels;
const cleanUps: (() => Promise<void>)[] = [];

beforeAll(async () => {
  haven = localHaven();
  parts = await inProcess(haven);
  channels = await openToldChannels(haven, ['balance_low', 'circuit_open', 'alarm']);
});
afterAll(async () => {
  const { names, messages } = await channels.leaks();
  for (const cleanUp of cleanUps) await cleanUp();
  await channels.close();
  expect(names).toEqual([]);
  expect(messages).toBeGreaterThan(0);
});

/** Its lane tells that it begins; that it is still so, and that it is over, the monitor. */
async function lowBalance(): Promise<Story> {
  const { id, address } = await haven.client.createWallet({ body: { purpose: 'user' } });
  const body = { wallet_id: id, chain_id: haven.info.chainId, to: TO, value: '1' };
  let transactionId = '';
  return conditionStory(haven, parts, {
    category: 'balance_low',
    subject: id,
    condition: `balances_low:${haven.info.chainId}#${address.toLowerCase()}`,
    severity: 'ERROR',
    isToldByItsOwner: true,
    async begin() {
      transactionId = (await haven.client.createTransaction({ body })).id;
    },
    async mend() {
      await fund(haven.info.rpcUrl, address, '1');
      expect((await ended(haven, transactionId, 120_000)).status).toBe('confirmed');
    },
  });
}

async function openedCircuit(): Promise<Story> {
  const name = `test:${randomUUID()}`;
  return conditionStory(haven, parts, {
    category: 'circuit_open',
    subject: name,
    condition: `circuits:${name}`,
    severity: 'WARNING',
    begin: () => openCircuit(parts, name),
    async mend() {
      await haven.client.resetCircuitBreaker({ params: { name }, body: { reason: 'a test of the monitor' } });
    },
  });
}

async function deadLetter(): Promise<Story> {
  const sqs = new SQSClient(awsOptions(haven.info));
  const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: DEAD_LETTERS }));
  return conditionStory(haven, parts, {
    category: 'alarm',
    subject: DEAD_LETTERS,
    condition: `dead_letters:${DEAD_LETTERS}`,
    severity: 'ERROR',
    async begin() {
      await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: '{}' }));
    },
    async mend() {
      await sqs.send(new PurgeQueueCommand({ QueueUrl }));
    },
  });
}

async function alarmState(): Promise<Story> {
  const name = `test-${randomUUID().slice(0, 8)}`;
  const text = 'A test has made this alarm. Nobody needs to do anything.';
  const alarm = await createTestAlarm(haven.info, name, alarmDescription({ text, alert: 'ERROR' }));
  cleanUps.push(() => alarm.delete());
  const sounds = () => alarm.set('ALARM', 'Threshold Crossed: 1 datapoint [7.0]');
  return {
    ...conditionStory(haven, parts, {
      category: 'alarm',
      subject: name,
      condition: `alarm:${name}`,
      severity: 'ERROR',
      async begin() {
        await alarm.set('OK', 'not yet');
        await sounds();
      },
      mend: () => alarm.set('OK', 'Threshold not crossed'),
    }),
    async again() {
      // Missing data end nothing: it is still one alarm.
      await alarm.set('INSUFFICIENT_DATA', 'nothing came');
      await sounds();
    },
  };
}

/** Each story that was told by the schedule; together, because who goes on has the monitor look. */
const told = new Map<() => Promise<Story>, BegunStory>();

function begun(story: () => Promise<Story>): BegunStory {
  const found = told.get(story);
  if (found === undefined) throw new Error('It was not told by the schedule');
  return found;
}

it('what is wrong is told by the schedule of the monitor, whom nobody calls', { timeout: 300_000 }, async () => {
  const stories = [lowBalance, openedCircuit, deadLetter, alarmState];
  await Promise.all(
    stories.map(async (story) => told.set(story, await toldBySchedule(haven, channels, await story()))),
  );
});

/** Side by side: each is about something of its own. What befalls a whole chain is in chain-trouble.test.ts. */
describe.concurrent('told once by mail, in Slack and by signed webhook, again only after the cool-down, and when it is over:', () => {
  it.each([
    ['a low balance', lowBalance],
    ['an open circuit', openedCircuit],
    ['a dead letter', deadLetter],
    ['an alarm that sounds', alarmState],
  ] as const)('%s', { timeout: 300_000 }, async (_name, story) => {
    await expectToldOnce(haven, channels, begun(story));
  });
});
