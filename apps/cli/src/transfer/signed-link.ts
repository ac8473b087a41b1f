/** Where a file's bytes can be had for now. */
export interface SignedLink {
  readonly url: string;
}

/**
 * A signed URL that is replaced when the store stops accepting it. Whoever meets the refusal passes the link that failed;
 * many at once cause one renewal.
 */
export class RenewableLink {
  constructor(
    private link: SignedLink,
    private readonly renew: (path: string, failed: SignedLink) => Promise<SignedLink>,
    private readonly path: string,
  ) {}

  get current(): SignedLink {
    return this.link;
  }

  async replace(failed: SignedLink): Promise<void> {
    if (this.link === failed) this.link = await this.renew(this.path, failed);
  }
}
