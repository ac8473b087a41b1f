/** The work overran a limit: the input is to blame, and trying again would end the same. The message says which: "took longer than 60 s". */
export class CageLimitExceeded extends Error {}

/** The work died, or lost the store: trying again may help. */
export class CageFailed extends Error {}
