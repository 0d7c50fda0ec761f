/** The resource path above every route. API Gateway's stage is `api`, so that URLs begin with /api/v1. */
export const API_ROOT = '/v1';
