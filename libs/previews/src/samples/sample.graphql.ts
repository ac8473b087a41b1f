import { Field, Float, Int, ObjectType } from '@nestjs/graphql';
import { Visible } from '@app/graphql';

@Visible('public')
@ObjectType('PreviewPicture', { description: 'A still; its URL is good for five minutes.' })
export class PreviewPictureType {
  @Field(() => String)
  url: string;

  @Field(() => Int)
  width: number;

  @Field(() => Int)
  height: number;
}

@Visible('public')
@ObjectType('PreviewClip', {
  description: 'A small watermarked clip (H.264) at the frame rate of the source; its URL is good for five minutes.',
})
export class PreviewClipType extends PreviewPictureType {
  @Field(() => Float)
  fps: number;

  @Field(() => Int)
  frames: number;

  @Field(() => Float)
  durationS: number;
}

@Visible('public')
@ObjectType('SampleCamera')
export class SampleCameraType {
  @Field(() => String, { description: 'Key of the camera, as in the facts of the version.' })
  camera: string;

  @Field(() => PreviewPictureType, { nullable: true, description: 'The middle of the shown part.' })
  poster: PreviewPictureType | null;

  @Field(() => PreviewPictureType, { nullable: true, description: 'Twelve pictures of the shown part, four in a row.' })
  sheet: PreviewPictureType | null;

  @Field(() => PreviewClipType, { nullable: true })
  clip: PreviewClipType | null;
}

@Visible('public')
@ObjectType('SampleEpisode', { description: 'An episode of which the beginning may be seen without a licence.' })
export class SampleEpisodeType {
  /** Not a field: the series of the episode are found by it. */
  versionId: string;

  @Field(() => Int, { description: 'Number within the version, from 0.' })
  episode: number;

  @Field(() => String, { description: 'Its name in the source.' })
  sourceKey: string;

  @Field(() => Int, { description: 'Of the whole episode.' })
  frames: number;

  @Field(() => Float, { description: 'Of the whole episode.' })
  durationS: number;

  @Field(() => [SampleCameraType])
  cameras: SampleCameraType[];
}
