import { GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { loadStage } from '#lib/load-stage.ts';
import { conditionKey } from '#shared/monitors/condition-rows.ts';
import { isoTime } from '#shared/platform/clock.ts';
import type { InProcess } from '../in-process.ts';
import { callAsScheduled, type LocalHaven } from '../local-haven.ts';
import type { Story } from './told-story.ts';

const { monitors } = loadStage('local');
const MINUTE_MS = 60_000;
const rowSchema = z.object({ state: z.string(), notices: z.number() });

/** What is special about something that the monitor finds. */
export interface ConditionStory extends Pick<Story, 'category' | 'subject' | 'begin' | 'mend'> {
  /** The condition's key. */
  readonly condition: string;
  readonly severity: string;
  /** Who makes the fact tells that it began; the condition only repeats and resolves. */
  readonly isToldByItsOwner?: true;
}

/** The story of something that the monitor finds: it looks as its schedule has it look, and cools down as the stage says. */
export function conditionStory(haven: LocalHaven, { client, tables }: InProcess, facts: ConditionStory): Story {
  const { condition, severity, isToldByItsOwner, ...rest } = facts;
  const look = () => callAsScheduled(haven, 'monitor');
  const Key = conditionKey(condition);
  const firstNotice = isToldByItsOwner ? 0 : 1;
  const notice = (name: string, number: number) => ({ condition, notice: name, number_of_notice: number });
  return {
    ...rest,
    look,
    again: look,
    async coolDown() {
      // As if it had been told that much earlier. A new version, so that a run that read the one before doesn't write over it.
      await client.send(
        new UpdateCommand({
          TableName: tables.logs,
          Key,
          UpdateExpression: 'SET told.#at = :at, #version = #version + :one',
          ExpressionAttributeNames: { '#at': 'at', '#version': 'version' },
          ExpressionAttributeValues: {
            ':at': isoTime(Date.now() - monitors.cool_down_minutes * MINUTE_MS),
            ':one': 1,
          },
        }),
      );
    },
    tells: [
      { severity, ...(isToldByItsOwner ? {} : { details: notice('opened', 1) }) },
      { severity, details: notice('repeated', firstNotice + 1) },
      { severity: 'INFO', details: notice('resolved', firstNotice + 2) },
    ],
    async stored() {
      const { Item } = await client.send(new GetCommand({ TableName: tables.logs, Key, ConsistentRead: true }));
      return rowSchema.parse(Item);
    },
    stores: [
      { state: 'open', notices: firstNotice },
      { state: 'open', notices: firstNotice + 1 },
      { state: 'resolved', notices: firstNotice + 2 },
    ],
  };
}
