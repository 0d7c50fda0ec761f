import { fileOf } from './arguments.ts';
import { UsageError } from './usage-error.ts';

/** Which API, and with which key. */
export interface ApiSettings {
  readonly baseUrl: string;
  /** Without one, only public routes answer. */
  readonly apiKey?: string;
}

/**
 * Where the API is and what it is asked with: `--api-url` or HAVEN_API_URL, and HAVEN_API_KEY or the file that HAVEN_API_KEY_FILE names. There is
 * no option for the key: every process of the machine can read the arguments of every other.
 *
 * @throws UsageError that names what is missing
 */
export function apiSettings(url: string | undefined, env: Readonly<Record<string, string | undefined>>): ApiSettings {
  const baseUrl = url ?? env['HAVEN_API_URL'];
  if (baseUrl === undefined || baseUrl === '') {
    throw new UsageError('Which Haven? Set HAVEN_API_URL (it ends in /api/v1), or give --api-url, or --stage local');
  }
  if (!isHttp(baseUrl)) throw new UsageError('HAVEN_API_URL or --api-url is not an http(s) URL');
  const file = env['HAVEN_API_KEY_FILE'];
  const apiKey = env['HAVEN_API_KEY'] ?? (file === undefined ? undefined : fileOf(file, 'HAVEN_API_KEY_FILE').trim());
  return { baseUrl, ...(apiKey === undefined || apiKey === '' ? {} : { apiKey }) };
}

function isHttp(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}
