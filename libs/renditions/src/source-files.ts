import type { ByteSource, FileTree, SourceEpisode } from '@app/formats';

/** Opens videos of a source in its upload: items name them from where the dataset starts, the upload from its top. */
export function videoOpener(tree: FileTree): (episode: SourceEpisode, path: string) => Promise<ByteSource> {
  return (episode, path) => {
    const full = episode.files.find((file) => file.kind === 'video' && isAt(file.path, path))?.path ?? path;
    return tree.open(full);
  };
}

function isAt(full: string, path: string): boolean {
  return full === path || full.endsWith(`/${path}`);
}
