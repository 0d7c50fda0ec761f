import * as z from 'zod';

/** Whose name mails may be sent in, as a stage says it. */
export const mailIdentityField = z
  .string()
  .regex(/^[A-Za-z0-9.@_+-]+$/)
  .optional()
  .describe('The verified identity of SES that `from` belongs to; absent: the domain of `from`.');

/** The identity of SES that mails are sent by. */
export function mailIdentity({ from, identity }: { readonly from: string; readonly identity?: string | undefined }) {
  return identity ?? from.slice(from.lastIndexOf('@') + 1);
}
