const NAME = /^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+){0,2}$/;
const HOUR_MS = 3_600_000;
const FIRST_YEAR = 2020;

/** Whether this is a name of the IANA time zone database. Bare offsets are refused: their sign means opposite things. */
export function isTimeZone(name: string): boolean {
  if (!NAME.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** Whether the instant starts an hour, so that the hourly roll-up can be cut there. */
export function isWholeHour(instant: Date): boolean {
  return instant.getTime() % HOUR_MS === 0;
}

/**
 * Whether the days of this zone begin on whole UTC hours, this year and in the years that the market has existed. Where they
 * do not (India, Nepal, Lord Howe), days are summed from the events instead of the roll-up.
 */
export function hasWholeHourDays(timeZone: string, untilYear: number): boolean {
  for (let year = FIRST_YEAR; year <= untilYear; year++) {
    for (const month of [0, 6])
      if (offsetMinutes(timeZone, new Date(Date.UTC(year, month, 1))) % 60 !== 0) return false;
  }
  return true;
}

function offsetMinutes(timeZone: string, instant: Date): number {
  const parts = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' }).formatToParts(instant);
  const match = /GMT(?:([+-])(\d{2}):(\d{2}))?/.exec(parts.find((part) => part.type === 'timeZoneName')?.value ?? '');
  if (!match?.[1]) return 0;
  return (match[1] === '-' ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3]));
}
