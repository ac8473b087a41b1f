/** A first message may be empty or broken; the streams of a channel are learned from one of these. */
export const MAX_FIRST_MESSAGES = 8;

/** How the bytes of a channel's messages are to be read. */
export interface Channel {
  readonly topic: string;
  /** As the source writes it: `sensor_msgs/msg/JointState`, `foxglove.CompressedImage`. */
  readonly type: string;
  /** `cdr`, `ros1`, `json`, `protobuf`, or what else the source says. */
  readonly messageEncoding: string;
  /** Null where the source brings no definition of its types. */
  readonly schema: { readonly encoding: string; readonly data: Uint8Array } | null;
  /** True where every message is a zstd frame of its own (rosbag2, compression mode MESSAGE). */
  readonly isPacked?: boolean;
}

/** One message as it was logged. `data` is a view that stays valid. */
export interface LoggedMessage {
  readonly channel: Channel;
  readonly logTimeNs: bigint;
  readonly data: Uint8Array;
}

/** What one file of a recording says of itself. */
export interface PartSurvey {
  /** Messages by channel. */
  readonly counts: ReadonlyMap<Channel, number>;
  /** Free notes of whoever recorded: names in lower case. */
  readonly notes: ReadonlyMap<string, string>;
  /** Wall clock of the first message, where it is known without reading all. */
  readonly startNs: bigint | null;
}

/**
 * One file of a recording. Both ways of reading turn defects of the file into findings, once; what lies before the
 * damage is given all the same.
 */
export interface RecordingPart {
  /** The path as the upload has it. */
  readonly path: string;
  /**
   * The channels, and of those that are `wanted` the first messages: `onFirst` gets them until a channel is wanted no
   * longer, `MAX_FIRST_MESSAGES` at most.
   */
  survey(wanted: (channel: Channel) => boolean, onFirst: (message: LoggedMessage) => void): Promise<PartSurvey>;
  /** In the order of the file. Messages of other channels may come without their data. */
  messages(isNeeded: (channel: Channel) => boolean): AsyncIterable<LoggedMessage>;
}

/** One recording: a file, or the files that one was split into, in order. */
export interface Recording {
  readonly sourceKey: string;
  readonly parts: readonly RecordingPart[];
  /** Notes that lie beside the files. */
  readonly notes: ReadonlyMap<string, string>;
}
