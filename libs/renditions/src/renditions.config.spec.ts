import { describe, expect, it } from '@jest/globals';
import { Settings } from '@app/config';
import { RENDITION_TARGETS } from './rendition-target.js';
import { renditionSettings } from './renditions.config.js';

const formsOf = (text?: string): readonly string[] =>
  new Settings({ STANDARD_FORMS: text }).of(renditionSettings).standardForms;

describe('STANDARD_FORMS', () => {
  it('is every form that there is unless it says otherwise', () => {
    expect(formsOf()).toEqual(RENDITION_TARGETS);
    expect(formsOf('lerobot_v2.1')).toEqual(['lerobot_v2.1']);
    expect(formsOf(' lerobot_v2.1, lerobot_v3.0 ')).toEqual(['lerobot_v2.1', 'lerobot_v3.0']);
    expect(formsOf('none')).toEqual([]);
  });

  it.each(['lerobot', 'none,lerobot_v3.0', 'lerobot_v3.0;lerobot_v2.1'])('refuses %j', (text) => {
    expect(() => formsOf(text)).toThrow('STANDARD_FORMS');
  });
});
