import { CreateLease } from '@app/client';
import type { BodegaClient, LeaseAnswer } from '@app/client';
import type { HashedFile } from '@app/kernel';
import { RenewableLink } from './signed-link.js';
import type { SignedLink } from './signed-link.js';

/** Few enough that most URLs of a page are used before they expire, many enough that asking costs little. */
const FILES_PER_LEASE = 200;

export interface LeasedDownload {
  readonly file: HashedFile;
  readonly link: RenewableLink;
}

/** What is asked for: a right, and the form in which it is taken. */
export interface LeasedGoods {
  readonly grantId: string;
  readonly rendition?: string;
}

/** The URLs of one page; renewed together, because what expired for one file expired for its neighbours. */
class LeasedPage {
  private readonly links = new Map<string, SignedLink>();
  private renewal: Promise<void> | null = null;

  constructor(
    private readonly client: BodegaClient,
    private readonly goods: LeasedGoods,
    lease: LeaseAnswer,
    private readonly signal: AbortSignal,
  ) {
    this.take(lease);
  }

  linkOf(path: string): SignedLink {
    const link = this.links.get(path);
    if (!link) throw new Error(`The lease lacks ${path}.`);
    return link;
  }

  /** Another file's renewal may have brought this one's new URL already. */
  async renew(path: string, failed: SignedLink): Promise<SignedLink> {
    if (this.linkOf(path) === failed) {
      this.renewal ??= this.renewAll().finally(() => (this.renewal = null));
      await this.renewal;
    }
    return this.linkOf(path);
  }

  /** A finished file needs no further URL. */
  drop(path: string): void {
    this.links.delete(path);
  }

  private async renewAll(): Promise<void> {
    const paths = [...this.links.keys()];
    const { createLease } = await this.client.run(
      CreateLease,
      { input: { ...this.goods, paths, first: paths.length } },
      this.signal,
    );
    this.take(createLease);
  }

  private take(lease: LeaseAnswer): void {
    for (const { path, url } of lease.files) this.links.set(path, { url });
  }
}

export interface LeasedFile extends LeasedDownload {
  finished(): void;
}

/** The files of a grant, page by page as they are asked for, each with a link that renews itself. */
export async function* leasedFiles(
  client: BodegaClient,
  goods: LeasedGoods,
  paths: readonly string[] | null,
  signal: AbortSignal,
): AsyncGenerator<LeasedFile> {
  const batches = paths === null ? [undefined] : inBatches(paths, FILES_PER_LEASE);
  for (const batch of batches) {
    let after: string | undefined;
    do {
      const { createLease } = await client.run(
        CreateLease,
        {
          input: {
            ...goods,
            first: FILES_PER_LEASE,
            ...(batch && { paths: batch }),
            ...(after !== undefined && { after }),
          },
        },
        signal,
      );
      const page = new LeasedPage(client, goods, createLease, signal);
      for (const { path, sizeBytes, sha256, url: _url } of createLease.files) {
        const link = new RenewableLink(page.linkOf(path), (wanted, failed) => page.renew(wanted, failed), path);
        yield { file: { path, sizeBytes, sha256 }, link, finished: () => page.drop(path) };
      }
      const { hasNextPage, endCursor } = createLease.pageInfo;
      after = hasNextPage && endCursor !== null ? endCursor : undefined;
    } while (after !== undefined);
  }
}

export function inBatches<T>(items: readonly T[], size: number): T[][] {
  const batches: T[][] = [];
  for (let i = 0; i < items.length; i += size) batches.push(items.slice(i, i + size));
  return batches;
}
