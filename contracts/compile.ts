import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import solc from 'solc';
import * as z from 'zod';
import { type ContractArtifact, contractArtifactSchema } from './artifact-schema.ts';
import { isMain } from './is-main.ts';
import { createSourceReader } from './sources.ts';

/**
 * Fixed, because a compiler's default moves with its version. Cancun is what every larger chain runs by now; nothing
 * here needs more.
 */
const EVM_VERSION = 'cancun';

/** Solidity's usual balance between the price of a deployment and of a call. */
const OPTIMIZER_RUNS = 200;

/** Without the hash of the metadata in the bytecode, a comment or a path doesn't change it. */
const SETTINGS: ContractArtifact['compiler']['settings'] = {
  evmVersion: EVM_VERSION,
  metadata: { bytecodeHash: 'none' },
  optimizer: { enabled: true, runs: OPTIMIZER_RUNS },
};

const SOURCE = 'contracts/HavenToken.sol';
const CONTRACT = 'HavenToken';
const ARTIFACT_FILE = fileURLToPath(new URL('./artifacts/HavenToken.json', import.meta.url));

/** Standard JSON output (https://docs.soliditylang.org/en/v0.8.37/using-the-compiler.html#output-description). */
const outputSchema = z.object({
  errors: z.array(z.object({ formattedMessage: z.string() })).default([]),
  contracts: z
    .record(
      z.string(),
      z.record(
        z.string(),
        z.object({
          abi: z.unknown(),
          evm: z.object({
            bytecode: z.object({ object: z.string() }),
            deployedBytecode: z.object({ object: z.string() }),
          }),
        }),
      ),
    )
    .default({}),
});

/**
 * Compiles contracts/HavenToken.sol. The same sources give the same artifact on every machine.
 *
 * @throws Error with the compiler's messages; a warning counts as an error
 */
export function compileHavenToken(): ContractArtifact {
  const sources = createSourceReader();
  const source = sources.read(SOURCE);
  if ('error' in source) throw new Error(`${SOURCE}: ${source.error}`);
  const output = runCompiler(source.contents, (path) => sources.read(path));
  if (output.errors.length > 0) {
    throw new Error(output.errors.map(({ formattedMessage }) => formattedMessage.trim()).join('\n\n'));
  }
  const compiled = output.contracts[SOURCE]?.[CONTRACT];
  if (compiled === undefined) throw new Error(`The compiler found no ${CONTRACT} in ${SOURCE}`);
  return contractArtifactSchema.parse({
    contractName: CONTRACT,
    abi: compiled.abi,
    bytecode: `0x${compiled.evm.bytecode.object}`,
    deployedBytecode: `0x${compiled.evm.deployedBytecode.object}`,
    compiler: { version: z.string().parse(solc.version()), settings: SETTINGS },
    sourceHashes: sources.hashes(),
  });
}

/** The artifact as its file holds it, byte for byte. */
export function artifactText(artifact: ContractArtifact): string {
  return `${JSON.stringify(artifact, null, 2)}\n`;
}

function runCompiler(content: string, importCallback: (path: string) => unknown): z.output<typeof outputSchema> {
  const input = {
    language: 'Solidity',
    sources: { [SOURCE]: { content } },
    settings: {
      ...SETTINGS,
      outputSelection: {
        [SOURCE]: { [CONTRACT]: ['abi', 'evm.bytecode.object', 'evm.deployedBytecode.object'] },
      },
    },
  };
  const text = z.string().parse(solc.compile(JSON.stringify(input), { import: importCallback }));
  return outputSchema.parse(JSON.parse(text));
}

/** What is committed, or undefined when there is nothing. */
function committedText(): string | undefined {
  try {
    return readFileSync(ARTIFACT_FILE, 'utf8');
  } catch {
    return undefined;
  }
}

function main(args: readonly string[]): void {
  const { values } = parseArgs({ args: [...args], options: { check: { type: 'boolean', default: false } } });
  const text = artifactText(compileHavenToken());
  const current = text === committedText();
  if (values.check && !current) {
    throw new Error(
      'contracts/artifacts/HavenToken.json is not what its sources compile to. Run `node contracts/compile.ts` and commit it.',
    );
  }
  if (!current) {
    mkdirSync(dirname(ARTIFACT_FILE), { recursive: true });
    writeFileSync(ARTIFACT_FILE, text);
  }
  console.log(`contracts/artifacts/HavenToken.json ${current ? 'is up to date' : 'was written'}`);
}

if (isMain(import.meta.url)) {
  try {
    main(process.argv.slice(2));
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}
