/** Variables of an environment by their names. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The environment of this process; the only place that reads it. What the market is told through it is a setting of `config`. */
export function processEnvironment(): Environment {
  return process.env;
}
