/** Short names of the pair matrix and the licences that they stand for. */
export const LICENCE_OF: Readonly<Record<string, string>> = {
  CC0: 'CC0-1.0',
  BY: 'CC-BY-4.0',
  SA: 'CC-BY-SA-4.0',
  NC: 'CC-BY-NC-4.0',
  NCSA: 'CC-BY-NC-SA-4.0',
  ND: 'CC-BY-ND-4.0',
  NCND: 'CC-BY-NC-ND-4.0',
  APA: 'Apache-2.0',
  ODBL: 'ODbL-1.0 AND DbCL-1.0',
  CDP: 'CDLA-Permissive-2.0',
  CDS: 'CDLA-Sharing-1.0',
  OUDA: 'O-UDA-1.0',
  CUDA: 'C-UDA-1.0',
  RAIL: 'LicenseRef-OpenRAIL-D',
};

/**
 * The reviewed matrix of pairs: commercial training, open weights, derived data merged into one set. `u` is undecided until
 * the weights carry one licence that satisfies both. The diagonal is a licence with itself.
 */
export const PAIR_MATRIX = `
- CC0 BY SA NC NCSA ND NCND APA ODBL CDP CDS OUDA CUDA RAIL
CC0 AAA ADD AuD FuD FuD AUF FUF ADD AuD AAD AAD AAD AAD DDD
BY ADD ADD AuD FuD FuD AUF FUF ADD AUU ADD ADD ADD ADD DDD
SA AuD AuD AuD FUF FUF AUF FUF AuD AUF AuD AuF AuD AuF DUF
NC FuD FuD FUF FuD FuD FUF FUF FuD FUF FuD FuF FuD FuD FuD
NCSA FuD FuD FUF FuD FuD FUF FUF FuD FUF FuD FuF FuD FuF FUF
ND AUF AUF AUF FUF FUF AUF FUF AUF AUF AUF AUF AUF AUF DUF
NCND FUF FUF FUF FUF FUF FUF FUF FUF FUF FUF FUF FUF FUF FUF
APA ADD ADD AuD FuD FuD AUF FUF ADD AuD ADD ADD ADD ADD DDD
ODBL AuD AUU AUF FUF FUF AUF FUF AuD AuD AuD AuF AuD AuF DUF
CDP AAD ADD AuD FuD FuD AUF FUF ADD AuD AAD AAD AAD AAD DDD
CDS AAD ADD AuF FuF FuF AUF FUF ADD AuF AAD AAD AAD AAF DDF
OUDA AAD ADD AuD FuD FuD AUF FUF ADD AuD AAD AAD AAD AAD DDD
CUDA AAD ADD AuF FuD FuF AUF FUF ADD AuF AAD AAF AAD AAD DDD
RAIL DDD DDD DUF FuD FUF DUF FUF DDD DUF DDD DDF DDD DDD DDD
`;
