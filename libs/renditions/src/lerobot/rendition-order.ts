import type { DatasetSource, SourceEpisode } from '@app/formats';
import type { RenditionTarget } from '../rendition-target.js';
import type { MediaTools } from '../video/encode.js';
import type { OpenVideo } from '../video/episode-video.js';
import type { OutputFolder } from './output-folder.js';
import type { Survey } from './survey.js';

/** What a rendition is made of and where it goes. */
export interface RenditionOrder {
  readonly source: DatasetSource;
  readonly survey: Survey;
  readonly target: RenditionTarget;
  readonly folder: OutputFolder;
  readonly tools: MediaTools;
  /** Opens a video of the source by the path that an item names. */
  openVideo(episode: SourceEpisode, path: string): ReturnType<OpenVideo>;
  onProgress?(episodes: number): Promise<void> | void;
}
