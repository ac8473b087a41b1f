import { declareSettings, setting } from '@app/config';
import { z } from 'zod';

/** Settings of billing. */
export const billingSettings = declareSettings('billing', {
  feeBasisPoints: setting('MARKET_FEE_BASIS_POINTS', z.coerce.number().int().min(0).max(10_000), {
    description: "The market's share of a sale",
    unit: 'hundredths of a percent',
    default: '1000',
  }),
});
