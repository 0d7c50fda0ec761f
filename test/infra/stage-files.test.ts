import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { loadStage, loadStageWithIssuer, overlappingStage, stageNames } from '#lib/load-stage.ts';
import { BadStage, parseStage } from '#lib/stage.ts';
import { caught } from '#test/support/fakes/caught.ts';

/** A stage file as it is written. */
function written(name: string): Record<string, unknown> {
  const text = readFileSync(new URL(`../../lib/stages/${name}.json`, import.meta.url), 'utf8');
  return z.record(z.string(), z.unknown()).parse(JSON.parse(text));
}

const PRODUCTION = written('production');
const [CHAIN] = z.tuple([z.record(z.string(), z.unknown())]).parse(PRODUCTION['chains']);

describe('stage files', () => {
  it('are those of a laptop, a trial and the real thing', () => {
    expect(stageNames()).toEqual(['local', 'production', 'staging']);
  });

  it.each(stageNames())('%s parses, under its own name', (name) => {
    expect(loadStage(name).name).toBe(name);
  });

  it('show stack traces on the laptop only, and issue live keys in production only', () => {
    const stages = stageNames().map(loadStage);
    expect(stages.filter((stage) => stage.expose_stacks).map(({ name }) => name)).toEqual(['local']);
    expect(stages.filter((stage) => stage.key_mode === 'live').map(({ name }) => name)).toEqual(['production']);
  });

  it('protect data and stand behind a firewall wherever others can reach them', () => {
    for (const stage of stageNames()
      .map(loadStage)
      .filter(({ name }) => name !== 'local')) {
      expect(stage).toMatchObject({ protect_data: true, edge_protection: true });
    }
  });
});

describe('the name of a stage', () => {
  it.each([
    ['production', ['local', 'production', 'production-eu'], 'production-eu'],
    ['production-eu', ['local', 'production', 'production-eu'], 'production'],
    ['production', ['local', 'production', 'production2', 'staging'], undefined],
  ])('%s beside %j overlaps with %s: rights by a wildcard would reach into it', (name, all, other) => {
    expect(overlappingStage(name, all)).toBe(other);
  });
});

