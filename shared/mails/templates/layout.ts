import { escapedHtml } from '#shared/platform/plain-text.ts';
import type { Locale } from './locale.ts';

/** Something with a name. */
export interface MailFact {
  readonly label: string;
  readonly value: string;
  /** Whether it is to be copied letter by letter. */
  readonly isCode?: boolean;
}

/** What a mail says, before it is text or HTML: plain texts of one line each. */
export interface MailContent {
  readonly shop: string;
  readonly subject: string;
  readonly heading: string;
  readonly paragraphs: readonly string[];
  readonly facts: readonly MailFact[];
  readonly notes: readonly string[];
  readonly links: readonly { readonly text: string; readonly url: string }[];
  readonly linesHead: string;
  readonly lines: readonly MailFact[];
  readonly total: MailFact;
  readonly closing: string;
}

/** Colours of one appearance. */
export interface Palette {
  readonly page: string;
  readonly card: string;
  readonly text: string;
  readonly quiet: string;
  readonly line: string;
  readonly band: string;
  readonly onBand: string;
  readonly link: string;
}

/** By appearance. What stands on each other has a contrast of at least 4.5 to 1 (WCAG 2, AA). */
export const PALETTES: Readonly<Record<'light' | 'dark', Palette>> = {
  light: {
    page: '#f3f4f6',
    card: '#ffffff',
    text: '#1b1b1b',
    quiet: '#555b66',
    line: '#d6d9de',
    band: '#1f3a5f',
    onBand: '#ffffff',
    link: '#0b57a4',
  },
  dark: {
    page: '#121417',
    card: '#1d2025',
    text: '#eceef1',
    quiet: '#b3bac4',
    line: '#3a3f47',
    band: '#2b4a75',
    onBand: '#ffffff',
    link: '#8ab8ff',
  },
};

/** The mail as plain text. */
export function mailText(content: MailContent): string {
  const fact = ({ label, value }: MailFact) => `${label}: ${value}`;
  const block = (lines: readonly string[]) => (lines.length === 0 ? [] : [...lines, '']);
  return [
    ...block([content.heading]),
    ...content.paragraphs.flatMap((text) => [text, '']),
    ...block(content.facts.map(fact)),
    ...block(content.notes),
    ...block(content.links.filter(({ url }) => isWeb(url)).map(({ text, url }) => `${text}: ${url}`)),
    `${content.linesHead}:`,
    ...content.lines.map(fact),
    fact(content.total),
    '',
    content.closing,
    '',
  ].join('\n');
}

/** A wallet's own link is among the facts already. */
const isWeb = (url: string) => url.startsWith('https:');

/**
 * The mail as HTML. Colours stand at each element, because many programs drop the head's styles; where they are kept, a dark appearance
 * has colours of its own. It loads nothing from anywhere: no image, no font, no style.
 */
export function mailHtml(content: MailContent, locale: Locale): string {
  const { light } = PALETTES;
  const cell = `padding:6px 0;border-bottom:1px solid ${light.line};vertical-align:top`;
  const row = ({ label, value, isCode }: MailFact, align: 'left' | 'right') =>
    `<tr><th class="quiet rule" align="left" style="${cell};padding-right:16px;font-weight:400;color:${light.quiet}">${escapedHtml(label)}</th>` +
    `<td class="text rule" align="${align}" style="${cell};color:${light.text};word-break:break-word;${isCode === true ? CODE : ''}">${escapedHtml(value)}</td></tr>`;
  const rows = (facts: readonly MailFact[], align: 'left' | 'right') =>
    `<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="border-collapse:collapse;margin:16px 0">${facts.map((one) => row(one, align)).join('')}</table>`;
  const paragraph = (text: string) =>
    `<p class="text" style="margin:0 0 12px;color:${light.text}">${escapedHtml(text)}</p>`;
  const link = ({ text, url }: { readonly text: string; readonly url: string }) =>
    `<p style="margin:0 0 12px"><a class="link" href="${escapedHtml(url)}" style="color:${light.link}">${escapedHtml(text)}</a></p>`;
  return [
    `<!doctype html><html lang="${locale}"><head><meta charset="utf-8">`,
    '<meta name="viewport" content="width=device-width,initial-scale=1">',
    '<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">',
    `<title>${escapedHtml(content.subject)}</title><style>${DARK_STYLE}</style></head>`,
    `<body class="page" style="margin:0;padding:24px 12px;background:${light.page};font-family:system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;font-size:16px;line-height:1.5">`,
    `<div class="card" style="max-width:600px;margin:0 auto;background:${light.card}">`,
    `<div class="band" style="background:${light.band};color:${light.onBand};padding:16px 24px;font-weight:600">${escapedHtml(content.shop)}</div>`,
    '<div style="padding:24px">',
    `<h1 class="text" style="margin:0 0 16px;font-size:22px;line-height:1.3;color:${light.text}">${escapedHtml(content.heading)}</h1>`,
    ...content.paragraphs.map(paragraph),
    rows(content.facts, 'left'),
    ...content.notes.map(paragraph),
    ...content.links.map(link),
    `<h2 class="text" style="margin:24px 0 0;font-size:17px;color:${light.text}">${escapedHtml(content.linesHead)}</h2>`,
    rows([...content.lines, content.total], 'right'),
    paragraph(content.closing),
    '</div></div></body></html>',
  ].join('');
}

const CODE = 'font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:14px;word-break:break-all';

const DARK_STYLE = [
  ':root{color-scheme:light dark}',
  '@media (prefers-color-scheme:dark){',
  `.page{background:${PALETTES.dark.page}!important}`,
  `.card{background:${PALETTES.dark.card}!important}`,
  `.text{color:${PALETTES.dark.text}!important}`,
  `.quiet{color:${PALETTES.dark.quiet}!important}`,
  `.rule{border-color:${PALETTES.dark.line}!important}`,
  `.band{background:${PALETTES.dark.band}!important;color:${PALETTES.dark.onBand}!important}`,
  `.link{color:${PALETTES.dark.link}!important}`,
  '}',
].join('');
