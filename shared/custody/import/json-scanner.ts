const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN = 0x7b;
const CLOSE = 0x7d;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;

/** What a backslash and a letter stand for (RFC 8259, section 7); `u` is apart. */
const ESCAPES: ReadonlyMap<number, number> = new Map(
  [...'"\\/bfnrt'].map((letter, index) => [letter.charCodeAt(0), '"\\/\b\f\n\r\t'.charCodeAt(index)]),
);

/** Deeper than a table's row is nested; stops hostile input. */
const MAX_DEPTH = 64;

/** The text is no JSON object. Says nothing of what it is. */
class NotJson extends Error {}

/** Names of members, as they are and as their bytes. */
type WantedNames = readonly (readonly [string, Buffer])[];

/** Reads wanted members of one flat JSON object (RFC 8259) from bytes into bytes, without making strings of values. */
export class JsonScanner {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /**
   * The values of the wanted members: text unescaped, numbers by their digits. Nulls, truth values, objects and lists are
   * left out.
   *
   * @returns undefined when the bytes are no JSON object, or have a wanted member twice: which one counts would be a guess
   */
  members(wanted: readonly string[]): ReadonlyMap<string, Uint8Array> | undefined {
    const found = new Map<string, Uint8Array>();
    try {
      this.#object(
        wanted.map((name) => [name, Buffer.from(name)] as const),
        found,
      );
      return found;
    } catch (error) {
      for (const value of found.values()) value.fill(0);
      if (error instanceof NotJson) return undefined;
      throw error;
    }
  }

  #object(wanted: WantedNames, found: Map<string, Uint8Array>): void {
    const seen = new Set<string>();
    this.#expect(OPEN);
    if (this.#peek() !== CLOSE) {
      for (;;) {
        const name = this.#name(wanted);
        this.#expect(COLON);
        const value = this.#value(name !== undefined);
        if (name !== undefined) {
          if (seen.has(name)) {
            value?.fill(0);
            throw new NotJson();
          }
          seen.add(name);
          if (value !== undefined) found.set(name, value);
        }
        if (this.#peek() !== COMMA) break;
        this.#at += 1;
      }
    }
    this.#expect(CLOSE);
    if (this.#peek() !== undefined) throw new NotJson();
  }

  /** A member's name when it is wanted. Of others no string is made either: a key may stand where a name should. */
  #name(wanted: WantedNames): string | undefined {
    const bytes = this.#text();
    const name = wanted.find(([, of]) => of.equals(bytes))?.[0];
    bytes.fill(0);
    return name;
  }

  #value(isWanted: boolean): Uint8Array | undefined {
    const first = this.#peek();
    if (first === QUOTE) {
      const text = this.#text();
      if (isWanted) return text;
      text.fill(0);
      return undefined;
    }
    if (first === OPEN || first === OPEN_LIST) {
      this.#skipNested();
      return undefined;
    }
    const start = this.#at;
    while (this.#at < this.#bytes.length && isWordByte(this.#bytes[this.#at] ?? 0)) this.#at += 1;
    const word = this.#bytes.subarray(start, this.#at);
    const isNumber = first !== undefined && (first === 0x2d || (first >= 0x30 && first <= 0x39));
    if (!isNumber && !['true', 'false', 'null'].some((literal) => equals(word, literal))) throw new NotJson();
    return isNumber && isWanted ? Uint8Array.from(word) : undefined;
  }

  /** Passes an object or a list by its brackets and texts; what is in it is of no interest. */
  #skipNested(): void {
    const closing: number[] = [];
    do {
      const byte = this.#peek();
      if (byte === undefined) throw new NotJson();
      if (byte === QUOTE) {
        this.#text().fill(0);
        continue;
      }
      this.#at += 1;
      if (byte === OPEN) closing.push(CLOSE);
      else if (byte === OPEN_LIST) closing.push(CLOSE_LIST);
      else if ((byte === CLOSE || byte === CLOSE_LIST) && closing.pop() !== byte) throw new NotJson();
      if (closing.length > MAX_DEPTH) throw new NotJson();
    } while (closing.length > 0);
  }

  /** A text, unescaped. */
  #text(): Uint8Array {
    this.#expect(QUOTE);
    const end = this.#endOfText();
    // Unescaped it is never longer.
    const out = new Uint8Array(end - this.#at);
    try {
      const length = this.#unescape(out, end);
      this.#at = end + 1;
      return out.subarray(0, length);
    } catch (error) {
      out.fill(0);
      throw error;
    }
  }

  /** Copies what is there up to the end of a text; returns how many bytes that is. */
  #unescape(out: Uint8Array, end: number): number {
    let length = 0;
    while (this.#at < end) {
      const byte = this.#bytes[this.#at] ?? 0;
      this.#at += 1;
      if (byte < 0x20) throw new NotJson();
      if (byte === BACKSLASH) length += this.#escape(out, length);
      else {
        out[length] = byte;
        length += 1;
      }
    }
    return length;
  }

  /** Where the closing quote is. */
  #endOfText(): number {
    for (let at = this.#at; at < this.#bytes.length; at += 1) {
      if (this.#bytes[at] === BACKSLASH) at += 1;
      else if (this.#bytes[at] === QUOTE) return at;
    }
    throw new NotJson();
  }

  /** Writes what an escape stands for; returns how many bytes it is. */
  #escape(out: Uint8Array, at: number): number {
    const letter = this.#bytes[this.#at] ?? 0;
    this.#at += 1;
    if (letter !== 0x75) {
      const plain = ESCAPES.get(letter);
      if (plain === undefined) throw new NotJson();
      out[at] = plain;
      return 1;
    }
    let unit = this.#hex4();
    if (unit >= 0xd800 && unit <= 0xdbff && this.#bytes[this.#at] === BACKSLASH && this.#bytes[this.#at + 1] === 0x75) {
      this.#at += 2;
      unit = 0x10000 + ((unit - 0xd800) << 10) + (this.#hex4() - 0xdc00);
    }
    if (unit > 0x10ffff || unit < 0) throw new NotJson();
    return Buffer.from(out.buffer, out.byteOffset, out.length).write(String.fromCodePoint(unit), at, 'utf8');
  }

  #hex4(): number {
    let value = 0;
    for (let nth = 0; nth < 4; nth += 1) {
      const digit = hexDigit(this.#bytes[this.#at] ?? 0);
      if (digit === undefined) throw new NotJson();
      value = value * 16 + digit;
      this.#at += 1;
    }
    return value;
  }

  /** The next byte that is no white space. */
  #peek(): number | undefined {
    while ([0x20, 0x09, 0x0a, 0x0d].includes(this.#bytes[this.#at] ?? 0)) this.#at += 1;
    return this.#bytes[this.#at];
  }

  #expect(byte: number): void {
    if (this.#peek() !== byte) throw new NotJson();
    this.#at += 1;
  }
}

/** The value of a hex digit. */
export function hexDigit(byte: number): number | undefined {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : undefined;
}

function isWordByte(byte: number): boolean {
  return /[\w.+-]/.test(String.fromCharCode(byte));
}

function equals(bytes: Uint8Array, text: string): boolean {
  return bytes.length === text.length && bytes.every((byte, index) => byte === text.charCodeAt(index));
}
