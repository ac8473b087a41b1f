import { z } from 'zod';
import { declareSettings, setting } from '@app/config';
import { RENDITION_TARGETS } from './rendition-target.js';

export const renditionSettings = declareSettings('renditions', {
  standardForms: setting(
    'STANDARD_FORMS',
    z
      .string()
      .transform((text) => (text === 'none' ? [] : text.split(',').map((form) => form.trim())))
      .pipe(z.array(z.enum(RENDITION_TARGETS))),
    {
      description: 'Standard forms that are made of published versions, separated by commas; "none" makes none',
      default: RENDITION_TARGETS.join(','),
    },
  ),
});
