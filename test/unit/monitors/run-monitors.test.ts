import { describe, expect, it } from 'vitest';
import { COOL_DOWN_MS, createMonitorBench, fakeCheck, raisedCondition } from '#test/support/fakes/monitor-bench.ts';
import type { SentRequest } from '#test/support/fakes/scripted-aws.ts';

const MINUTE_MS = 60_000;
const BROKEN = new Error('The facts are not to be had');

/** A monitor with two checks, of which the second has nothing to do with the first. */
function watched() {
  const things = fakeCheck('things');
  const others = fakeCheck('others');
  const bench = createMonitorBench([things, others]);
  return { things, others, ...bench };
}

const told = (alerts: readonly Readonly<Record<string, unknown>>[]) =>
  alerts.map(({ summary, severity }) => `${severity} ${summary}`);

const THING = raisedCondition();
const OTHER = raisedCondition({ key: 'others:1', category: 'circuit_open', summary: 'Another is not, either' });

describe('the monitor', () => {
  it('tells what it finds within the run that finds it, repeats it by the cool-down, and tells that it is over', async () => {
    const { things, run, clock, alerts, conditions } = watched();
    things.finds([THING]);
    for (let minute = 0; minute < 61; minute += 1) {
      await run();
      clock.advance(MINUTE_MS);
    }
    things.finds([]);
    await run();
    await run();
    expect(told(alerts())).toEqual([
      'WARNING A thing is not as it should be',
      'WARNING Still: A thing is not as it should be',
      'INFO Resolved: A thing is not as it should be',
    ]);
    expect(conditions()).toMatchObject([{ key: 'things:1', check: 'things', state: 'resolved', notices: 3 }]);
  });

  it('keeps a condition in the index only while it is open, and lets it expire afterwards', async () => {
    const { things, run, conditions } = watched();
    things.finds([THING]);
    await run();
    expect(conditions()).toMatchObject([{ gsi1pk: 'OPEN_CONDITIONS', gsi1sk: 'things:1' }]);
    expect(conditions()[0]).not.toHaveProperty('expires_at');
    things.finds([]);
    await run();
    expect(conditions()[0]).not.toHaveProperty('gsi1pk');
    expect(conditions()).toMatchObject([{ expires_at: expect.any(Number) }]);
  });

  it('neither resolves nor opens anything of a check that gets no facts, and goes on with the others', async () => {
    const { things, others, run, alerts, metrics } = watched();
    things.finds([THING]);
    await run();
    things.finds(BROKEN);
    others.finds([OTHER]);
    await run();
    expect(told(alerts())).toEqual(['WARNING A thing is not as it should be', 'WARNING Another is not, either']);
    expect(metrics.counts()).toMatchObject({ MonitorRan: 2, MonitorCheckFailed: 1, ConditionsOpen: 3 });
  });

  it('tells that a check is blind after three runs in a row, and that it sees again', async () => {
    const { things, run, alerts, runs } = watched();
    things.finds(BROKEN);
    await run();
    await run();
    things.finds([]);
    await run();
    things.finds(BROKEN);
    await run();
    await run();
    expect(alerts()).toEqual([]);
    await run();
    expect(alerts()).toMatchObject([
      { category: 'alarm', severity: 'ERROR', details: { check: 'things', condition: 'monitor_blind:things' } },
    ]);
    expect(runs()).toMatchObject({ failures: { things: 3 } });
    things.finds([]);
    await run();
    expect(told(alerts()).at(-1)).toMatch(/^INFO Resolved: The monitor cannot see: things /);
    expect(runs()).toMatchObject({ failures: {} });
  });

  it('is not held up by a check that hangs', async () => {
    const { things, others, runImpatiently, alerts, log } = watched();
    things.finds(undefined);
    others.finds([OTHER]);
    await runImpatiently();
    expect(told(alerts())).toEqual(['WARNING Another is not, either']);
    expect(log.of('MONITOR_CHECK_FAILED')).toMatchObject([{ check: 'things' }]);
  });

  it('resolves nothing of what it could not see whole', async () => {
    const { things, run, alerts } = watched();
    things.finds([THING]);
    await run();
    things.finds([], false);
    await run();
    expect(alerts()).toHaveLength(1);
    things.finds([], true);
    await run();
    expect(alerts()).toHaveLength(2);
  });

  it('tells of a few of very many, and resolves none of the others meanwhile', async () => {
    const { things, run, alerts } = watched();
    const many = Array.from({ length: 30 }, (_, index) => raisedCondition({ key: `things:${index}` }));
    things.finds(many);
    await run();
    expect(alerts()).toHaveLength(20);
    things.finds(many.toReversed());
    await run();
    expect(told(alerts()).filter((summary) => summary.includes('Resolved'))).toEqual([]);
    things.finds([]);
    await run();
    expect(told(alerts()).filter((summary) => summary.includes('Resolved'))).toHaveLength(30);
  });

  it('tells the gravest of very many, whatever their order is', async () => {
    const { things, run, alerts } = watched();
    const many = Array.from({ length: 30 }, (_, index) =>
      raisedCondition({ key: `things:${index}`, severity: index === 29 ? 'CRITICAL' : 'WARNING' }),
    );
    things.finds(many);
    await run();
    expect([alerts().length, told(alerts())[0]]).toEqual([20, 'CRITICAL A thing is not as it should be']);
  });

  it('ends without a word what a check knows nothing of any more, even where it did not see all', async () => {
    const look = { raised: [THING], isComplete: true, lapsed: [] as readonly string[] };
    const { run, alerts, conditions } = createMonitorBench([{ name: 'things', look: async () => ({ ...look }) }]);
    await run();
    Object.assign(look, { raised: [], isComplete: false, lapsed: ['things:1', 'things:2'] });
    await run();
    await run();
    expect([told(alerts()), conditions().map(({ state }) => state)]).toEqual([
      ['WARNING A thing is not as it should be'],
      ['resolved'],
    ]);
  });

  it.each([
    ['a condition', { pk: 'CONDITION#others:1', sk: 'CONDITION', gsi1pk: 'OPEN_CONDITIONS', gsi1sk: 'others:1' }],
    ['what is remembered of its runs', { pk: 'MONITOR#RUNS', sk: 'RUNS', failures: 'of tomorrow' }],
  ])('goes on with all others when it cannot read %s, and says so', async (_what, row) => {
    const { things, others, run, dynamo, alerts, log, metrics } = watched();
    dynamo.put('logs', { ...row, category: 'of_tomorrow' });
    things.finds([raisedCondition({ severity: 'CRITICAL' })]);
    others.finds([OTHER]);
    await run();
    const lines = told(alerts());
    expect(lines).toContain('CRITICAL A thing is not as it should be');
    expect([lines.length, log.of('CONDITION_UNREADABLE').length]).toEqual([row.sk === 'RUNS' ? 2 : 1, 1]);
    expect(metrics.counts()).toMatchObject({ ConditionNotStored: 1, MonitorRan: 1 });
  });

  it('resolves what a check raised that is not there any more', async () => {
    const things = fakeCheck('things');
    const checks = [things];
    const { run, alerts } = createMonitorBench(checks);
    things.finds([THING]);
    await run();
    checks.pop();
    await run();
    expect(told(alerts()).at(-1)).toBe('INFO Resolved: A thing is not as it should be');
  });

  it('writes nothing while nothing changes', async () => {
    const { things, run, monitor } = watched();
    things.finds([THING]);
    await run();
    const { run: again, requests } = monitor();
    await again();
    expect(requests.map(({ operation }) => operation)).toEqual(['Query', 'BatchGetItem']);
  });

  it('tells what two runs at once find as one', async () => {
    const { things, others, monitor, alerts } = watched();
    things.finds([THING]);
    others.finds([OTHER]);
    await Promise.all([monitor().run(), monitor().run(), monitor().run()]);
    expect(told(alerts()).toSorted()).toEqual([
      'WARNING A thing is not as it should be',
      'WARNING Another is not, either',
    ]);
  });

  it('goes on with the other conditions when one cannot be stored', async () => {
    const { things, others, monitor, alerts, metrics } = watched();
    things.finds([THING]);
    others.finds([OTHER]);
    const refusing = monitor((request, answer) =>
      JSON.stringify(request.body).includes('CONDITION#things:1') && request.operation === 'TransactWriteItems'
        ? { status: 400, body: { __type: 'com.amazonaws.dynamodb.v20120810#ValidationException', message: 'no' } }
        : answer(),
    );
    await refusing.run();
    expect(told(alerts())).toEqual(['WARNING Another is not, either']);
    expect(metrics.counts()).toMatchObject({ ConditionNotStored: 1, MonitorRan: 1 });
  });

  it.each(['request', 'answer'] as const)('cut off at any %s, is made up for by the next run', async (lost) => {
    /** Opens one condition, resolves another, and counts a blind check; cut off at one request. Returns how many there are. */
    async function cutOffAt(at: number): Promise<number> {
      const { things, others, run, monitor, alerts, conditions } = watched();
      others.finds([OTHER]);
      await run();
      things.finds([THING, raisedCondition({ key: 'things:2', severity: 'CRITICAL' })]);
      others.finds([]);
      let seen = 0;
      const dying = monitor((_request: SentRequest, answer) => {
        seen += 1;
        if (seen < at || at === 0) return answer();
        // Dead: nothing goes out any more.
        if (seen === at && lost === 'answer') answer();
        return new Error('killed');
      });
      await dying.run().catch(() => undefined);
      await run();
      await run();
      expect([at, told(alerts()).toSorted()]).toEqual([
        at,
        [
          'CRITICAL A thing is not as it should be',
          'INFO Resolved: Another is not, either',
          'WARNING A thing is not as it should be',
          'WARNING Another is not, either',
        ],
      ]);
      expect(conditions().map(({ key, state }) => `${key} ${state}`)).toEqual([
        'others:1 resolved',
        'things:1 open',
        'things:2 open',
      ]);
      return seen;
    }

    const points = await cutOffAt(0);
    expect(points).toBeGreaterThanOrEqual(6);
    for (let at = 1; at <= points; at += 1) await cutOffAt(at);
  });

  it('repeats once when the cool-down has passed, however many runs were missed', async () => {
    const { things, run, clock, alerts } = watched();
    things.finds([THING]);
    await run();
    clock.advance(5 * COOL_DOWN_MS);
    await run();
    await run();
    expect(alerts()).toHaveLength(2);
  });
});
