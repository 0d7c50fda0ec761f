import { errorCatalogue } from '#shared/platform/errors/catalogue.ts';
import { PROBLEM_CONTENT_TYPE, problemType } from '#shared/platform/errors/problem.ts';
import { ALL_CODES } from './error-codes.ts';
import { code, GENERATED_NOTE, table } from './markdown.ts';

/** docs/errors.md: every code of the catalogue, by class. */
export function buildErrors(): string {
  const byClass = Map.groupBy(ALL_CODES, (name) => errorCatalogue[name].class);
  const sections = [...byClass].map(([errorClass, codes]) => {
    const rows = codes.map((name) => {
      const { status, title, userMessage } = errorCatalogue[name];
      return [code(name), `${status}`, title, userMessage];
    });
    return `## ${errorClass}\n\n${table(['Code', 'Status', 'Title', 'User message'], rows)}\n`;
  });
  return `${[GENERATED_NOTE, '', INTRODUCTION, ...sections].join('\n')}`;
}

const INTRODUCTION = `# Error codes

Every error is answered as ${code(PROBLEM_CONTENT_TYPE)} ([RFC 9457](https://www.rfc-editor.org/rfc/rfc9457)).
${code('error')} is the stable code to decide by, ${code('type')} its URN (${code(problemType('INTERNAL'))}),
${code('message')} is for developers and ${code('user_message')} may be shown to an end user. ${code('error_id')} names
the one occurrence in the logs.
`;
