import { oneLine } from '#shared/platform/plain-text.ts';
import type { Alert } from '../alert.ts';
import { alertDetails, alertFacts, type Facts, runbookLink } from './alert-facts.ts';
import type { AlertNotice } from './alert-message.ts';
import { fitted } from './alert-text.ts';

/** https://docs.discord.com/developers/resources/message#embed-object-embed-limits */
const MAX_TITLE = 256;
const MAX_DESCRIPTION = 4_096;
const MAX_FIELDS = 25;
const MAX_NAME = 256;
const MAX_VALUE = 1_024;
/** Of all texts of a message together. */
const MAX_TOTAL = 6_000;

const COLOURS: Readonly<Record<Alert['severity'], number>> = {
  INFO: 0x1f5fa8,
  WARNING: 0xffd166,
  ERROR: 0xb3440b,
  CRITICAL: 0xa30f1e,
};

/** What Discord reads as Markdown, a link or a mention: with a backslash before it, it is shown as it is. */
const MARKDOWN = /[\\*_~`|>[\]()#@<:]/;
const escapedChar = (char: string) => (MARKDOWN.test(char) ? `\\${char}` : char);

/** The body of a post to a webhook of Discord. It mentions nobody, whatever an alert says. */
export function discordMessage(notice: AlertNotice): string {
  const { alert, stage } = notice;
  const title = fitted(`${alert.severity}: Haven ${oneLine(stage)}`, MAX_TITLE);
  const description = fitted(oneLine(alert.summary), MAX_DESCRIPTION, escapedChar);
  const link = runbookLink(notice);
  const guide = `[What to do: ${escapedText(alert.category)}](${link})`;
  const fixed = `${description}\n\n${guide}`;
  return JSON.stringify({
    allowed_mentions: { parse: [] },
    embeds: [
      {
        title,
        description: fixed.length <= MAX_DESCRIPTION ? fixed : description,
        color: COLOURS[alert.severity],
        timestamp: alert.occurred_at,
        fields: fields([...alertFacts(notice), ...alertDetails(notice)], MAX_TOTAL - title.length - fixed.length),
      },
    ],
  });
}

function escapedText(text: string): string {
  return [...text].map(escapedChar).join('');
}

/** As many as a message takes; what does not fit is in the alert itself. */
function fields(facts: Facts, maxUnits: number) {
  let left = maxUnits;
  const shown: { name: string; value: string; inline: boolean }[] = [];
  for (const [name, value] of facts) {
    // Neither may be empty.
    const field = {
      name: fitted(name === '' ? '-' : name, MAX_NAME, escapedChar),
      value: fitted(value === '' ? '-' : value, MAX_VALUE, escapedChar),
      inline: value.length <= 40,
    };
    left -= field.name.length + field.value.length;
    if (left < 0 || shown.length === MAX_FIELDS) break;
    shown.push(field);
  }
  return shown;
}
