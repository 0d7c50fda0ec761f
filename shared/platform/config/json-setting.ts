import * as z from 'zod';

/**
 * A setting whose environment variable holds JSON.
 *
 * @param schema what the JSON must be
 */
export function jsonSetting<S extends z.ZodType>(schema: S) {
  return z
    .string()
    .transform((text, context): unknown => {
      try {
        return JSON.parse(text);
      } catch {
        context.addIssue({ code: 'custom', message: 'is not valid JSON' });
        return z.NEVER;
      }
    })
    .pipe(schema);
}
