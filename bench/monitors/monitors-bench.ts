import { randomUUID } from 'node:crypto';
import { loadStage } from '#lib/load-stage.ts';
import { sleep } from '#shared/platform/retry.ts';
import { type InProcess, inProcess } from '#test/support/in-process.ts';
import { eventually, type LocalHaven, localHaven } from '#test/support/local-haven.ts';
import { openCircuit } from '#test/support/open-circuit.ts';
import { openToldChannels, type Told, type ToldChannels } from '#test/support/told/told-channels.ts';
import type { Bench, ReportTable } from '../bench.ts';
import { number } from '../lanes/times-tables.ts';
import { percentile } from '../statistics.ts';

const DEFAULT_ROUNDS = 3;
/** Conditions of one round, evenly over the time between two looks: one look tells of twenty of one check at most. */
const CONDITIONS = 15;
/** What the design allows from the look to the delivery. */
const ALLOWED_MS = 5_000;
/** Far more than it may take. */
const PATIENCE_MS = 300_000;
/** How exactly the arrival of a mail is known: the endpoint keeps it and tells nobody. */
const POLL_MS = 20;
const KINDS = ['webhook', 'slack', 'mail'] as const;

const intervalMs = loadStage('local').monitors.monitor_interval_minutes * 60_000;

/** When one condition became so, when the monitor found it, and when each channel was told, in milliseconds since the Unix epoch. */
interface ConditionTimes {
  readonly trueMs: number;
  readonly foundMs: number;
  readonly toldMs: Readonly<Record<keyof Told, number>>;
}

/** From something going wrong to its being told, by the deployed monitor on its own schedule and the deployed notifier. */
export const monitorsBench: Bench = async ({ rounds = DEFAULT_ROUNDS, say }) => {
  const haven = localHaven();
  const parts = await inProcess(haven);
  const channels = await openToldChannels(haven, ['circuit_open']);
  try {
    const times: ConditionTimes[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      say(`${CONDITIONS} circuits open within ${intervalMs / 1_000} s, ${round} of ${rounds}`);
      times.push(...(await oneRound(haven, parts, channels)));
    }
    const worstMs = Math.max(...times.flatMap(({ trueMs, toldMs }) => Object.values(toldMs).map((ms) => ms - trueMs)));
    return { tables: [timesTable(times)], data: { intervalMs, allowedMs: ALLOWED_MS, worstMs, times } };
  } finally {
    await channels.close();
  }
};

/** Opens circuits one after the other, waits until each was told everywhere, and closes them. */
async function oneRound(
  haven: LocalHaven,
  parts: InProcess,
  channels: ToldChannels,
): Promise<readonly ConditionTimes[]> {
  const round = `bench:${randomUUID()}`;
  const names = Array.from({ length: CONDITIONS }, (_, index) => `${round}:${String(index).padStart(2, '0')}`);
  try {
    const opened = names.map(async (name, index) => {
      await sleep((index * intervalMs) / CONDITIONS);
      const trueMs = Date.now();
      await openCircuit(parts, name);
      return trueMs;
    });
    const told = await arrivals(channels, round, names);
    return await Promise.all(
      opened.map(async (trueMs, index) => ({ trueMs: await trueMs, ...toldOf(told, names[index] ?? '') })),
    );
  } finally {
    for (const name of names)
      await haven.client.resetCircuitBreaker({ params: { name }, body: { reason: 'the bench is done' } });
  }
}

type Arrivals = ReadonlyMap<string, ReadonlyMap<keyof Told | 'found', number>>;

/** When each condition was found, and when it came to each channel. All are looked for at once: to look for mails is work for the endpoint. */
async function arrivals(channels: ToldChannels, round: string, names: readonly string[]): Promise<Arrivals> {
  const at = new Map(names.map((name) => [name, new Map<keyof Told | 'found', number>()]));
  await eventually(
    `${names.length} conditions told by ${KINDS.length} channels`,
    async () => {
      const { webhook, ...texts } = await channels.about(round);
      const nowMs = Date.now();
      const told = { ...texts, webhook: webhook.map((alert) => JSON.stringify(alert)) };
      for (const [name, times] of at) {
        for (const kind of KINDS)
          if (!times.has(kind) && told[kind].some((text) => text.includes(name))) times.set(kind, nowMs);
        const found = webhook.find(({ details }) => details['circuit'] === name)?.occurred_at;
        if (found !== undefined) times.set('found', Date.parse(found));
      }
      return [...at.values()].every(({ size }) => size === KINDS.length + 1) || undefined;
    },
    PATIENCE_MS,
    POLL_MS,
  );
  return at;
}

function toldOf(told: Arrivals, name: string): Omit<ConditionTimes, 'trueMs'> {
  const of = (what: keyof Told | 'found') => told.get(name)?.get(what) ?? Number.NaN;
  return { foundMs: of('found'), toldMs: { webhook: of('webhook'), slack: of('slack'), mail: of('mail') } };
}

function timesTable(times: readonly ConditionTimes[]): ReportTable {
  const row = (name: string, pick: (one: ConditionTimes) => number) => {
    const values = times.map(pick);
    return [name, ...[percentile(values, 50), percentile(values, 95), Math.max(...values)].map((ms) => number(ms, 0))];
  };
  const within = (kind: keyof Told) => (one: ConditionTimes) => one.toldMs[kind] - one.foundMs;
  const overall = (kind: keyof Told) => (one: ConditionTimes) => one.toldMs[kind] - one.trueMs;
  return {
    title: 'How soon what goes wrong is told',
    text: `${times.length} circuits that open at times spread evenly between two looks of the deployed monitor, which its schedule has look every ${intervalMs / 1_000} s; told by the deployed notifier. The target is a delivery within ${(intervalMs + ALLOWED_MS) / 1_000} s of its being so. Arrivals are known to ${POLL_MS} ms, on the local endpoint: its times are not those of AWS.`,
    columns: ['From, to', 'p50, ms', 'p95, ms', 'Most, ms'],
    rows: [
      row('it is so, the monitor finds it', ({ trueMs, foundMs }) => foundMs - trueMs),
      row('found, told by signed webhook', within('webhook')),
      row('found, told in Slack', within('slack')),
      row('found, told by mail', within('mail')),
      row('it is so, told by signed webhook', overall('webhook')),
      row('it is so, told in Slack', overall('slack')),
      row('it is so, told by mail', overall('mail')),
    ],
  };
}
