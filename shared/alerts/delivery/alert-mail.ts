import { cut, escapedHtml, oneLine } from '#shared/platform/plain-text.ts';
import type { Alert } from '../alert.ts';
import { alertDetails, alertFacts, type Facts, runbookLink } from './alert-facts.ts';
import type { AlertNotice } from './alert-message.ts';

/** A mail, without its addresses. */
export interface AlertMail {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** Background and text of the severity's bar: contrast of at least 4.5 to 1 (WCAG 2, AA). */
const COLOURS: Readonly<Record<Alert['severity'], { readonly background: string; readonly text: string }>> = {
  INFO: { background: '#1f5fa8', text: '#ffffff' },
  WARNING: { background: '#ffd166', text: '#3a2a00' },
  ERROR: { background: '#b3440b', text: '#ffffff' },
  CRITICAL: { background: '#a30f1e', text: '#ffffff' },
};

/** RFC 5322 asks for lines below 998 characters; what people see of a subject is far less. */
const MAX_SUBJECT_CHARS = 200;
/** What does not fit is in the alert's row. */
const MAX_VALUE_CHARS = 500;
const MAX_DETAILS = 40;

/** Makes the mail that tells of an alert. Nothing of the alert can end a header, open a tag or leave an attribute. */
export function alertMail(notice: AlertNotice): AlertMail {
  const { alert, stage } = notice;
  const facts = alertFacts(notice);
  const details = alertDetails(notice)
    .slice(0, MAX_DETAILS)
    .map(([name, value]) => [name, cut(value, MAX_VALUE_CHARS)] as const);
  const link = runbookLink(notice);
  return {
    subject: cut(`[${alert.severity}] ${oneLine(alert.summary)} (Haven ${oneLine(stage)})`, MAX_SUBJECT_CHARS),
    text: textOf(alert, facts, details, link),
    html: htmlOf(alert, facts, details, link),
  };
}

function textOf(alert: Alert, facts: Facts, details: Facts, link: string): string {
  const lines = (of: Facts) => of.map(([name, value]) => `${name}: ${oneLine(value)}`);
  return [
    oneLine(alert.summary),
    '',
    ...lines(facts),
    ...(details.length === 0 ? [] : ['', ...lines(details)]),
    '',
    `What to do: ${link}`,
    '',
  ].join('\n');
}

function htmlOf({ severity, summary, category }: Alert, facts: Facts, details: Facts, link: string): string {
  const { background, text } = COLOURS[severity];
  const rows = (of: Facts) =>
    of
      .map(
        ([name, value]) =>
          `<tr><th align="left" valign="top" style="padding:4px 16px 4px 0;font-weight:600">${escapedHtml(name)}</th>` +
          `<td style="padding:4px 0;word-break:break-word">${escapedHtml(oneLine(value))}</td></tr>`,
      )
      .join('');
  return (
    '<!doctype html><html lang="en"><head><meta charset="utf-8">' +
    `<title>${escapedHtml(severity)}</title></head>` +
    '<body style="margin:0;font-family:system-ui,sans-serif;font-size:15px;line-height:1.4;color:#1b1b1b">' +
    `<div style="background:${background};color:${text};padding:16px 24px;font-size:17px">` +
    `<strong>${escapedHtml(severity)}</strong> ${escapedHtml(oneLine(summary))}</div>` +
    `<div style="padding:16px 24px"><table role="presentation">${rows(facts)}</table>` +
    (details.length === 0 ? '' : `<hr><table role="presentation">${rows(details)}</table>`) +
    `<p><a href="${escapedHtml(link)}">What to do: ${escapedHtml(category)}</a></p>` +
    '</div></body></html>'
  );
}
