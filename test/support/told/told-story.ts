import { expect } from 'vitest';
import type { Alert } from '#shared/alerts/alert.ts';
import { eventually, type LocalHaven } from '../local-haven.ts';
import type { Told, ToldAlert, ToldChannels } from './told-channels.ts';

/** Something that goes wrong, stays so for longer than a cool-down, and is put right; and what is to be told of it. */
export interface Story {
  readonly category: Alert['category'];
  /** What all of its alerts name, and no other alert does. */
  readonly subject: string;
  /** Makes it so. */
  readonly begin: () => Promise<void>;
  /** Has whoever watches look, as often as it is waited for; absent: it is told without. */
  readonly look?: (() => Promise<void>) | undefined;
  /** It is seen once more, still the same. */
  readonly again: () => Promise<void>;
  /** Lets a cool-down pass. */
  readonly coolDown: () => Promise<void>;
  /** Puts it right. */
  readonly mend: () => Promise<void>;
  /** What is told: that it began, that it is still so, that it is over. */
  readonly tells: readonly [begun: Partial<ToldAlert>, still: Partial<ToldAlert>, over: Partial<ToldAlert>];
  /** What the store says of it after each of the three. */
  readonly stored: () => Promise<unknown>;
  readonly stores: readonly [begun: object, still: object, over: object];
}

/** From its being so to its being told: the monitor's schedule has a minute, and a stuck transaction counts as stuck after half a minute here. */
const TOLD_WITHIN_MS = 120_000;
/** The monitor is not asked more often than that. */
const POLL_MS = 1_000;

/** A story that has begun. */
export interface BegunStory extends Story {
  /** Before it began: ISO 8601, UTC. */
  readonly since: string;
}

/** Has a story begin, and waits until it is told though nobody calls the monitor: its schedule must. Prints how long that took. */
export async function toldBySchedule(haven: LocalHaven, channels: ToldChannels, story: Story): Promise<BegunStory> {
  const since = new Date(Date.now() - POLL_MS).toISOString();
  await story.begin();
  const begunMs = Date.now();
  await untilTold(haven, channels, { ...story, look: undefined }, { since, count: 1 });
  const seconds = ((Date.now() - begunMs) / 1_000).toFixed(1);
  process.stdout.write(`\n  ${story.category}, ${story.subject}: told ${seconds} s after it had begun\n`);
  return { ...story, since };
}

/** Has a story that was told go on, and asserts that each of the three is told once by each channel, and nothing else is. */
export async function expectToldOnce(haven: LocalHaven, channels: ToldChannels, story: BegunStory): Promise<void> {
  const step = (count: number) => stepOf(haven, channels, story, { since: story.since, count });
  await step(1);
  await story.again();
  await story.again();
  await step(1);
  await story.coolDown();
  await story.again();
  await step(2);
  await story.mend();
  await step(3);
}

/** How many are to be told since when. */
interface Step {
  /** ISO 8601, UTC. */
  readonly since: string;
  readonly count: number;
}

/** Waits until so many were told. */
async function untilTold(
  haven: LocalHaven,
  channels: ToldChannels,
  story: Story,
  { since, count }: Step,
): Promise<void> {
  await eventually(
    `${story.subject}: ${count} told`,
    async () => {
      await story.look?.();
      const found = await recordedAbout(haven, channels, story, since);
      return found.told.length >= count && !found.isUnderWay ? found : undefined;
    },
    TOLD_WITHIN_MS,
    POLL_MS,
  );
}

/** Waits until so many were told, and asserts that every channel told just those. */
async function stepOf(haven: LocalHaven, channels: ToldChannels, story: Story, step: Step): Promise<void> {
  const { since, count } = step;
  await untilTold(haven, channels, story, step);
  // Who makes a fact may have told of it after that look had read: then this one stores it. It tells nobody anything more.
  await story.look?.();
  const recorded = await recordedAbout(haven, channels, story, since);
  expect(recorded).toMatchObject({ counted: 0, told: Array.from({ length: count }, () => ({ attempts: [1, 1, 1] })) });
  const told = await channels.about(story.subject);
  expect(told.webhook).toMatchObject(story.tells.slice(0, count));
  expect(new Set(told.webhook.map(({ category }) => category))).toEqual(new Set([story.category]));
  expect(told.webhook.map(({ id }) => id)).toEqual(recorded.told.map(({ id }) => id));
  expectEverywhere(told, story);
  expect(await story.stored()).toMatchObject(story.stores[count - 1] ?? {});
}

/** What was told by webhook was told in Slack's format and by mail too, each once, with what to do about it. */
function expectEverywhere({ webhook, slack, mail }: Told, { category }: Story): void {
  for (const texts of [slack, mail]) {
    expect(texts).toHaveLength(webhook.length);
    for (const { id, severity } of webhook) {
      const [text = '', ...others] = texts.filter((one) => one.includes(id));
      expect(others).toEqual([]);
      expect(text).toContain(`[${severity}]`);
      expect(text).toContain(`#${category}`);
    }
  }
}

/** What the API says was recorded of a story, and of each that was told how often each of the channels was called. */
async function recordedAbout({ client }: LocalHaven, channels: ToldChannels, story: Story, since: string) {
  const found: { readonly id: string; readonly status: string }[] = [];
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof client.listAlerts>> = await client.listAlerts({
      query: {
        category: story.category,
        created_from: since,
        limit: 100,
        ...(cursor === null ? {} : { cursor }),
      },
    });
    for (const alert of page.data) {
      if (JSON.stringify(alert).includes(story.subject)) found.unshift({ id: alert.id, status: alert.told_status });
    }
    cursor = page.next_cursor;
  } while (cursor !== null);
  const told = await Promise.all(
    found
      .filter(({ status }) => status !== 'held_back')
      .map(async ({ id }) => {
        const { deliveries } = await client.getAlert({ params: { id } });
        const ours = deliveries.filter(({ channel }) => channels.names.includes(channel));
        return {
          id,
          attempts: ours.map(({ attempts }) => attempts),
          isTold: ours.every(isDelivered) && ours.length > 0,
        };
      }),
  );
  return {
    told,
    counted: found.filter(({ status }) => status === 'held_back').length,
    isUnderWay: told.some(({ isTold }) => !isTold),
  };
}

const isDelivered = ({ status }: { readonly status: string }) => status === 'delivered';
