import { describe, expect, it } from 'vitest';
import { GIVE_UP_AFTER_MS, LEASE_MS } from '#shared/mails/order-mails.ts';
import { lambdaContext } from '#test/support/fakes/api-request.ts';
import { createMailBench, failing, type Network, SCHEDULED } from '#test/support/fakes/mail-bench.ts';

const HOUR_MS = 3_600_000;

describe('the customer mailer', () => {
  it('mails an order that was placed, woken by the stream: what to pay, where, until when, from the stage name and address', async () => {
    const bench = createMailBench();
    const order = bench.putOrder();
    const notice = bench.notify(order, 'order.created');
    await bench.wake([notice]);
    expect(bench.sent).toMatchObject([
      {
        from: '"Teas & Tees" <shop@haven.example>',
        to: ['ada@example.com'],
        replyTo: 'help@haven.example',
        subject: `Teas & Tees: please pay for your order ${order.id}`,
      },
    ]);
    const [{ text } = { text: '' }] = bench.sent;
    for (const fact of ['1\u00a0USDC', order.payment.address, 'Anvil', '21 November 2026 at 19:00 UTC'])
      expect(text).toContain(fact);
    expect(bench.waiting()).toEqual([]);
    expect(bench.open()).toEqual([]);
    expect(bench.mailsOf(order.id)).toMatchObject([{ id: notice.id, status: 'delivered', attempts: 1 }]);
    expect(bench.metrics.counts()).toMatchObject({ OrderMailSent: 1 });
  });

  it('finds by its schedule what no wake told, and sends nothing twice', async () => {
    const bench = createMailBench();
    bench.notify(bench.putOrder(), 'order.created');
    await bench.run();
    await bench.run();
    expect(bench.sent).toHaveLength(1);
  });

  it('leaves notices to merchants to whoever tells those', async () => {
    const bench = createMailBench();
    const notice = bench.notify(bench.putOrder(), 'order.created', 'merchant');
    await bench.wake([notice]);
    await bench.run();
    expect(bench.sent).toEqual([]);
    expect(bench.waiting()).toEqual([notice.id]);
  });

  it.each([
    ['of an event that nobody is mailed of', {}, 'order.confirming', undefined],
    ['of an order without an address', { email: null }, 'order.created', undefined],
    ['on a stage that mails no customer', {}, 'order.created', null],
  ] as const)('ends a notice silently: %s', async (_what, overrides, event, shop) => {
    const bench = createMailBench(shop === null ? { shop } : {});
    const order = bench.putOrder(overrides);
    bench.notify(order, event);
    await bench.run();
    expect([bench.sent, bench.waiting(), bench.mailsOf(order.id)]).toEqual([[], [], []]);
  });

  it('sends no mail that the order has overtaken: neither before what was taken up, nor after it waited', async () => {
    const bench = createMailBench();
    const placed = bench.putOrder();
    bench.notify(placed, 'order.created');
    bench.onSend(failing(503, 'ServiceUnavailable'));
    await bench.run();
    bench.onSend(async () => undefined);
    const paid = bench.putOrder({ status: 'paid', version: 3 }, { amount_paid: '1000000' });
    bench.notify({ ...paid, version: 2 }, 'order.confirming');
    bench.notify(paid, 'order.paid');
    bench.clock.advance(HOUR_MS);
    await bench.run();
    expect(bench.subjects()).toEqual([
      `Teas & Tees: please pay for your order ${placed.id}`,
      `Teas & Tees: we have received your payment for order ${placed.id}`,
    ]);
    expect(bench.mailsOf(placed.id).map(({ kind, status, last_error }) => [kind, status, last_error])).toEqual([
      ['awaiting_payment', 'given_up', 'overtaken'],
      ['paid', 'delivered', null],
    ]);
    expect(bench.alerts()).toEqual([]);
  });

  it('sends one mail when two runs meet, whichever of them was first with what', async () => {
    const bench = createMailBench();
    const notice = bench.notify(bench.putOrder(), 'order.created');
    await Promise.all([bench.wake([notice]), bench.run(), bench.run(), bench.wake([notice])]);
    expect(bench.sent).toHaveLength(1);
    expect(bench.metrics.counts()).not.toHaveProperty('OrderMailNotWorked');
  });

  it('tries for a day what SES does not take, ever less often, then gives up with one alert', async () => {
    const bench = createMailBench();
    const order = bench.putOrder();
    bench.notify(order, 'order.created');
    bench.onSend(failing(400, 'MessageRejected'));
    const waits: number[] = [];
    const startMs = bench.clock.now();
    for (let due: number | undefined = startMs; due !== undefined; due = bench.dueAt(order.id)) {
      bench.clock.advance(due - bench.clock.now());
      await bench.run();
      waits.push(due - startMs);
    }
    expect(bench.mailsOf(order.id)).toMatchObject([{ status: 'given_up', last_error: 'ses_MessageRejected' }]);
    expect(bench.sent).toHaveLength(waits.length);
    expect(waits.at(-1) ?? 0).toBeLessThanOrEqual(GIVE_UP_AFTER_MS);
    expect(waits.length).toBeGreaterThan(20);
    expect(waits.length).toBeLessThan(90);
    expect(bench.open()).toEqual([]);
    expect(bench.alerts()).toMatchObject([
      {
        category: 'alarm',
        severity: 'WARNING',
        dedupe_key: 'order-mails#given-up',
        details: { order_id: order.id, mail: 'awaiting_payment', reason: 'ses_MessageRejected' },
      },
    ]);
    expect(bench.metrics.counts()).toMatchObject({ OrderMailGivenUp: 1, AlertRecorded: 1 });
  });

  it('tries no address again that SES calls impossible, and alerts nobody: anybody can make one up', async () => {
    const bench = createMailBench();
    const order = bench.putOrder();
    bench.notify(order, 'order.created');
    bench.onSend(failing(400, 'BadRequestException'));
    await bench.run();
    expect(bench.mailsOf(order.id)).toMatchObject([{ status: 'given_up', attempts: 1 }]);
    expect(bench.alerts()).toEqual([]);
    expect(bench.metrics.counts()).not.toHaveProperty('OrderMailGivenUp');
  });

  it('leaves SES alone while its circuit is open, without an attempt, and mails once it works again', async () => {
    const bench = createMailBench();
    const orders = Array.from({ length: 8 }, (_, n) =>
      bench.putOrder({ id: `ord_01JD8Q4X7M5N2V9C3R6T0${String(n).padStart(5, '0')}` }),
    );
    for (const order of orders) bench.notify(order, 'order.created');
    bench.onSend(failing(503, 'ServiceUnavailable'));
    await bench.run();
    expect((await bench.breaker.standing()).standing).toBe('refuse');
    const calls = bench.sent.length;
    bench.clock.advance(5_000);
    await bench.run();
    expect(bench.sent).toHaveLength(calls);
    bench.onSend(async () => undefined);
    for (let minutes = 0; minutes < 30; minutes += 1) {
      bench.clock.advance(60_000);
      await bench.run();
    }
    for (const { id } of orders) expect(bench.mailsOf(id)).toMatchObject([{ status: 'delivered' }]);
  });

  it('sends nothing to an address that was taken from its order meanwhile', async () => {
    const bench = createMailBench();
    const order = bench.putOrder();
    bench.notify(order, 'order.created');
    bench.onSend(failing(503, 'ServiceUnavailable'));
    await bench.run();
    bench.putOrder({ email: null });
    bench.clock.advance(HOUR_MS);
    await bench.run();
    expect(bench.sent).toHaveLength(1);
    expect(bench.mailsOf(order.id)).toMatchObject([{ status: 'given_up', last_error: 'no_recipient' }]);
  });

  it('logs and stores no address of a customer, and mails no token', async () => {
    const bench = createMailBench();
    const order = bench.putOrder({ token_hash: 'canary-token-hash' }, { wallet_id: 'wal_canary' });
    bench.notify(order, 'order.created');
    bench.onSend(failing(503, 'ServiceUnavailable'));
    await bench.run();
    bench.onSend(async () => undefined);
    bench.clock.advance(HOUR_MS);
    await bench.run();
    const kept = JSON.stringify([bench.mailsOf(order.id), bench.alerts()]) + bench.log.everything();
    expect(kept).not.toContain('ada@example.com');
    expect(JSON.stringify(bench.sent)).not.toMatch(/canary/);
  });
});

