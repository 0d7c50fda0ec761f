import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { FUNCTION_NAMES } from '#lib/bundle.ts';
import { KEPT_FIELD } from '#shared/platform/log/kept-lines.ts';
import { alarmSchema } from '../support/alarm-schema.ts';
import { ALL_STAGES, templatesOf } from '../support/build-stage.ts';

const subscriptionSchema = z.object({
  LogGroupName: z.string(),
  FilterPattern: z.string(),
  DestinationArn: z.string(),
});

describe.each(ALL_STAGES)('errors and security events of %s', (stage) => {
  const subscriptions = templatesOf(stage)
    .all('AWS::Logs::SubscriptionFilter', subscriptionSchema)
    .map(({ properties }) => properties);

  it('are read from the log of every function but the one that reads them, which would never end', () => {
    expect(subscriptions.map(({ LogGroupName }) => LogGroupName).sort()).toEqual(
      FUNCTION_NAMES.filter((name) => name !== 'incident-keeper')
        .map((name) => `/haven/${stage}/${name}`)
        .sort(),
    );
  });

  it('have a reader that alarms watch in place of itself, and the document names each', () => {
    const document = readFileSync(new URL('../../../docs/incidents.md', import.meta.url), 'utf8');
    const names = templatesOf(stage)
      .all('AWS::CloudWatch::Alarm', alarmSchema)
      .map(({ properties }) => properties.AlarmName.replace(templatesOf(stage).nameOf(''), ''))
      .filter((name) => /^incident-(keeper|lines)-/.test(name));
    expect(names.toSorted()).toEqual([
      'incident-keeper-duration',
      'incident-keeper-errors',
      'incident-keeper-throttles',
      'incident-lines-dead-letters',
    ]);
    expect(names.filter((name) => !document.includes(`\`…-${name}\``))).toEqual([]);
  });

  it('are lines with a mark, and those by which Lambda says that it ended a call', () => {
    const patterns = new Set(subscriptions.map(({ FilterPattern }) => FilterPattern));
    expect([...patterns]).toEqual([`?${KEPT_FIELD} ?timeout ?"Runtime." ?initRuntimeDone`]);
    const readers = new Set(subscriptions.map(({ DestinationArn }) => DestinationArn.split(':').at(-1)));
    expect([...readers]).toEqual([`haven-${stage}-incident-keeper`]);
  });
});
