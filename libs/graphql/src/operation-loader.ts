import DataLoader from 'dataloader';

/** Loaders that the resolvers of one operation share, by name. */
export type Loaders = Map<string, unknown>;

/**
 * One loader per operation and name, so that a page of parents asks once. `load` answers in the order of its keys; the first
 * caller's `load` serves all.
 */
export function operationLoader<K, V>(
  loaders: Loaders,
  name: string,
  load: (keys: readonly K[]) => Promise<V[]>,
): DataLoader<K, V> {
  const known = loaders.get(name) as DataLoader<K, V> | undefined;
  const loader = known ?? new DataLoader<K, V>(load);
  loaders.set(name, loader);
  return loader;
}
