import { GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { coolDownKey } from '#shared/alerts/alert-row.ts';
import { isoTime } from '#shared/platform/clock.ts';
import type { InProcess } from '../in-process.ts';
import type { TestAlarm } from '../stage-alarms.ts';
import type { Story } from './told-story.ts';

const rowSchema = z.object({ held_back: z.number() });

/**
 * The story of an alarm that sounds again and again. CloudWatch tells each change of its state; what cools down is the telling.
 *
 * @param name without the stage's prefix, as its alert shows it
 */
export function alarmStory({ client, tables }: InProcess, alarm: TestAlarm, name: string, severity: string): Story {
  const Key = coolDownKey(`alarm:${name}`);
  const sounds = () => alarm.set('ALARM', 'Threshold Crossed: 1 datapoint [7.0]');
  return {
    category: 'alarm',
    subject: name,
    async begin() {
      await alarm.set('OK', 'not yet');
      await sounds();
    },
    async again() {
      await alarm.set('INSUFFICIENT_DATA', 'nothing came');
      await sounds();
    },
    countedAgain: 1,
    async coolDown() {
      await client.send(
        new UpdateCommand({
          TableName: tables.logs,
          Key,
          UpdateExpression: 'SET #until = :until',
          ExpressionAttributeNames: { '#until': 'until' },
          ExpressionAttributeValues: { ':until': isoTime(Date.now()) },
        }),
      );
    },
    mend: () => alarm.set('OK', 'Threshold not crossed'),
    tells: [
      { severity, held_back: 0, details: { alarm: `haven-local-${name}`, state: 'ALARM' } },
      { severity, held_back: 2, details: { alarm: `haven-local-${name}`, state: 'ALARM' } },
      { severity: 'INFO', held_back: 0, details: { alarm: `haven-local-${name}`, state: 'OK' } },
    ],
    async stored() {
      const { Item } = await client.send(new GetCommand({ TableName: tables.logs, Key, ConsistentRead: true }));
      return rowSchema.parse(Item);
    },
    // After the first also what is counted beside it, which the step itself asserts.
    stores: [{}, { held_back: 0 }, { held_back: 0 }],
  };
}
