import { oneLine } from '#shared/platform/plain-text.ts';
import type { Alert } from '../alert.ts';
import { alertDetails, alertFacts, type Facts, runbookLink } from './alert-facts.ts';
import type { AlertNotice } from './alert-message.ts';
import { fitted } from './alert-text.ts';

/** https://docs.slack.dev/reference/block-kit/blocks/header-block */
const MAX_HEADER = 150;
/** https://docs.slack.dev/reference/block-kit/blocks/section-block */
const MAX_TEXT = 3_000;
/** Slack refuses messages of about 13,000 characters in blocks, whatever its documented limits of one block: details get what is left of less. */
const MAX_DETAILS = 8_000;
/** Of one value: the rest is in the alert itself. */
const MAX_VALUE = 500;

const MARKS: Readonly<Record<Alert['severity'], string>> = {
  INFO: ':information_source:',
  WARNING: ':warning:',
  ERROR: ':red_circle:',
  CRITICAL: ':rotating_light:',
};

/** What Slack reads as its own notation (https://docs.slack.dev/messaging/formatting-message-text/#escaping): with these, a text can mention nobody and link nowhere. */
const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };
const escapedChar = (char: string) => ENTITIES[char] ?? char;

/** The body of a post to an incoming webhook of Slack, or of whoever understands its blocks. */
export function slackMessage(notice: AlertNotice): string {
  const { alert, stage } = notice;
  const summary = fitted(oneLine(alert.summary) || '-', MAX_TEXT, escapedChar);
  return JSON.stringify({
    // What notifications show.
    text: fitted(`[${alert.severity}] ${oneLine(alert.summary)} (Haven ${oneLine(stage)})`, MAX_TEXT, escapedChar),
    blocks: [
      {
        type: 'header',
        text: {
          type: 'plain_text',
          text: fitted(`${MARKS[alert.severity]} ${alert.severity}: Haven ${oneLine(stage)}`, MAX_HEADER),
          emoji: true,
        },
      },
      section(summary),
      section(lines(alertFacts(notice)).join('\n')),
      ...detailSections(alertDetails(notice)),
      section(`<${runbookLink(notice)}|What to do: ${alert.category}>`),
    ],
    unfurl_links: false,
    unfurl_media: false,
  });
}

function section(text: string) {
  return { type: 'section', text: { type: 'mrkdwn', text, verbatim: true } };
}

function lines(facts: Facts): readonly string[] {
  return facts.map(
    ([name, value]) => `*${fitted(name, MAX_VALUE, escapedChar)}*: ${fitted(value, MAX_VALUE, escapedChar)}`,
  );
}

/** As many lines as fit into a section, and as many sections as a message takes. */
function detailSections(details: Facts) {
  const texts: string[] = [];
  let units = 0;
  for (const line of lines(details)) {
    units += line.length + 1;
    if (units > MAX_DETAILS) break;
    const last = texts.at(-1);
    if (last === undefined || last.length + 1 + line.length > MAX_TEXT) texts.push(line);
    else texts[texts.length - 1] = `${last}\n${line}`;
  }
  return texts.map(section);
}
