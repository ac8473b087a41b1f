import type { DatasetMeasure } from '@app/formats';
import type { DeclaredFacts, ManifestFile } from './declared.js';

/** What is known of the release itself, beyond its files. Null: nobody has looked. */
export interface ReleaseEvidence {
  /** Root of the tree over the manifest. */
  readonly merkleRoot?: string | null;
  /** The manifest is signed, and the signature verifies. */
  readonly isSigned?: boolean | null;
  /** Its acts stand in the hash-linked log, and the links verify. */
  readonly isLogged?: boolean | null;
  /** The issuer of the title certificate confirmed it. */
  readonly isTitleConfirmed?: boolean | null;
  /** Day of the check, ISO 8601, against which dates of expiry are held. */
  readonly checkedOn?: string;
}

/** A text that speaks of the set: README, card, LICENSE. */
export interface TextFile {
  readonly path: string;
  readonly text: string;
}

/** What the rules look at. */
export interface Evidence {
  readonly measure: DatasetMeasure;
  readonly declared: DeclaredFacts;
  readonly files: readonly ManifestFile[];
  readonly release?: ReleaseEvidence;
  /** README, cards and LICENSE files, as far as they were read. */
  readonly texts?: readonly TextFile[];
}
