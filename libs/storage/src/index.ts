export { INTERNAL_PARAMETER, ObjectStore } from './object-store.js';
export type {
  ListedObject,
  ObjectHead,
  ObjectPage,
  ObjectStoreOptions,
  PutOptions,
  SignedUrlOptions,
  UploadedPart,
} from './object-store.js';
export { createPresigner, MAX_PRESIGN_EXPIRY_S } from './sigv4/presigner.js';
export type { PreparedPresign, Presigner, PresignRequest, PresignTemplate } from './sigv4/presigner.js';
export type { SigningCredentials } from './sigv4/signing-key.js';
export { storageSettings } from './storage.config.js';
export { StorageErrors } from './storage.errors.js';
export { LOG_STORE, StorageModule } from './storage.module.js';
