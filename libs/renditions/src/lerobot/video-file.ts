import type { Rate } from '@app/formats';
import type { EpisodeVideo } from '../video/episode-video.js';
import { canFollow } from '../video/episode-video.js';
import { mp4Of } from '../mp4/remux.js';
import { VIDEO_FILE_MB } from './info-json.js';
import type { OutputFolder } from './output-folder.js';
import { writeFile } from './output-folder.js';

/** Frames that the tables of one file may have: readers of mp4 refuse more than 2 million. */
const MAX_FRAMES = 1_000_000;

/** Where an episode's frames are. */
export interface PlacedVideo {
  readonly file: number;
  readonly fromFrame: number;
  readonly toFrame: number;
}

/** The shared video files of one camera in v3.0. A file is written when it is full, in one go, its tables in front. */
export class SharedVideo {
  private waiting: EpisodeVideo[] = [];
  private file = 0;
  private frames = 0;
  private sizeBytes = 0;

  constructor(
    private readonly folder: OutputFolder,
    private readonly fps: Rate,
    private readonly pathOf: (file: number) => string,
  ) {}

  /** Gives an episode its place. A new file begins where the size limit would be passed or the coding changes. */
  async add(video: EpisodeVideo): Promise<PlacedVideo> {
    const last = this.waiting.at(-1);
    const isFull =
      this.sizeBytes + video.sizeBytes > VIDEO_FILE_MB * 2 ** 20 || this.frames + video.frames > MAX_FRAMES;
    if (last && (isFull || !canFollow(last, video))) await this.flush();
    const fromFrame = this.frames;
    this.waiting.push(video);
    this.frames += video.frames;
    this.sizeBytes += video.sizeBytes;
    return { file: this.file, fromFrame, toFrame: this.frames };
  }

  async flush(): Promise<void> {
    const [first] = this.waiting;
    if (!first) return;
    const pieces = this.waiting.flatMap((video) => video.pieces);
    await writeFile(this.folder, this.pathOf(this.file), mp4Of(first.kind, this.fps, pieces));
    for (const video of this.waiting) await video.release();
    this.waiting = [];
    this.file += 1;
    this.frames = 0;
    this.sizeBytes = 0;
  }
}
