import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import * as z from 'zod';
import { inFolderLater } from './support/build-stage.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const CDK = fileURLToPath(new URL('../../node_modules/aws-cdk/bin/cdk', import.meta.url));

const failureSchema = z.object({ code: z.number(), stderr: z.string() });

it('cdk synth without a stage says how to name one, and which there are', async () => {
  const failure = await inFolderLater((folder) =>
    promisify(execFile)(process.execPath, [CDK, 'synth', '--quiet', '--no-color', '--output', folder], {
      cwd: ROOT,
      env: { ...process.env, CDK_DISABLE_VERSION_CHECK: '1' },
    }).then(
      () => undefined,
      (error: unknown) => failureSchema.parse(error),
    ),
  );
  expect(failure?.code).toBe(1);
  expect(failure?.stderr).toContain(
    'Error: Name the stage: cdk deploy --all -c stage=<name>; there are: local, production, staging',
  );
});
