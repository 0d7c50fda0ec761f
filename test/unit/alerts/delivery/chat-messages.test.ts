import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { type Alert, alertSeveritySchema } from '#shared/alerts/alert.ts';
import { discordMessage } from '#shared/alerts/delivery/discord-message.ts';
import { slackMessage } from '#shared/alerts/delivery/slack-message.ts';
import { testAlert } from '#test/support/fakes/alert-bench.ts';

const RUNBOOK = 'https://runbook.example/runbook.md';
const notice = (change: Partial<Alert> = {}, heldBackBefore = 0) => ({
  alert: testAlert(change),
  heldBackBefore,
  stage: 'local',
  runbookUrl: RUNBOOK,
});

const slackSchema = z.strictObject({
  text: z.string().min(1).max(40_000),
  blocks: z
    .array(
      z.union([
        z.strictObject({
          type: z.literal('header'),
          text: z.strictObject({ type: z.literal('plain_text'), text: z.string().min(1).max(150), emoji: z.boolean() }),
        }),
        z.strictObject({
          type: z.literal('section'),
          text: z.strictObject({
            type: z.literal('mrkdwn'),
            text: z.string().min(1).max(3_000),
            verbatim: z.literal(true),
          }),
        }),
      ]),
    )
    .min(1)
    .max(50),
  unfurl_links: z.literal(false),
  unfurl_media: z.literal(false),
});

const discordSchema = z.strictObject({
  allowed_mentions: z.strictObject({ parse: z.tuple([]) }),
  embeds: z.tuple([
    z.strictObject({
      title: z.string().min(1).max(256),
      description: z.string().min(1).max(4_096),
      color: z.number().int().min(0).max(0xffffff),
      timestamp: z.iso.datetime(),
      fields: z
        .array(
          z.strictObject({
            name: z.string().min(1).max(256),
            value: z.string().min(1).max(1_024),
            inline: z.boolean(),
          }),
        )
        .max(25),
    }),
  ]),
});

const slack = (...of: Parameters<typeof notice>) => slackSchema.parse(JSON.parse(slackMessage(notice(...of))));
const discord = (...of: Parameters<typeof notice>) => discordSchema.parse(JSON.parse(discordMessage(notice(...of))));

const wild = fc.string({ unit: 'binary', minLength: 1, maxLength: 300 });
const wildAlert = fc.record({
  severity: fc.constantFrom(...alertSeveritySchema.options),
  summary: wild.map((text) => `x${text}`),
  dedupe_key: wild,
  details: fc.dictionary(fc.string({ maxLength: 300 }), fc.string({ maxLength: 5_000 }), { maxKeys: 80 }),
});

describe('the message of an alert to Slack', () => {
  it('says what happened, how grave, the facts, and where to read what to do', () => {
    const { text, blocks } = slack({ details: { wallet_id: 'wal_1' } }, 3);
    expect(text).toBe('[CRITICAL] The export of a key was requested (Haven local)');
    expect(blocks.map((block) => block.text.text)).toEqual([
      ':rotating_light: CRITICAL: Haven local',
      'The export of a key was requested',
      [
        '*Severity*: CRITICAL',
        '*Category*: key_access',
        '*When*: 2026-11-21T18:30:00.000Z',
        '*Stage*: local',
        `*Alert*: ${testAlert().id}`,
        '*About*: thing-1',
        '*Not told since the last*: 3 of the same',
      ].join('\n'),
      '*wallet_id*: wal_1',
      `<${RUNBOOK}#key_access|What to do: key_access>`,
    ]);
  });

  it('mentions nobody and links nowhere, whatever an alert says', () => {
    const { text, blocks } = slack({
      summary: '<!channel> & <https://evil.example|click>',
      details: { name: '<@U123> <!here>' },
    });
    const told = [text, ...blocks.slice(0, -1).map((block) => block.text.text)].join('\n');
    expect(told).not.toMatch(/[<>]/);
    expect(blocks[1]?.text.text).toBe('&lt;!channel&gt; &amp; &lt;https://evil.example|click&gt;');
  });

  it('keeps what Slack allows, and tears no escaped character', () => {
    fc.assert(
      fc.property(wildAlert, (change) => {
        const { blocks } = slack(change);
        expect(blocks.reduce((units, block) => units + block.text.text.length, 0)).toBeLessThan(13_000);
        for (const block of blocks.slice(1, -1)) expect(block.text.text).not.toMatch(/&(?!amp;|lt;|gt;)/);
      }),
      { seed: 20_261_122 },
    );
  });
});

describe('the message of an alert to Discord', () => {
  it('says what happened, how grave, the facts, and where to read what to do', () => {
    const { embeds } = discord({ details: { wallet_id: 'wal_1' } });
    expect(embeds[0]).toMatchObject({
      title: 'CRITICAL: Haven local',
      description: `The export of a key was requested\n\n[What to do: key\\_access](${RUNBOOK}#key_access)`,
      color: 0xa30f1e,
      timestamp: '2026-11-21T18:30:00.000Z',
    });
    expect(embeds[0].fields.map(({ name, value }) => [name, value]).at(-1)).toEqual(['wallet\\_id', 'wal\\_1']);
  });

  it('mentions nobody and links nowhere, whatever an alert says', () => {
    const { embeds } = discord({ summary: '@everyone <@1> [click](https://evil.example)' });
    expect(embeds[0].description.split('\n')[0]).toBe('\\@everyone \\<\\@1\\> \\[click\\]\\(https\\://evil.example\\)');
  });

  it('keeps what Discord allows', () => {
    fc.assert(
      fc.property(wildAlert, (change) => {
        const { embeds } = discord(change);
        const { title, description, fields } = embeds[0];
        const texts = [title, description, ...fields.flatMap(({ name, value }) => [name, value])];
        expect(texts.reduce((units, text) => units + text.length, 0)).toBeLessThanOrEqual(6_000);
      }),
      { seed: 20_261_122 },
    );
  });
});

it('a chat is told no secret, should one ever be in the facts of an alert', () => {
  const key = `0x${'c0ffee'.repeat(10)}c0ff`;
  const details = { private_key: 'canary-value', note: key, deep: { list: [{ text: `look: ${key}` }] } };
  for (const told of [slackMessage(notice({ details })), discordMessage(notice({ details }))])
    expect(told).not.toMatch(/canary|c0ffee/);
});
