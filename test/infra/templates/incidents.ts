import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { FUNCTION_NAMES } from '#lib/bundle.ts';
import { KEPT_FIELD } from '#shared/platform/log/kept-lines.ts';
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

  it('are lines with a mark, and those by which Lambda says that it ended a call', () => {
    const patterns = new Set(subscriptions.map(({ FilterPattern }) => FilterPattern));
    expect([...patterns]).toEqual([`?${KEPT_FIELD} ?timeout ?"Runtime." ?initRuntimeDone`]);
    const readers = new Set(subscriptions.map(({ DestinationArn }) => DestinationArn.split(':').at(-1)));
    expect([...readers]).toEqual([`haven-${stage}-incident-keeper`]);
  });
});
