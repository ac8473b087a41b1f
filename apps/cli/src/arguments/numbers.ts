import { CURRENCIES } from '@app/kernel';
import type { Currency } from '@app/kernel';
import { CliErrors } from '../cli.errors.js';

/** Reads a whole number. @throws CLI_BAD_USAGE */
export function parseWhole(text: string, what: string, least: number, most: number): number {
  const value = /^\d{1,15}$/.test(text.trim()) ? Number(text) : NaN;
  if (!(value >= least && value <= most)) {
    throw CliErrors.BAD_USAGE({ reason: `${what} must be a whole number from ${least} to ${most}, not "${text}".` });
  }
  return value;
}

/** Reads a price in minor units (fen, cents): 19900 is 199 yuan. @throws CLI_BAD_USAGE */
export function parsePriceMinor(text: string): number {
  if (/^\d+[.,]\d+$/.test(text.trim())) {
    throw CliErrors.BAD_USAGE({
      reason: `A price is written in minor units (fen, cents): 199.00 is 19900, not "${text}".`,
    });
  }
  return parseWhole(text, 'The price', 0, 1e12);
}

/** @throws CLI_BAD_USAGE */
export function parseCurrency(text: string): Currency {
  const currency = CURRENCIES.find((known) => known === text.toUpperCase());
  if (!currency) throw CliErrors.BAD_USAGE({ reason: `"${text}" is not a currency here: ${CURRENCIES.join(' or ')}.` });
  return currency;
}

/** `commercial-training` and `COMMERCIAL_TRAINING` alike become the vocabulary's `commercial_training`. */
export function toCode(text: string): string {
  return text
    .trim()
    .toLowerCase()
    .replace(/[\s-]+/g, '_');
}
