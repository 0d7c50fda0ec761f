/** A number as it was written: no float stands for it. */
export class JsonNumber {
  /** As RFC 8259 has numbers: `12`, `0.10`, `1e3`. */
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What a JSON text says, with numbers as they were written. Objects have no prototype: no name in them means anything. */
export type ExactJson =
  | null
  | boolean
  | string
  | JsonNumber
  | readonly ExactJson[]
  | { readonly [name: string]: ExactJson };

/** What is not JSON, or says two things at once. Ends a sentence that begins with what was read. */
export class InexactJson extends Error {
  constructor(why: string) {
    super(why);
    this.name = 'InexactJson';
  }
}

/** No webhook is nested deeper than three. */
const MAX_DEPTH = 8;

const SPACE = /[ \t\n\r]*/y;
const NUMBER = /-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;
/** https://www.rfc-editor.org/rfc/rfc8259#section-7; what escapes mean is left to JSON.parse. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what a string must not have
const STRING = /"([^"\\\u0000-\u001f]|\\(["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const WORD = /true|false|null/y;
const WORDS: Readonly<Record<string, boolean | null>> = { true: true, false: false, null: null };

/**
 * Reads JSON of which every reader must make the same: a name that an object has twice is refused (each parser would take another one,
 * https://www.rfc-editor.org/rfc/rfc8259#section-4), and numbers stay texts, so that none is rounded. Pure.
 *
 * @throws InexactJson
 */
export function parseExactJson(text: string): ExactJson {
  let at = 0;

  function take(pattern: RegExp): string | undefined {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found !== undefined) at += found.length;
    return found;
  }

  function skip(character: string): boolean {
    take(SPACE);
    if (text[at] !== character) return false;
    at += 1;
    return true;
  }

  function expect(character: string): void {
    if (!skip(character)) throw new InexactJson(`is not valid JSON: no ${character} at ${at}`);
  }

  function string(): string | undefined {
    take(SPACE);
    const found = take(STRING);
    return found === undefined ? undefined : String(JSON.parse(found));
  }

  function value(depth: number): ExactJson {
    if (depth > MAX_DEPTH) throw new InexactJson(`is nested deeper than ${MAX_DEPTH}`);
    if (skip('{')) return object(depth);
    if (skip('[')) return array(depth);
    const text = string();
    if (text !== undefined) return text;
    const number = take(NUMBER);
    if (number !== undefined) return new JsonNumber(number);
    const word = take(WORD);
    const known = word === undefined ? undefined : WORDS[word];
    if (known === undefined) throw new InexactJson(`is not valid JSON: no value at ${at}`);
    return known;
  }

  function object(depth: number): ExactJson {
    const members = new Map<string, ExactJson>();
    if (skip('}')) return Object.create(null);
    do {
      const name = string();
      if (name === undefined) throw new InexactJson(`is not valid JSON: no name at ${at}`);
      if (members.has(name)) throw new InexactJson('has a name twice in one object');
      expect(':');
      members.set(name, value(depth + 1));
    } while (skip(','));
    expect('}');
    const made: Record<string, ExactJson> = Object.create(null);
    for (const [name, member] of members) made[name] = member;
    return made;
  }

  function array(depth: number): ExactJson {
    const items: ExactJson[] = [];
    if (skip(']')) return items;
    do items.push(value(depth + 1));
    while (skip(','));
    expect(']');
    return items;
  }

  const whole = value(0);
  take(SPACE);
  if (at < text.length) throw new InexactJson(`is not valid JSON: more at ${at}`);
  return whole;
}
