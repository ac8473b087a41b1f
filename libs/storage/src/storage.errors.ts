import { defineErrors, refusal } from '@app/kernel';

/** What the object store can refuse with. */
export const StorageErrors = defineErrors('STORAGE', {
  UNAVAILABLE: refusal('UNAVAILABLE', () => 'The object store is not reachable right now; try again shortly.', {}),
  OBJECT_MISSING: refusal('NOT_FOUND', (d: { key: string }) => `There is no object "${d.key}" in the store.`, {
    key: 'objects/ab/abcd',
  }),
});
