import { buildOpenApi } from './openapi.ts';
import { buildPage } from './page/page.ts';

console.log(buildPage(buildOpenApi()));
