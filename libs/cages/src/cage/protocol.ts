/** What the child says: messages of the work, then the end or the reason why there is none. */
export type CageSaying<Message> =
  | { readonly kind: 'say'; readonly message: Message }
  | { readonly kind: 'end' }
  | { readonly kind: 'failed'; readonly message: string };

/** What the parent says after the order: one for each saying, once it has been dealt with. */
export interface CageAnswer {
  readonly kind: 'go-on';
}
