/** What no machine can know, as the provider declared it. Codes are those of the vocabulary; whoever stores them checks them. */
export interface DeclaredFacts {
  title?: string;
  description?: string;
  robot?: { embodimentClass?: string; maker?: string; model?: string; dof?: number; endEffectors?: readonly string[] };
  action?: { controlMode?: string; unit?: string; names?: readonly string[] };
  /** Unit by stream key. */
  units?: Readonly<Record<string, string>>;
  taskFamilies?: readonly string[];
  skills?: readonly string[];
  scenes?: readonly string[];
  collectionMethod?: string;
  reality?: string;
  site?: string;
  personalData?: 'none' | 'anonymised' | 'present_with_consent';
  consentScope?: string;
  terms?: { present: boolean };
  outcomes?: string;
}

/** One file of the version's manifest. */
export interface ManifestFile {
  path: string;
  sizeBytes: number;
  /** 64 hex digits; null if it is not known. */
  sha256: string | null;
  mediaType: string | null;
  /** True if the stored bytes were read back and hashed to `sha256`; null if nobody has looked. */
  verified: boolean | null;
}
