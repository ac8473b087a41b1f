import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DatasetQueries, VersionManifest, VersionQueries } from '@app/catalog';
import { Settings, marketSettings } from '@app/config';
import { asAnyone } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import { OfferQueries } from '../offers/offer.queries.js';
import { findLicence, toTerms } from '../terms/template.rules.js';
import { termsUrlOf } from '../terms/terms-document.queries.js';
import { termsHashOf } from '../terms/terms.js';
import { toCroissant } from './croissant.rules.js';

export interface CroissantDocument {
  readonly body: string;
  readonly etag: string;
}

/** Listed datasets as Croissant, the same for everybody who asks. */
@Injectable()
export class CroissantQueries {
  private readonly publicUrl: string;
  private readonly noLicenceHash = termsHashOf(noLicence());

  constructor(
    private readonly datasets: DatasetQueries,
    private readonly versions: VersionQueries,
    private readonly manifests: VersionManifest,
    private readonly offers: OfferQueries,
    settings: Settings,
  ) {
    this.publicUrl = settings.of(marketSettings).publicUrl;
  }

  /** The current version, or a released one by label or commit. @throws REQUEST_NOT_FOUND, also for what is not listed */
  async describe(ctx: RequestContext, slug: string, selector: string | null): Promise<CroissantDocument> {
    const anyone = asAnyone(ctx);
    const dataset = await this.datasets.bySlug(anyone, slug);
    const version = await this.versions.resolve(anyone, dataset.id, selector);
    const isOnSale = version.id === dataset.currentVersionId && version.status === 'published';
    const described = toCroissant({
      publicUrl: this.publicUrl,
      dataset,
      version,
      manifest: await this.manifests.factsOf(anyone, version.id),
      offers: isOnSale ? await this.offers.ofDataset(anyone, dataset.id) : [],
      termsUrl: (hash) => termsUrlOf(this.publicUrl, hash),
      noLicenceUrl: termsUrlOf(this.publicUrl, this.noLicenceHash),
    });
    const body = JSON.stringify(described);
    return { body, etag: `"${createHash('sha256').update(body).digest('hex')}"` };
  }
}

function noLicence(): ReturnType<typeof toTerms> {
  const licence = findLicence('NONE');
  if (!licence) throw new Error('The table has no row for "no licence".');
  return toTerms(licence);
}
