import {
  changeApiKeyRoute,
  createApiKeyRoute,
  getApiKeyRoute,
  listApiKeysRoute,
  revokeApiKeyRoute,
  rotateApiKeyRoute,
} from '#shared/access/routes.ts';

/** Routes that manage API keys. */
export const routes = {
  createApiKey: createApiKeyRoute,
  listApiKeys: listApiKeysRoute,
  getApiKey: getApiKeyRoute,
  changeApiKey: changeApiKeyRoute,
  rotateApiKey: rotateApiKeyRoute,
  revokeApiKey: revokeApiKeyRoute,
};