describe('a bad value is refused by name', () => {
  const without = (field: string) => Object.fromEntries(Object.entries(PRODUCTION).filter(([name]) => name !== field));
  const withValue = (field: string, value: unknown) => ({ ...PRODUCTION, [field]: value });
  const withChain = (change: object) => withValue('chains', [{ ...CHAIN, ...change }]);

  it.each<[string, Record<string, unknown>, RegExp]>([
    ['operators who decide where there are none', withValue('dual_control', 'operators'), /dual_control: needs oidc/],
    ['an unknown field', withValue('colour', 'green'), /"colour"/],
    ['a field that is missing', without('throttle'), /throttle: /],
    [
      'a block that is none',
      withValue('admin_cidrs', ['192.0.2.0/24', '192.0.2.0/33']),
      /admin_cidrs\.1: must be an IP/,
    ],
    ['a host name for a block', withValue('admin_cidrs', ['office.example']), /admin_cidrs\.0: must be an IP/],
    [
      'a block of every address',
      withValue('admin_cidrs', ['0.0.0.0/0']),
      /admin_cidrs\.0: must not cover every address/,
    ],
    ['the same in IPv6', withValue('admin_cidrs', ['::/0']), /admin_cidrs\.0: must not cover every address/],
    [
      'a retention that CloudWatch lacks',
      withValue('log_retention_days', 42),
      /log_retention_days: must be one of 1, 3, 5/,
    ],
    ['stack traces for everyone', withValue('expose_stacks', true), /expose_stacks: must be false/],
    ['a key mode that is none', withValue('key_mode', 'prod'), /key_mode: /],
    [
      'a throttle of zero',
      withValue('throttle', { requests_per_second: 0, burst: 10 }),
      /throttle\.requests_per_second: /,
    ],
    [
      'a rate limit of zero',
      withValue('rate_limits_per_minute', { public: 0, read: 1, write: 1, sensitive: 1 }),
      /rate_limits_per_minute\.public: /,
    ],
    [
      'a firewall limit that WAF refuses',
      withValue('waf_requests_per_5_minutes', 2_000_000_001),
      /waf_requests_per_5_minutes: /,
    ],
    [
      'a firewall limit that comes before our own, which say when to come back',
      withValue('waf_requests_per_5_minutes', 100),
      /waf_requests_per_5_minutes: must be at least five times/,
    ],
    ['fewer workers than SQS can be told', withValue('lane_worker_concurrency', 1), /lane_worker_concurrency: /],
    [
      'anchors that can be removed, where keys are live',
      withValue('audit_anchors', { lock_mode: 'GOVERNANCE', retention_days: 30 }),
      /audit_anchors\.lock_mode: must be COMPLIANCE/,
    ],
    [
      'an address to mail that is none',
      withValue('alerts', { email: { from: 'alerts@haven.example', to: ['on-call'] } }),
      /alerts\.email\.to\.0: /,
    ],
    [
      'a sender that would end its header',
      withValue('alerts', { email: { from: 'a@haven.example\r\nBcc: b@c.example', to: ['on-call@haven.example'] } }),
      /alerts\.email\.from: /,
    ],
    [
      'mails to customers in the name of alerts',
      {
        ...withValue('alerts', { email: { from: 'a@haven.example', to: ['b@haven.example'] } }),
        shop: { mail: { name: 'Shop', from: 'a@haven.example' } },
      },
      /shop\.mail\.from: must be another address/,
    ],
    ['mails to nobody', withValue('alerts', { email: { from: 'a@haven.example', to: [] } }), /alerts\.email\.to: /],
    [
      'webhooks to where only Haven can reach, where data is protected',
      withValue('webhook_exempt_hosts', ['127.0.0.1']),
      /webhook_exempt_hosts: must be empty/,
    ],
    [
      'a gradual deployment that is over before its alarms can sound',
      withValue('canary', { minutes: 5 }),
      /canary\.minutes: /,
    ],
    ['no chain', withValue('chains', []), /chains: /],
    ['a chain twice', withValue('chains', [CHAIN, CHAIN]), /chains: has the same chain_id twice/],
    ['an in-flight cap of zero', withChain({ in_flight_cap: 0 }), /chains\.0\.in_flight_cap: /],
    ['no confirmations', withChain({ required_confirmations: 0 }), /chains\.0\.required_confirmations: /],
    ['a fee cap of zero', withChain({ max_fee_per_gas_wei: '0' }), /chains\.0\.max_fee_per_gas_wei: /],
    ['a fee cap as a number', withChain({ max_fee_per_gas_wei: 300_000_000_000 }), /chains\.0\.max_fee_per_gas_wei: /],
    ['a name in capitals', withValue('name', 'Production'), /name: /],
    ['a name that is too long for AWS', withValue('name', 'a-very-long-stage-name'), /name: /],
  ])('%s', (_what, value, problem) => {
    const { message } = caught(BadStage, () => parseStage('lib/stages/bad.json', value));
    expect(message).toMatch(/^Stage lib\/stages\/bad\.json is not valid:\n {2}/);
    expect(message).toMatch(problem);
    expect(message.split('\n').length).toBe(2);
  });

  it('together with every other bad value', () => {
    const bad = { ...withChain({ in_flight_cap: 0 }), name: '', key_mode: 'x' };
    const { message } = caught(BadStage, () => parseStage('x', bad));
    expect(
      message
        .split('\n')
        .slice(1)
        .map((line) => line.trim().split(':')[0]),
    ).toEqual(['name', 'key_mode', 'chains.0.in_flight_cap']);
  });
});

describe('a stage that does not exist', () => {
  it.each(['prod', 'Production', '../secret', '', 'local.json'])('%j is answered with those that do', (name) => {
    const { message } = caught(BadStage, () => loadStage(name));
    expect(message).toContain('there are: local, production, staging');
  });
});

describe('the issuer of operators', () => {
  it('can be another on the laptop, and nowhere else', () => {
    expect(loadStageWithIssuer('local', 'http://127.0.0.1:9999').oidc).toEqual({
      ...loadStage('local').oidc,
      issuer: 'http://127.0.0.1:9999',
    });
    for (const name of ['production', 'staging', 'nowhere']) {
      expect(() => loadStageWithIssuer(name, 'https://id.example')).toThrow(BadStage);
    }
    expect(() => loadStageWithIssuer('local', 'http://id.example')).toThrow(/oidc\.issuer/);
  });

  it('is named by nobody unless the stage does', () => {
    const oidc = { issuer: 'https://id.example', audience: 'haven', roles: { admin: ['*'] } };
    expect(loadStage('production').oidc).toBeUndefined();
    expect(parseStage('test', { ...PRODUCTION, oidc }).oidc).toMatchObject(oidc);
    expect(() => parseStage('test', { ...PRODUCTION, oidc: { ...oidc, issuer: 'http://id.example' } })).toThrow(
      /oidc\.issuer: must be an https URL/,
    );
  });
});
