import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { FRAME_RATE_HZ } from './arm.mjcf.js';
import { CAMERA_KEYS } from './features.js';
import type { FilmedEpisode } from './lerobot-writer.js';
import { videoPath } from './lerobot-writer.js';
import { backdrop, FRONT_CAMERA, lightOf, PICTURE, Stage } from './look.js';
import type { Random } from './random.js';
import { Rasteriser } from './rasteriser.js';
import type { Recording } from './recorder.js';
import { ColourHistogram, sampledFrames } from './statistics.js';
import { VideoEncoder } from './video-encoder.js';

/** Draws every row of every recording for both cameras, into one mp4 for each camera. */
export async function film(
  root: string,
  ffmpeg: string,
  recordings: readonly Recording[],
  lightFor: (episode: number) => Random,
): Promise<FilmedEpisode[]> {
  let frames = 0;
  const episodeStarts = recordings.map(({ rows }) => (frames += rows.length) - rows.length);
  const encoders = CAMERA_KEYS.map((key) => {
    const file = join(root, videoPath(key));
    mkdirSync(dirname(file), { recursive: true });
    return new VideoEncoder(ffmpeg, file, { ...PICTURE, rateHz: FRAME_RATE_HZ, episodeStarts });
  });
  const rasteriser = new Rasteriser(PICTURE.width, PICTURE.height);
  const filmed: FilmedEpisode[] = [];
  for (const [episode, recording] of recordings.entries()) {
    const stage = new Stage(recording.plan.world);
    const light = lightOf(lightFor(episode));
    const colours = {
      'observation.images.front': new ColourHistogram(),
      'observation.images.wrist': new ColourHistogram(),
    };
    const sampled = new Set(sampledFrames(recording.poses.length));
    for (const [k, poses] of recording.poses.entries()) {
      const pictures = rasteriser.draw(
        stage.thingsAt(poses),
        [FRONT_CAMERA, stage.wristCamera(poses)],
        light,
        backdrop,
      );
      for (const [i, key] of CAMERA_KEYS.entries()) {
        const picture = pictures[i];
        if (!picture) throw new RangeError(`camera ${key} drew nothing`);
        if (sampled.has(k)) colours[key].addPicture(picture, PICTURE.width);
        await encoders[i]?.write(picture);
      }
    }
    filmed.push({ recording, colours });
  }
  for (const encoder of encoders) await encoder.finish();
  return filmed;
}
