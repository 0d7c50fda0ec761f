/** The command was asked for in a way that it doesn't understand, or that isn't safe. */
export class BadUsage extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'BadUsage';
  }
}

const COMMON = `Options of all commands:
  --stage NAME         where: local, or another of lib/stages (required)
  --account ID         the stage's AWS account; by default that of your credentials
  --region NAME        by default that of your AWS settings
  --mfa-serial ARN     your MFA device, where the stage wants one
  --mfa-code CODE      the code that it shows
  --rate N             at most so many wallets a second (100)
  --concurrency N      at most so many at once (16)
  --report FILE        one line for each wallet; CSV when the name ends in .csv, else JSON
  --write              do it; without it nothing is written (keys:import, keys:reencrypt)`;

/** How each command is used. */
export const USAGE: Readonly<Record<string, string>> = {
  import: `npm run keys:import -- --file FILE --stage NAME [options]

Makes a wallet of every plaintext key in a file. Without --write it only says what it would do.

  --file FILE          CSV, JSON lines, a plain dump of PostgreSQL, or a SQLite database
  --format NAME        csv, jsonl, pg or sqlite; by default found out
  --table NAME         the table of a dump or database
  --key-column NAME    by default private_key
  --address-column NAME  held against the address of the key
  --label-column NAME  becomes the wallet's label
  --key-encoding NAME  hex (default), decimal or base64
  --delimiter C        of CSV, by default a comma; \\t is a tab
  --purpose NAME       treasury, user or deposit (required)
  --tag KEY=VALUE      of every wallet; can be repeated
  --paused             the wallets sign nothing until they are resumed
  --journal FILE       by default FILE.<stage>.haven-import

${COMMON}`,
  verify: `npm run keys:verify -- --stage NAME (--all | --sample N | --wallet ID) [options]

Proves of wallets that their keys decrypt and are those of their addresses.

  --all                every wallet; goes on where it was when it is run again after it was ended
  --sample N           so many, drawn at random
  --wallet ID          one
  --journal FILE       of --all, by default keys-verify-<stage>.journal

${COMMON}`,
  reencrypt: `npm run keys:reencrypt -- --stage NAME --to ARN [options]

Moves the keys of all wallets to the stage's present wallet key. Run it again after it was ended.

  --to ARN             the stage's present wallet key
  --wallet ID          one wallet only

${COMMON}`,
};
