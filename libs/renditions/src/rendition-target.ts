/** The standard forms that a version is offered in. */
export const RENDITION_TARGETS = ['lerobot_v3.0', 'lerobot_v2.1'] as const;

export type RenditionTarget = (typeof RENDITION_TARGETS)[number];

/** The target cannot hold this data at all: trying again ends the same. The message is a sentence for the provider. */
export class RenditionRefused extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'RenditionRefused';
  }
}

/** Whether a source is this target already, so that a rendition would be a copy of it. */
export function isSameAsTarget(target: RenditionTarget, format: string | null, formatVersion: string | null): boolean {
  return format === 'lerobot' && target === `lerobot_${formatVersion}`;
}
