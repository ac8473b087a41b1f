import type { z } from 'zod';
import type { Environment } from '@app/kernel';

export interface SettingDeclaration<T> {
  /** Name of the environment variable. */
  readonly env: string;
  readonly schema: z.ZodType<T>;
  readonly description: string;
  /** What the value counts, where it counts something. */
  readonly unit?: string;
  /** The value as it would stand in the environment; left out = no default. */
  readonly default?: string;
  /** Secrets are never printed. */
  readonly secret?: boolean;
}

export interface SettingsGroup<S extends object> {
  readonly name: string;
  readonly declarations: { readonly [K in keyof S]: SettingDeclaration<S[K]> };
}

const groups = new Map<string, SettingsGroup<object>>();

/** Declares one key of a group. */
export function setting<T>(
  env: string,
  schema: z.ZodType<T>,
  facts: { description: string; unit?: string; default?: string; secret?: boolean },
): SettingDeclaration<T> {
  return { env, schema, ...facts };
}

/** Declares the settings of one library. Read them with `Settings.of(group)`. */
export function declareSettings<S extends object>(
  name: string,
  declarations: { readonly [K in keyof S]: SettingDeclaration<S[K]> },
): SettingsGroup<S> {
  const group: SettingsGroup<S> = { name, declarations };
  groups.set(name, group as unknown as SettingsGroup<object>);
  return group;
}

/** Every declaration of the libraries loaded so far, in order of group and key: for `.env.example` and the boot check. */
export function declaredSettings(): { group: string; declaration: SettingDeclaration<unknown> }[] {
  return [...groups.values()]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((group) =>
      Object.values(group.declarations as Record<string, SettingDeclaration<unknown>>).map((declaration) => ({
        group: group.name,
        declaration,
      })),
    );
}

/** Typed settings, validated against one environment. */
export class Settings {
  private readonly cache = new Map<string, object>();

  constructor(private readonly environment: Environment) {}

  /** The settings of one library. @throws with the *names* of every bad key; values are never printed */
  of<S extends object>(group: SettingsGroup<S>): S {
    const cached = this.cache.get(group.name);
    if (cached) return cached as S;
    const values: Record<string, unknown> = {};
    const bad: string[] = [];
    for (const [key, declaration] of Object.entries(
      group.declarations as Record<string, SettingDeclaration<unknown>>,
    )) {
      const raw = this.environment[declaration.env];
      const result = declaration.schema.safeParse(raw === undefined || raw === '' ? declaration.default : raw);
      if (result.success) values[key] = result.data;
      else bad.push(`${declaration.env} (${declaration.description})`);
    }
    if (bad.length) throw new Error(`These settings are missing or wrong: ${bad.join('; ')}.`);
    this.cache.set(group.name, values);
    return values as S;
  }

  /** Reads every declared group, so that a bad name stops the boot with all of them listed. */
  validateAll(): void {
    const problems: string[] = [];
    for (const group of groups.values()) {
      try {
        this.of(group);
      } catch (error) {
        problems.push(error instanceof Error ? error.message : String(error));
      }
    }
    if (problems.length) throw new Error(problems.join('\n'));
  }
}
