import { alertSchema } from '#shared/alerts/alert.ts';
import type { Check } from '#shared/monitors/check.ts';
import { tellingBench } from './alert-bench.ts';
import { createMonitorBench } from './monitor-bench.ts';

/** After how long alerts of the same thing are told again here: as long as at a stage that says nothing else. */
export const HEARER_COOL_DOWN_MS = 30 * 60_000;
/** How often the monitor looks at a stage that says nothing else. */
const LOOK_MS = 60_000;

/** Something that is as its owner's desk says: its alerts, and its time. */
interface Owner {
  readonly clock: { advance(ms: number): void };
  /** The rows of all alerts that it has recorded, in any order. */
  readonly alerts: () => readonly Readonly<Record<string, unknown>>[];
}

/**
 * Somebody who hears what an owner of facts and the monitor have to say of them: what both record is told by the notifier, with a cool-down. All
 * three on tables in memory, each with its own.
 *
 * @param checks of the monitor, on the owner's facts
 */
export function createHearer(owner: Owner, checks: readonly Check[] = []) {
  const { email, pager: _, ...notifier } = tellingBench({ coolDownMs: HEARER_COOL_DOWN_MS });
  const monitor = createMonitorBench(checks);
  const recorded = new Set<unknown>();
  let heard = 0;

  /** Has told what was recorded since. */
  async function tell(): Promise<void> {
    for (const row of [...owner.alerts(), ...monitor.alerts()].filter(({ id }) => !recorded.has(id))) {
      recorded.add(row['id']);
      notifier.record(alertSchema.parse(row));
    }
    await notifier.run();
  }

  return {
    /** What was told since this was asked last, each once. */
    async hears(): Promise<readonly string[]> {
      await tell();
      const news = email.notices.slice(heard);
      heard = email.notices.length;
      return news.map(({ alert }) => `${alert.severity} ${alert.summary}`);
    },
    /** Lets minutes pass; the monitor looks at the end of each, and all that was recorded is told. */
    async minutes(count: number): Promise<void> {
      for (let minute = 0; minute < count; minute += 1) {
        for (const { clock } of [owner, notifier, monitor]) clock.advance(LOOK_MS);
        await monitor.run();
        await tell();
      }
    },
  };
}
