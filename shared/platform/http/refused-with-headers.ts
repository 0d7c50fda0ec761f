/** An error on its way to a client, with headers that its answer must carry. */
export class RefusedWithHeaders extends Error {
  readonly headers: Readonly<Record<string, string>>;

  constructor(cause: unknown, headers: Readonly<Record<string, string>>) {
    super('Refused', { cause });
    this.name = 'RefusedWithHeaders';
    this.headers = headers;
  }
}
