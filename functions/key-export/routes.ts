import { retrieveExportRoute } from '#shared/custody/export/routes.ts';

/** The one route by which a key leaves Haven: sealed to who asked for it, and only when somebody else approved that. */
export const routes = { retrieveExport: retrieveExportRoute };
