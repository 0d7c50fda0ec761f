import type { Stage } from './stage.ts';

/** The environment of the authorizer: whose tokens it accepts, and when it locks out. */
export function authenticationSettings({ oidc, lockout }: Stage): Readonly<Record<string, string>> {
  return {
    ...(oidc === undefined ? {} : { OIDC: JSON.stringify(oidc) }),
    LOCKOUT_KEY_FAILURES: String(lockout.key_failures),
    LOCKOUT_ADDRESS_FAILURES: String(lockout.address_failures),
    LOCKOUT_WINDOW_SECONDS: String(lockout.window_seconds),
    LOCKOUT_SECONDS: String(lockout.seconds),
  };
}
