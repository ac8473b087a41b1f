/** How a camera was calibrated: the numbers themselves, or the path of a file of the version that holds them. */
export type Calibration = string | Readonly<Record<string, unknown>>;

/** One person who took part, under a pseudonym. */
export interface Contributor {
  readonly pseudonym: string;
  readonly role?: string;
  /** SHA-256 of the signed record of consent; the record itself stays with the provider. */
  readonly consentHash?: string | null;
  readonly scope?: readonly string[];
  /** First and last episode of each span. */
  readonly episodes?: readonly (readonly [number, number])[];
}

/** How one episode ended. */
export interface DeclaredOutcome {
  readonly episode: number;
  readonly outcome: 'success' | 'failure' | 'partial' | 'aborted';
  readonly failureMode?: string | null;
  readonly recoverable?: boolean | null;
}

/** The parts of one episode in frames, half-open; `to` null means to the end. */
export interface DeclaredSubtasks {
  readonly episode: number;
  readonly segments: readonly { readonly from: number; readonly to: number | null; readonly text: string }[];
}

/** The licence as a name, or the terms one by one. */
export interface DeclaredLicence {
  readonly terms?: string | null;
  readonly titleRight?: string;
  readonly usageScope?: readonly string[];
  readonly redistribution?: string;
  readonly derivedModelRights?: string;
  readonly territory?: string;
  readonly termMonths?: number | 'unlimited';
}

/** Where the data comes from, in six links. */
export interface DeclaredProvenance {
  readonly source?: string;
  readonly rig?: string;
  readonly operator?: string;
  readonly consent?: string;
  readonly redistribution?: string;
  readonly derivedModels?: string;
}

/**
 * What no machine can know, as the provider declared it. Codes are those of the vocabulary; whoever stores them checks
 * them. The structural subset of what the catalogue keeps that rules look at.
 */
export interface DeclaredFacts {
  readonly robot?: {
    readonly embodimentClass?: string;
    readonly maker?: string;
    readonly model?: string;
    readonly dof?: number;
    readonly endEffectors?: readonly string[];
    readonly urdf?: string | null;
    readonly modelFile?: string | null;
    readonly firmwareVersion?: string | null;
    readonly jointLimits?: Readonly<Record<string, readonly [number, number]>>;
    readonly velocityLimits?: Readonly<Record<string, number>>;
  };
  readonly action?: {
    readonly controlMode?: string;
    readonly unit?: string;
    readonly names?: readonly string[];
    readonly frame?: string;
    readonly reference?: string;
    readonly source?: string;
    readonly handedness?: string;
    readonly gripper?: Readonly<Record<string, unknown>>;
  };
  /** Unit by stream key. */
  readonly units?: Readonly<Record<string, string>>;
  /** Clock domain of the times. */
  readonly clock?: string;
  readonly frameRateHz?: number;
  /** What the streams are, where their names do not tell. */
  readonly modalities?: readonly string[];
  readonly frameDrops?: readonly { readonly episode: number; readonly frames: number; readonly reason: string }[];
  readonly cameras?: Readonly<
    Record<string, { readonly intrinsics?: Calibration | null; readonly extrinsics?: Calibration | null }>
  >;
  readonly sensorZeroing?: { readonly method: string; readonly date?: string };
  readonly simulation?: Readonly<Record<string, unknown>>;
  readonly taskFamilies?: readonly string[];
  readonly scenes?: readonly string[];
  readonly instructions?: readonly unknown[];
  readonly objects?: readonly string[];
  readonly operators?: string | readonly string[];
  readonly sessions?: readonly { readonly operator?: string }[];
  readonly outcomes?: readonly DeclaredOutcome[];
  /** `atomic`: every episode is one step and has no parts. */
  readonly subtasks?: 'atomic' | readonly DeclaredSubtasks[];
  /** Why joints leave their limits or jump, and why it is no fault: soft stops; a gripper that is open or closed. */
  readonly motionExplained?: { readonly limits?: string; readonly jumps?: string };
  readonly collectionMethod?: string;
  readonly reality?: string;
  readonly personalData?: 'none' | 'anonymised' | 'present_with_consent';
  readonly consentScope?: readonly string[];
  readonly contributors?: readonly Contributor[];
  readonly premisesConsent?: 'obtained' | 'not_needed' | 'missing';
  readonly license?: string | DeclaredLicence;
  readonly provenance?: DeclaredProvenance;
  readonly titleCertificate?: { readonly number: string; readonly issuer: string; readonly expires?: string | null };
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
