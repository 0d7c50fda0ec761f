import { performance } from 'node:perf_hooks';
import { TELL_ALL } from '#shared/alerts/channels/routing.ts';
import type { AlertChannel } from '#shared/alerts/delivery/channel.ts';
import { type DeliverAlertsDependencies, deliverAlerts } from '#shared/alerts/delivery/deliver-alerts.ts';
import { createDeliveryStore } from '#shared/alerts/delivery/delivery-store.ts';
import { createChatChannel, createSignedChannel } from '#shared/alerts/delivery/webhook-channel.ts';
import { recordAlert } from '#shared/alerts/record-alert.ts';
import { createBreakers, createLocalBreakerStore } from '#shared/platform/breaker/breaker.ts';
import { DEFAULT_POLICY } from '#shared/platform/breaker/breaker-config.ts';
import { isoTime, systemClock } from '#shared/platform/clock.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { createOutboundPost } from '#shared/platform/http/outbound-post.ts';
import { newWebhookSecret } from '#shared/platform/http/webhook-secret.ts';
import { newId } from '#shared/platform/ids.ts';
import { createLog } from '#shared/platform/log/logger.ts';
import { type InProcess, inProcess } from '#test/support/in-process.ts';
import { createLabTables } from '#test/support/lane-lab/lab-tables.ts';
import { eventually, type LocalHaven, localHaven } from '#test/support/local-haven.ts';
import { startWebhookReceiver } from '#test/support/webhook-receiver.ts';
import type { BenchContext, BenchReport } from '../bench.ts';
import { number } from '../lanes/times-tables.ts';
import { percentile } from '../statistics.ts';
import { costTable, countAlerts } from './alert-cost.ts';

const DEFAULT_ROUNDS = 30;
/** Alerts that are told in one run: more than a run has at once under work. */
const BURST = 200;
/** Each alert goes to as many channels. */
const CHANNELS = 3;

/** Measures how soon and how fast alerts are told, and what that calls and costs. */
export async function alertsBench({ rounds = DEFAULT_ROUNDS, say }: BenchContext): Promise<BenchReport> {
  const haven = localHaven();
  say(`${rounds} alerts by the deployed functions, one after the other`);
  const latenciesMs = await deployedLatencies(haven, rounds);
  const tables = await createLabTables(haven.info.awsEndpointUrl);
  const receiver = await startWebhookReceiver();
  try {
    const parts = await inProcess(haven, { tables: tables.names });
    const deps = tellingParts(parts, receiver.url);
    say(`${BURST} alerts at once to ${CHANNELS} channels`);
    const burst = await recorded(parts, BURST);
    const beganMs = performance.now();
    await deliverAlerts(deps, burst, Deadline.in(600_000, systemClock));
    const seconds = (performance.now() - beganMs) / 1_000;
    const perSecond = receiver.calls.length / seconds;
    say('what an alert calls and costs');
    const cost = await countAlerts(haven.info, parts.client, CHANNELS, async () => {
      const [id = ''] = await recorded(parts, 1);
      await deliverAlerts(deps, [id], Deadline.in(60_000, systemClock));
    });
    return {
      tables: [
        {
          title: 'How soon and how fast alerts are told',
          text: `The first row is by the deployed functions and the table's stream, from the answer that the alert is recorded to its arrival; the second in this process, ${BURST} alerts to ${CHANNELS} channels each, four calls to a channel at once. On the local endpoint: its times are not those of AWS.`,
          columns: ['What', 'Median, ms', 'p95, ms', 'A second'],
          rows: [
            ['event to delivery', number(percentile(latenciesMs, 50), 0), number(percentile(latenciesMs, 95), 0), ''],
            ['deliveries of a burst', '', '', number(perSecond, 0)],
          ],
        },
        costTable(cost),
      ],
      data: { latenciesMs, deliveriesPerSecond: perSecond, cost: { ...cost, picoUsd: cost.picoUsd.toString() } },
    };
  } finally {
    await receiver.close();
    await tables.drop();
  }
}

/** Milliseconds from the answer that an alert is recorded to its arrival at a webhook. */
async function deployedLatencies(haven: LocalHaven, rounds: number): Promise<readonly number[]> {
  const arrivedMs: number[] = [];
  const receiver = await startWebhookReceiver((call) => {
    arrivedMs[call] = performance.now();
    return { status: 204 };
  });
  const { id } = await haven.client.createAlertChannel({ body: { name: 'bench', type: 'webhook', url: receiver.url } });
  try {
    const latencies: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const alert = await haven.client.testAlertChannel({ params: { id } });
      const recordedMs = performance.now();
      const call = await eventually(
        alert.id,
        async () => receiver.calls.findIndex(({ body }) => body.includes(alert.id)) + 1 || undefined,
        60_000,
        5,
      );
      latencies.push(Math.max(0, (arrivedMs[call] ?? Number.NaN) - recordedMs));
    }
    return latencies;
  } finally {
    await haven.client.deleteAlertChannel({ params: { id } });
    await receiver.close();
  }
}

/** Records alerts of different things. Returns their ids. */
async function recorded({ client, tables }: InProcess, count: number): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let number = 0; number < count; number += 1) {
    const id = newId('alr');
    const write = new WriteTransaction();
    recordAlert(write, tables, {
      id,
      severity: 'ERROR',
      category: 'system_test',
      summary: 'An alert of the bench',
      details: { wallet_id: 'wal_01JD8Q4X7M5N2V9C3R6T0W1YZA', missing_wei: '1000000000000000' },
      dedupe_key: `bench#${id}`,
      occurred_at: isoTime(systemClock()),
    });
    await write.commit(client, Deadline.in(10_000, systemClock));
    ids.push(id);
  }
  return ids;
}

function tellingParts({ client, tables }: InProcess, url: string): DeliverAlertsDependencies {
  const parts = { clock: systemClock, log: createLog(() => undefined), metrics: { count: () => undefined } };
  const breakers = createBreakers({
    ...parts,
    store: createLocalBreakerStore(),
    policy: DEFAULT_POLICY,
    newProbeId: () => newId('evt'),
  });
  const deps = { ...parts, breakers, post: createOutboundPost({ exemptHosts: ['127.0.0.1'] }) };
  const at = (name: string) => ({ name, url, routing: TELL_ALL });
  const channels: readonly AlertChannel[] = [
    createChatChannel(deps, at('slack:chn_1'), 'slack'),
    createChatChannel(deps, at('discord:chn_2'), 'discord'),
    createSignedChannel(deps, at('webhook:chn_3'), [newWebhookSecret()]),
  ];
  return {
    ...parts,
    newId,
    store: createDeliveryStore(client, tables.logs),
    channels: async () => ({ channels, complete: true }),
    coolDownMs: 60_000,
    stage: 'local',
    runbookUrl: 'https://haven.example/docs/runbook.md',
    random: Math.random,
  };
}
