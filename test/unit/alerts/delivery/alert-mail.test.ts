import { describe, expect, it } from 'vitest';
import type { Alert } from '#shared/alerts/alert.ts';
import { alertMail } from '#shared/alerts/delivery/alert-mail.ts';
import { alertWebhookBody } from '#shared/alerts/delivery/alert-message.ts';
import { testAlert } from '#test/support/fakes/alert-bench.ts';

const RUNBOOK = 'https://runbook.example/runbook.md';

const mail = (change: Partial<Alert> = {}, heldBackBefore = 0, stage = 'local') =>
  alertMail({ alert: testAlert(change), heldBackBefore, stage, runbookUrl: RUNBOOK });

describe('the mail of an alert', () => {
  it('says what happened, how grave, about what, when, where, and the facts: in text and in HTML', () => {
    const { subject, text, html } = mail({ details: { wallet_id: 'wal_1', missing: { wei: '5' } } }, 4);
    expect(subject).toBe('[CRITICAL] The export of a key was requested (Haven local)');
    const lines = [
      'The export of a key was requested',
      '',
      'Severity: CRITICAL',
      'Category: key_access',
      'When: 2026-11-21T18:30:00.000Z',
      'Stage: local',
      `Alert: ${testAlert().id}`,
      'About: thing-1',
      'Not told since the last: 4 of the same',
      '',
      'wallet_id: wal_1',
      'missing: {"wei":"5"}',
      '',
      'What to do: https://runbook.example/runbook.md#key_access',
      '',
    ];
    expect(text).toBe(lines.join('\n'));
    for (const fact of ['CRITICAL', 'key_access', 'wal_1', '{&quot;wei&quot;:&quot;5&quot;}', '4 of the same'])
      expect(html).toContain(fact);
  });

  it('is quiet about what was not held back', () => {
    expect(mail().text).not.toContain('Not mailed');
  });

  it('has a colour for each severity, which can be read on it', () => {
    const severities = ['INFO', 'WARNING', 'ERROR', 'CRITICAL'] as const;
    const colours = severities.map((severity) => {
      const bar = /background:(#[0-9a-f]{6});color:(#[0-9a-f]{6})/.exec(mail({ severity }).html);
      return [bar?.[1] ?? '', bar?.[2] ?? ''] as const;
    });
    expect(new Set(colours.map(([background]) => background)).size).toBe(4);
    for (const [background, text] of colours) expect(contrast(background, text)).toBeGreaterThanOrEqual(4.5);
  });

  it.each([
    ['a header', 'x\r\nBcc: thief@evil.example\r\n\r\nbody'],
    ['a header by a bare line feed', 'x\nBcc: thief@evil.example'],
    ['a line by Unicode', 'x\u2028Bcc: y\u2029z\u0085w'],
    ['a null', 'x\u0000y'],
    ['a turned direction', 'safe\u202egnp.exe'],
  ])('lets no summary, fact, name or stage begin %s', (_what, hostile) => {
    const { subject, text, html } = mail({ summary: hostile, details: { [hostile]: hostile } }, 0, hostile);
    expect(subject).not.toMatch(/[\p{Cc}\u2028\u2029\u202a-\u202e]/u);
    expect(text.split('\n').filter((line) => line.startsWith('Bcc'))).toEqual([]);
    expect(`${text}${html}`).not.toMatch(/(?!\n)\p{Cc}|[\u2028\u2029\u202a-\u202e]/u);
  });

  it.each(['<script>alert(1)</script>', '"><img src=x onerror=alert(1)>', "' style='x", '&lt;b&gt;', '</td></table>'])(
    'lets %s be nothing but text in HTML',
    (hostile) => {
      const plain = mail({ summary: 'x', dedupe_key: 'x', details: { x: 'x' } }, 0, 'x').html;
      const { html } = mail({ summary: hostile, dedupe_key: hostile, details: { [hostile]: hostile } }, 0, hostile);
      const tags = (of: string) => of.match(/<[^>]*>/g);
      expect(tags(html)).toEqual(tags(plain));
      expect(html).not.toContain('<script');
    },
  );

  it('cuts what is long, without tearing a character', () => {
    const details = Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`fact_${index}`, '🦭 '.repeat(600)]));
    const { subject, text, html } = mail({ summary: '🦭'.repeat(150), details }, 0, 'x'.repeat(300));
    expect([...subject].length).toBe(200);
    expect(subject.isWellFormed() && text.isWellFormed() && html.isWellFormed()).toBe(true);
    expect(text.match(/^fact_/gm)).toHaveLength(40);
    expect(Math.max(...text.split('\n').map((line) => [...line].length))).toBeLessThan(520);
  });
});

describe('what leaves Haven of an alert', () => {
  const CANARY = `0x${'c0ffee'.repeat(10)}abcd`;

  it.each([
    ['a field that says so', { private_key: 'canary-value' }],
    ['the shape of a key', { note: CANARY }],
    ['a nested shape of a key', { deep: { list: [{ text: `look: ${CANARY}` }] } }],
    ['the token of an API key', { note: 'hvn_live_01JABC_canaryvalue' }],
  ])('is no secret, should one ever be in its facts: %s', (_what, details) => {
    const alert = testAlert({ details });
    const { text, html } = alertMail({ alert, heldBackBefore: 0, stage: 'local', runbookUrl: RUNBOOK });
    const body = alertWebhookBody({ alert, heldBackBefore: 0, stage: 'local', runbookUrl: RUNBOOK });
    for (const told of [text, html, body]) expect(told).not.toMatch(/canary|c0ffee/);
  });

  it('by webhook is the alert, its stage, and how many were held back', () => {
    const { id, severity, category, summary, details, dedupe_key, occurred_at } = testAlert();
    const body = alertWebhookBody({ alert: testAlert(), heldBackBefore: 2, stage: 'production', runbookUrl: RUNBOOK });
    expect(JSON.parse(body)).toEqual({
      type: 'alert.recorded',
      timestamp: occurred_at,
      data: {
        ...{ id, stage: 'production', severity, category, summary, details, dedupe_key, occurred_at, held_back: 2 },
        runbook_url: `${RUNBOOK}#${category}`,
      },
    });
  });
});

/** https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio */
function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((start) => {
    const part = Number.parseInt(colour.slice(start, start + 2), 16) / 255;
    return part <= 0.040_45 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