describe('a run that is cut off', () => {
  type Bench = ReturnType<typeof createMailBench>;

  /** Runs by a network that ends at one request, and says how many there were. */
  async function cutOffAt(bench: Bench, at: number, lost: 'request' | 'answer'): Promise<number> {
    let requests = 0;
    const network: Network = (_request, answer) => {
      requests += 1;
      if (requests < at || at === 0) return answer();
      if (requests === at && lost === 'answer') answer();
      // A process that is killed asks nothing more either.
      return new Error('cut off');
    };
    await Promise.allSettled([bench.mailer(network)(SCHEDULED, lambdaContext(60_000))]);
    return requests;
  }

  function withNotice() {
    const bench = createMailBench();
    bench.notify(bench.putOrder(), 'order.created');
    return bench;
  }

  it.each(['request', 'answer'] as const)(
    'at any access in turn, its %s lost, loses no mail: the customer gets it at least once',
    async (lost) => {
      const points = await cutOffAt(withNotice(), 0, lost);
      // Waiting notices of four shards, the notice twice, order, mails, the plan, what is due in four shards, mails and order, begin, and the end.
      expect(points).toBe(18);
      for (let at = 1; at <= points; at += 1) {
        const bench = withNotice();
        await cutOffAt(bench, at, lost);
        // What was begun and never heard of is begun again once it counts as lost.
        bench.clock.advance(LEASE_MS);
        await bench.run();
        expect([at, bench.waiting(), bench.open()]).toEqual([at, [], []]);
        expect([at, bench.sent.length >= 1, bench.sent.length <= 2]).toEqual([at, true, true]);
      }
    },
  );

  it('within a call sends it again, never sooner than it counts as lost, and not at all once the order has moved on', async () => {
    for (const isPaid of [false, true]) {
      const bench = createMailBench();
      bench.notify(bench.putOrder(), 'order.created');
      let isKilled = false;
      bench.onSend(async () => {
        isKilled = true;
      });
      const network: Network = (_request, answer) => (isKilled ? new Error('killed') : answer());
      await Promise.allSettled([bench.mailer(network)(SCHEDULED, lambdaContext(60_000))]);
      if (isPaid) bench.notify(bench.putOrder({ status: 'paid', version: 2 }), 'order.paid');
      bench.clock.advance(LEASE_MS - 1);
      await bench.run();
      expect(bench.sent).toHaveLength(1);
      bench.clock.advance(1);
      await bench.run();
      expect(bench.sent).toHaveLength(2);
      expect(bench.subjects().at(-1)).toContain(isPaid ? 'we have received your payment' : 'please pay');
      expect(bench.open()).toEqual([]);
    }
  });
});
