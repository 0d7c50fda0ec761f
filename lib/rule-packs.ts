import { type App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, type NagPack, ServerlessChecks } from 'cdk-nag';

/** The rule packs that a stage with data worth protecting must pass. */
export function rulePacks(app: App): readonly NagPack[] {
  return [new AwsSolutionsChecks(app), new ServerlessChecks(app)];
}

/**
 * Makes the synthesis fail when a resource breaks a rule that is not acknowledged on it. What the packs call a warning is
 * printed only; the tests let none pass.
 */
export function requireRulePacks(app: App): void {
  Validations.of(app).addPlugins(...rulePacks(app));
}
