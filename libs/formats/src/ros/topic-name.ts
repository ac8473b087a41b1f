import type { StreamRole } from '../episode-model.js';

/** Not in fraction, traction, reaction, interaction. */
const COMMANDED = /(?<!fr|tr|re|er)action|command|cmd|target|desired|reference/i;
const TASK = /task|instruction|language|prompt/i;
const PICTURE_TAIL = /^(image(_\w+)?|compressed(_?depth)?|raw)$/i;

/** Action where the name says that something is commanded, else state: messages do not say what they are for. */
export function roleOfSignal(key: string): StreamRole {
  return COMMANDED.test(key) ? 'action' : 'state';
}

/** True for a text topic that holds the task itself. */
export function isTaskTopic(topic: string): boolean {
  return TASK.test(topic);
}

/** `/camera/wrist/image_raw/compressed` is the camera `camera_wrist`. */
export function cameraNameOf(topic: string): string {
  const parts = topic.split('/').filter((part) => part !== '');
  while (parts.length > 1 && PICTURE_TAIL.test(parts.at(-1) ?? '')) parts.pop();
  return parts.join('_') || topic;
}

/** Where a camera's pictures and its calibration lie side by side: `/camera/wrist`. */
export function cameraSpaceOf(topic: string): string {
  const parts = topic.split('/');
  do parts.pop();
  while (parts.length > 1 && PICTURE_TAIL.test(parts.at(-1) ?? ''));
  return parts.join('/');
}
