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

  it('are read by ten at once at most: no storm of them takes the concurrency that requests need', () => {
    const functionSchema = z.object({ FunctionName: z.string(), ReservedConcurrentExecutions: z.number().optional() });
    const reserved = templatesOf(stage)
      .all('AWS::Lambda::Function', functionSchema)
      .flatMap(({ properties: { FunctionName: name, ReservedConcurrentExecutions: calls } }) =>
        calls === undefined ? [] : [[name, calls]],
      );
    expect(reserved).toEqual([[`haven-${stage}-incident-keeper`, 10]]);
  });
});
