/*
  Options and values that are described but not built. They are refused, never ignored; a row leaves this table in
  the change that builds the thing.
*/

interface NotYet {
  /** True for values that cannot be had; without it the whole option is missing. */
  readonly refuses?: (text: string) => boolean
  /** What works instead: completes "use …". */
  readonly instead?: string
}

/** By the option's long name. */
export const notYet: Readonly<Record<string, NotYet>> = {
  'ca-file': {},
  'decimal-comma': {},
  'dry-run': {},
  'files-from': {},
  'json-path': {},
  'state-dir': {},
  'tls-insecure': {},
  compress: {},
  compression: {
    refuses: text => text === 'zstd' || text === 'brotli',
    instead: 'gzip, or decompress into standard input',
  },
  connections: { refuses: text => Number(text) > 1, instead: '1' },
  encoding: {},
  report: {},
  restart: {},
  shard: {},
  timezone: {},
  tls: {},
}

/** Commands that are described but not built. */
export const commandsNotYet: ReadonlySet<string> = new Set([
  'check',
  'completion',
  'explain',
  'resume',
  'retry',
  'runs',
  'schema',
  'selftest',
])

/** True when no value of this option is understood yet: the help leaves it out. */
export function isMissing(name: string): boolean {
  return Object.hasOwn(notYet, name) && notYet[name]!.refuses === undefined
}

/** The sentence that refuses an option or its value, or undefined when there is nothing to refuse. */
export function refusal(name: string, text: string): string | undefined {
  const entry = Object.hasOwn(notYet, name) ? notYet[name] : undefined
  if (entry === undefined) return undefined
  if (entry.refuses === undefined) return `--${name} is not built yet`
  if (!entry.refuses(text)) return undefined
  return `--${name} ${text} is not built yet; use ${entry.instead ?? 'another value'}`
}
