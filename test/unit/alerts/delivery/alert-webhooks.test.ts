import { describe, expect, it } from 'vitest';
import { parseAlertWebhooks } from '#shared/alerts/delivery/alert-webhooks.ts';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const OTHER = `whsec_${Buffer.alloc(32, 9).toString('base64')}`;
const GOOD = { url: 'https://hooks.example/haven', signing_secret: SECRET };
const WHSEC = 'must be whsec_ and 24 to 64 bytes in base64, or two of them';

describe('the secret of alert webhooks', () => {
  it('names webhooks, each with a signing secret, or two while one replaces the other', () => {
    expect(parseAlertWebhooks({ pager: GOOD, 'on-call': { ...GOOD, signing_secret: [OTHER, SECRET] } })).toEqual({
      webhooks: [
        { name: 'pager', url: GOOD.url, secrets: [SECRET] },
        { name: 'on-call', url: GOOD.url, secrets: [OTHER, SECRET] },
      ],
      problems: [],
    });
  });

  it.each([[{}], [{ placeholder: 'x'.repeat(64) }]])('names none as it is after the first deployment: %j', (secret) => {
    expect(parseAlertWebhooks(secret)).toEqual({ webhooks: [], problems: [] });
  });

  it.each([
    [
      'no object',
      { pager: 'https://hooks.example/canary' },
      ['pager: must have a url and a signing_secret, and nothing else'],
    ],
    ['no URL', { pager: { ...GOOD, url: 'canary' } }, ['pager.url: must be an http(s) URL']],
    ['another protocol', { pager: { ...GOOD, url: 'javascript:canary' } }, ['pager.url: must be an http(s) URL']],
    ['no secret', { pager: { url: GOOD.url } }, [`pager.signing_secret: ${WHSEC}`]],
    ['a short secret', { pager: { ...GOOD, signing_secret: 'whsec_canary' } }, [`pager.signing_secret: ${WHSEC}`]],
    [
      'three secrets',
      { pager: { ...GOOD, signing_secret: [SECRET, OTHER, SECRET] } },
      [`pager.signing_secret: ${WHSEC}`],
    ],
    [
      'a field too many',
      { pager: { ...GOOD, canary: 1 } },
      ['pager: must have a url and a signing_secret, and nothing else'],
    ],
    [
      'a name that is a value',
      { 'https://canary.example/': GOOD },
      ['entry 1: the name must be lower-case letters, digits and hyphens, 40 at most'],
    ],
  ])('with %s is told by its field, quotes nothing, and stops no other', (_what, secret, problems) => {
    const parsed = parseAlertWebhooks({ ...secret, other: GOOD });
    expect(parsed).toEqual({ webhooks: [{ name: 'other', url: GOOD.url, secrets: [SECRET] }], problems });
    expect(JSON.stringify(parsed.problems)).not.toContain('canary');
  });
});
