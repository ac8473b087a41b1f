/** Settings of a store that nobody calls. */
export const NO_STORE = {
  S3_ENDPOINT: 'http://127.0.0.1:9',
  S3_ACCESS_KEY_ID: 'none',
  S3_SECRET_ACCESS_KEY: 'none-at-all',
};

export const CONNECTIONS = 32;
