import { buildConfiguration } from './configuration.ts';
import { configurationSections } from './configuration-sections.ts';
import { buildErrors } from './errors.ts';
import { buildOpenApi } from './openapi.ts';
import { buildPage } from './page/page.ts';

/** A generated document. */
export interface Artifact {
  /** Below docs/. */
  readonly name: string;
  readonly text: string;
}

/** Every generated document, as it must stand in docs/. */
export async function buildArtifacts(): Promise<readonly Artifact[]> {
  const openApi = buildOpenApi();
  return [
    { name: 'openapi.json', text: `${JSON.stringify(openApi, null, 2)}\n` },
    { name: 'api.html', text: buildPage(openApi) },
    { name: 'errors.md', text: buildErrors() },
    { name: 'configuration.md', text: buildConfiguration(await configurationSections()) },
  ];
}
