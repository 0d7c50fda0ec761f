import { CfnResource, Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/**
 * Acknowledges what a rule pack finds on one resource. cdk-nag lets an acknowledgement count for everything below a
 * construct; here it goes to the resource itself, so that nothing that is added later hides behind it.
 *
 * @param construct the resource, or a construct whose main resource it is
 * @param id the rule, with its finding where it has several: `AwsSolutions-IAM5[Resource::*]`
 * @param reason why the finding is no fault, for a security review
 * @throws Error when the construct has no main resource
 */
export function acknowledge(construct: IConstruct, id: string, reason: string): void {
  const resource = construct.node.defaultChild ?? construct;
  if (!CfnResource.isCfnResource(resource)) throw new Error(`${construct.node.path} is no resource`);
  Validations.of(resource).acknowledge({ id, reason });
}
