import { readFileSync } from 'node:fs';
import { Html } from './html.ts';

/** In the order of the cascade. */
const SHEETS = ['theme.css', 'frame.css', 'reference.css', 'screens.css'];

/** The page's style; a part of the page, because nothing may be loaded. */
export const STYLE = new Html(SHEETS.map((name) => readFileSync(new URL(name, import.meta.url), 'utf8')).join(''));
