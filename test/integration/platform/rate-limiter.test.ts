import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '#shared/platform/clock.ts';
import { createRateLimiter } from '#shared/platform/rate-limit/rate-limiter.ts';
import { type InProcess, inProcess } from '#test/support/in-process.ts';
import { localHaven } from '#test/support/local-haven.ts';

let parts: InProcess;
beforeAll(async () => {
  parts = await inProcess(localHaven());
});

/** So slow that nothing comes back while a test runs. */
const POLICY = { name: 'test', limit: 20, windowMs: 24 * 60 * 60 * 1000 };

describe('the rate limiter on a real table', () => {
  it('lets exactly the quota through, however many ask at once from however many instances', async () => {
    const key = `RATE#test#${randomUUID()}`;
    const instances = Array.from({ length: 4 }, () =>
      createRateLimiter(parts.client, parts.tables.ephemeral, systemClock),
    );
    const decisions = await Promise.all(
      Array.from({ length: 100 }, (_, index) => instances[index % instances.length]?.check(key, POLICY)),
    );
    expect(decisions.filter((decision) => decision?.allowed === true)).toHaveLength(POLICY.limit);
  });

  it('costs one conditional write a check, once it knows the state of a key', async () => {
    const key = `RATE#test#${randomUUID()}`;
    const limiter = createRateLimiter(parts.client, parts.tables.ephemeral, systemClock);
    parts.calls.reset();
    for (let count = 0; count < 10; count += 1) await limiter.check(key, POLICY);
    expect(parts.calls.snapshot()).toEqual({ UpdateItemCommand: 10 });
  });
});
