import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { type InProcess, inProcess, stageAudit } from '#test/support/in-process.ts';
import { eventually, type LocalHaven, localHaven } from '#test/support/local-haven.ts';
import { listedCircuits, processBreakers } from '#test/support/open-circuit.ts';

let haven: LocalHaven;
let parts: InProcess;
beforeAll(async () => {
  haven = localHaven();
  parts = await inProcess(haven);
});

describe('a circuit that several processes opened together', () => {
  it('is listed, shown and reset by the API, with an audit entry, and all processes learn of it', async () => {
    const name = `test:${randomUUID()}`;
    const processes = Array.from({ length: 5 }, () => processBreakers(parts));
    await Promise.all(
      processes.map(async ({ breakers }) => {
        const admission = await breakers.of(name).admit();
        if (admission.admitted) await breakers.of(name).failed(admission.permit, 'down');
      }),
    );
    expect(processes.map(({ failures }) => failures())).toEqual([0, 0, 0, 0, 0]);
    expect((await processBreakers(parts).breakers.of(name).admit()).admitted).toBe(false);

    await eventually(
      'the list',
      async () => {
        const listed = await listedCircuits(haven);
        return listed.some((row) => row.name === name && row.status === 'open') ? true : undefined;
      },
      10_000,
    );
    expect(await haven.client.getCircuitBreaker({ params: { name } })).toMatchObject({
      status: 'open',
      history: [{ from: 'closed', to: 'open', cause: 'down' }],
    });
    const reset = await haven.client.resetCircuitBreaker({ params: { name }, body: { reason: 'a test' } });
    expect(reset).toMatchObject({ status: 'closed', history: [{ to: 'closed' }, { to: 'open' }] });
    expect(await stageAudit(parts).entries(`breaker:${name}`)).toMatchObject([
      { seq: 1, action: 'breaker.reset', reason: 'a test', detail: { status: 'open' } },
    ]);
    const verification = await haven.client.verifyAudit({ body: { circuit: name } });
    expect(verification).toMatchObject({ stream: `breaker:${name}`, verified: true, entries: 1, first_break: null });
    expect((await processBreakers(parts).breakers.of(name).admit()).admitted).toBe(true);
  });
});
