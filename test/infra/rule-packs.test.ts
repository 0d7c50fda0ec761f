import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CfnResource, Stack, Validations } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import type { IConstruct } from 'constructs';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { requireRulePacks, rulePacks } from '#lib/rule-packs.ts';
import { ALL_STAGES, type BuiltStage, cliApp, inFolder, PROTECTED_STAGES, withStage } from './support/build-stage.ts';

/** Every finding of every pack, as `rule at construct`. */
function findings({ app }: Pick<BuiltStage, 'app'>): string[] {
  return rulePacks(app)
    .flatMap((pack) => pack.validateScope(app).violations)
    .flatMap(({ ruleName, violatingResources }) =>
      violatingResources.map(({ constructPath }) => `${ruleName} at ${constructPath}`),
    )
    .sort();
}

interface Acknowledgement {
  readonly construct: IConstruct;
  readonly rule: string;
  readonly reason: string;
}

function acknowledgements({ app }: BuiltStage): Acknowledgement[] {
  return app.node.findAll().flatMap((construct) =>
    construct.node.metadata
      .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
      .flatMap(({ data }) => Object.entries(z.record(z.string(), z.string()).parse(data)))
      .map(([id, reason]) => ({ construct, rule: id.replace(/^annotation::/i, ''), reason })),
  );
}

/** Makes a throwaway tree forget what is acknowledged in it. */
function forgetAcknowledgements({ app }: BuiltStage): void {
  for (const construct of app.node.findAll()) Reflect.defineProperty(construct.node, 'metadata', { value: [] });
}

const located = ({ construct, rule }: Acknowledgement) => `${rule} at ${construct.node.path}`;

describe.each(PROTECTED_STAGES)('the rule packs in %s', (stage) => {
  it('find nothing that is not acknowledged, warnings included', () => {
    expect(withStage(stage, findings)).toEqual([]);
  });

  it('find everything that is acknowledged: none is left over', () => {
    withStage(stage, (built) => {
      const acknowledged = acknowledgements(built).map(located).sort();
      forgetAcknowledgements(built);
      expect(acknowledged).toEqual(findings(built));
    });
  });
});

describe.each(ALL_STAGES)('acknowledgements in %s', (stage) => {
  it('stand on single resources, each with a reason', () => {
    withStage(stage, (built) => {
      const all = acknowledgements(built);
      expect(all.filter(({ construct }) => !CfnResource.isCfnResource(construct)).map(located)).toEqual([]);
      expect(all.filter(({ reason }) => !/^\S.{30,}\.$/.test(reason)).map(located)).toEqual([]);
      expect(all.length).toBeGreaterThan(0);
    });
  });
});

describe('the check of a deployment', () => {
  it('passes production, by the rule packs and by the rules of the CDK itself', () => {
    const report = withStage(
      'production',
      ({ app, outdir }) => {
        requireRulePacks(app);
        app.synth();
        return readFileSync(join(outdir, 'validation-report.json'), 'utf8');
      },
      { validate: true },
    );
    expect(JSON.parse(report)).toMatchObject({ pluginReports: [] });
  });

  it('stops the synthesis when a resource breaks a rule', () => {
    inFolder((folder) => {
      const app = cliApp(folder);
      new s3.Bucket(new Stack(app, 'Throwaway'), 'Bad');
      requireRulePacks(app);
      expect(findings({ app })).toEqual([
        'AwsSolutions-S1 at Throwaway/Bad/Resource',
        'AwsSolutions-S10 at Throwaway/Bad/Resource',
      ]);
      expect(() => app.synth()).toThrow(/Throwaway\/Bad\/Resource[\s\S]*AwsSolutions-S10/);
    });
  });
});
