import { describe, expect, it } from 'vitest';
import { Deadline } from '#shared/platform/deadline.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { deliverMessage, type OutboxHandler, OutboxRaced } from '#shared/platform/outbox/deliver.ts';
import { type OutboxMessage, outboxItem } from '#shared/platform/outbox/outbox-message.ts';
import { createOutbox } from '#shared/platform/outbox/outbox-table.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';
import { createFakeClock } from '#test/support/fakes/fake-clock.ts';
import { createMemoryDynamo } from '#test/support/fakes/memory-dynamo.ts';
import { createScriptedAws, scriptedDocumentClient } from '#test/support/fakes/scripted-aws.ts';

const MESSAGE: OutboxMessage = { id: 'm1', subject: 'thing:1', fact: {}, created_at: '2026-11-21T18:30:00.000Z' };
const DEADLINE = Deadline.in(1_000, createFakeClock().now);

/** An outbox with one message, whose handler writes one row. */
function delivering(handler?: OutboxHandler) {
  const dynamo = createMemoryDynamo({ ledger: ['pk', 'sk'] });
  dynamo.put('ledger', outboxItem(MESSAGE));
  const client = scriptedDocumentClient(createScriptedAws((request) => dynamo.answer(request)));
  const outbox = createOutbox(client, 'ledger');
  const reports: string[] = [];
  const asked: string[] = [];
  const effect: OutboxHandler = async (message, requestId) => {
    asked.push(requestId);
    return {
      add: (write) => write.put('ledger', { pk: 'THING#1', sk: 'DONE' }, () => new OutboxRaced('thing 1')),
      report: () => reports.push(message.id),
    };
  };
  const deps = { client, table: 'ledger', outbox, handlers: { thing: handler ?? effect } };
  const deliver = () => deliverMessage(deps, 'm1', 'invocation-1', DEADLINE);
  const rows = () => dynamo.items('ledger').map(({ pk }) => Object(pk).S);
  return { deps, dynamo, deliver, rows, reports, asked, effect };
}

describe('delivering', () => {
  it('makes the change and removes the message at once, then tells of it', async () => {
    const { deliver, rows, reports, asked } = delivering();
    expect(await deliver()).toBe(true);
    expect(rows()).toEqual(['THING#1']);
    expect([reports, asked]).toEqual([['m1'], ['invocation-1']]);
  });

  it('again finds nothing, and asks nobody', async () => {
    const { deliver, asked, reports } = delivering();
    await deliver();
    expect(await deliver()).toBe(false);
    expect([reports, asked]).toEqual([['m1'], ['invocation-1']]);
  });

  it('of what is done already only removes the message', async () => {
    const { deliver, rows } = delivering(async () => undefined);
    expect(await deliver()).toBe(true);
    expect(rows()).toEqual([]);
  });

  it('of a message that another delivered between the look and the write changes nothing', async () => {
    const desk = delivering(async (message, requestId) => {
      desk.dynamo.answer({
        operation: 'TransactWriteItems',
        body: {
          TransactItems: [{ Delete: { TableName: 'ledger', Key: { pk: { S: 'OUTBOX#m1' }, sk: { S: 'OUTBOX' } } } }],
        },
      });
      return desk.effect(message, requestId);
    });
    expect(await desk.deliver()).toBe(false);
    expect([desk.rows(), desk.reports]).toEqual([[], []]);
  });

  it('computes anew after a lost race, and gives up after five: the message stays', async () => {
    const desk = delivering();
    desk.dynamo.put('ledger', { pk: 'THING#1', sk: 'DONE' });
    await caughtLater(OutboxRaced, desk.deliver);
    expect(desk.asked).toHaveLength(5);
    expect(desk.rows()).toContain('OUTBOX#m1');
  });

  it('by a handler that fails leaves the message', async () => {
    const { deliver, rows } = delivering(() => Promise.reject(new HavenError('DATABASE_ERROR', 'no')));
    expect((await caughtLater(HavenError, deliver)).code).toBe('DATABASE_ERROR');
    expect(rows()).toEqual(['OUTBOX#m1']);
  });

  it('to a kind that nobody handles fails, and leaves the message', async () => {
    const { deps, rows } = delivering();
    const deliver = () => deliverMessage({ ...deps, handlers: {} }, 'm1', 'invocation-1', DEADLINE);
    expect((await caughtLater(Error, deliver)).message).toContain('thing:1');
    expect(rows()).toEqual(['OUTBOX#m1']);
  });
});
