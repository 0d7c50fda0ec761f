// Loaded into the wallet provisioner's own process, before its code: notes every key that it draws, so that a test
// knows what must be found nowhere else. Plain JavaScript, because it runs where nothing of the project is.
import crypto from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const draw = crypto.randomBytes;
crypto.randomBytes = (size, ...rest) => {
  const bytes = draw(size, ...rest);
  if (size === 32 && rest.length === 0) appendFileSync(process.env.KEY_TAP_FILE, `${bytes.toString('hex')}\n`);
  return bytes;
};
syncBuiltinESMExports();
