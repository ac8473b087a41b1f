import { describe, expect, it } from '@jest/globals';
import { hasWholeHourDays, isTimeZone, isWholeHour } from './time-zone.rules.js';

describe('isTimeZone', () => {
  it.each(['UTC', 'Asia/Shanghai', 'America/Argentina/Buenos_Aires', 'Etc/GMT+5'])('knows %s', (name) => {
    expect(isTimeZone(name)).toBe(true);
  });

  it.each(['', '+05:30', 'Mars/Olympus', "UTC'; select 1 --", 'Asia/Shanghai '])('refuses %p', (name) => {
    expect(isTimeZone(name)).toBe(false);
  });
});

describe('hasWholeHourDays', () => {
  it.each([
    ['UTC', true],
    ['Asia/Shanghai', true],
    ['America/New_York', true],
    ['Asia/Kolkata', false],
    ['Asia/Kathmandu', false],
    ['Australia/Lord_Howe', false],
  ] as const)('says of %s: %p', (zone, expected) => {
    expect(hasWholeHourDays(zone, 2026)).toBe(expected);
  });
});

describe('isWholeHour', () => {
  it('tells whole hours from others', () => {
    expect(isWholeHour(new Date('2026-11-20T11:00:00Z'))).toBe(true);
    expect(isWholeHour(new Date('2026-11-20T11:00:00.001Z'))).toBe(false);
  });
});
