import type { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { mailIdentity } from '../stage/mail-identity.ts';

/**
 * The right to mail in the name of one address.
 *
 * @param to whom, and nobody else: addresses, or patterns of them; undefined: anybody, for who mails customers
 */
export function allowMail(
  stack: Stack,
  sender: { readonly from: string; readonly identity?: string | undefined },
  to: readonly string[] | undefined,
): iam.PolicyStatement {
  return new iam.PolicyStatement({
    actions: ['ses:SendEmail'],
    resources: [stack.formatArn({ service: 'ses', resource: 'identity', resourceName: mailIdentity(sender) })],
    conditions: {
      StringEquals: { 'ses:FromAddress': sender.from },
      ...(to === undefined ? {} : { 'ForAllValues:StringLike': { 'ses:Recipients': to } }),
    },
  });
}
