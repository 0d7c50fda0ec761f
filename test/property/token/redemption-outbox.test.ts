import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createHandler } from '#functions/outbox-worker/handler.ts';
import { createAuditStore } from '#shared/audit/audit-store.ts';
import { firstBreak } from '#shared/audit/verify-stream.ts';
import { redeemTokens } from '#shared/token/redeem.ts';
import { lambdaContext } from '#test/support/fakes/api-request.ts';
import { idempotentContext } from '#test/support/fakes/idempotent-context.ts';
import { createRedemptionDesk, nthId } from '#test/support/fakes/redemption-desk.ts';
import { createScriptedAws, scriptedDocumentClient } from '#test/support/fakes/scripted-aws.ts';
import { sqsEvent } from '#test/support/fakes/sqs-event.ts';

const SCHEDULED = { source: 'aws.scheduler' };
const ENDS = { confirmed: 'completed', reverted: 'failed', failed: 'failed', expired: 'failed' } as const;

/** What the network does to one request: nothing, loses it, or loses its answer after it took effect. */
const fault = fc.constantFrom('none', 'none', 'none', 'request lost', 'answer lost');
const burnEnd = fc.constantFrom('confirmed', 'reverted', 'failed', 'expired');
/** One thing that happens: a burn ends, or the worker runs; runs of one step are at once. */
const step = fc.oneof(
  fc.record({ kind: fc.constant('end' as const), which: fc.nat(3) }),
  fc.record({ kind: fc.constant('run' as const), wakes: fc.array(fc.nat(4), { minLength: 1, maxLength: 4 }) }),
);

describe('redemptions and the outbox', () => {
  it('end once each and as their burns did, whatever is lost, doubled, reordered or cut off', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(burnEnd, { minLength: 4, maxLength: 4 }),
        fc.array(step, { maxLength: 12 }),
        fc.array(fault, { minLength: 1, maxLength: 40 }),
        async (ends, steps, faults) => {
          const desk = createRedemptionDesk();
          const redeemed: { id: string; burn: string }[] = [];
          for (const n of ends.keys()) {
            const context = idempotentContext({ idempotency: { recordKey: `k${n}`, fingerprint: 'f' } });
            const wish = { user_id: nthId('usr', 1), amount: '1', reference: `r${n}`, speed: 'standard' } as const;
            const { id, transaction_id } = await redeemTokens(desk.deps, wish, context);
            redeemed.push({ id, burn: transaction_id });
          }
          let requests = 0;
          const lossy = createScriptedAws((request) => {
            const happens = faults[requests % faults.length];
            requests += 1;
            if (happens === 'request lost') return new Error('lost');
            const answer = desk.dynamo.answer(request);
            return happens === 'answer lost' ? new Error('lost') : answer;
          });
          const cutOff = createHandler({ ...desk.deliveriesBy(scriptedDocumentClient(lossy)), ...desk.parts });
          const ended = new Set<number>();
          const endOne = async (which: number) => {
            const redemption = redeemed[which];
            const end = ends[which];
            if (redemption === undefined || end === undefined || ended.has(which)) return;
            ended.add(which);
            await desk.endBurn(redemption.burn, end);
          };
          // A fifth wake is the schedule.
          const eventOf = (wake: number) => {
            const redemption = redeemed[wake];
            return redemption === undefined ? SCHEDULED : sqsEvent([{ ids: [`transaction.ended#${redemption.burn}`] }]);
          };
          for (const what of steps) {
            if (what.kind === 'end') await endOne(what.which);
            else await Promise.allSettled(what.wakes.map((wake) => cutOff(eventOf(wake), lambdaContext())));
            for (const [which, { id }] of redeemed.entries()) {
              const { status } = await desk.redemptions.get(id);
              if (!ended.has(which)) expect(status).toBe('pending');
            }
          }
          for (const which of ends.keys()) await endOne(which);
          const sound = createHandler({ ...desk.deliveriesBy(desk.deps.client), ...desk.parts });
          await sound(SCHEDULED, lambdaContext());

          const audit = createAuditStore(desk.deps.client, 'audit');
          for (const [which, { id }] of redeemed.entries()) {
            const redemption = await desk.redemptions.get(id);
            expect(redemption).toMatchObject({ status: ENDS[ends[which] ?? 'failed'], version: 2 });
            const entries = await audit.stored(id);
            expect(entries).toHaveLength(2);
            expect(firstBreak(id, entries, redemption)).toBeNull();
          }
          const rows = JSON.stringify(desk.dynamo.items('ledger').map(({ pk }) => pk));
          expect(rows).not.toMatch(/"(OUTBOX|OPEN_REDEMPTIONS)#/);
        },
      ),
      { numRuns: 20, seed: 3 },
    );
  });
});
