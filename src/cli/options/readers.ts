/*
  Readers of option values: sizes, durations, rates, lists, pairs. A reader returns undefined for a text that it
  refuses.
*/
import { UsageError } from '../../errors.js'
import { mostRecordBytes } from '../../load/defaults.js'
import { encodings, knownEncoding, type Encoding } from '../../source/encoding/encodings.js'

type Environment = Readonly<Record<string, string | undefined>>

export interface Reader<T> {
  /** Completes "expected …". */
  readonly expected: string
  /**
   * `switch`: takes no value; `optional`: may have one after `=`; `repeated`: may be given several times. The texts of the
   * last two are all that were given.
   */
  readonly form: 'switch' | 'value' | 'optional' | 'repeated'
  /** True if the text is JSON. */
  readonly json?: boolean
  /** The text in a form that can be typed, which the reader understands. */
  readonly shown?: (text: string) => string
  /** The words that shells offer: all accepted ones, or the usual ones. */
  readonly choices?: readonly string[]
  /** @throws {UsageError} in a reader made by `named`, with a message that says what is wrong */
  read(texts: readonly string[], environment?: Environment): T | undefined
}

/** A single value: the last one given applies. @param read  may throw an error that explains what is wrong */
export function single<T>(
  expected: string,
  read: (text: string) => T | undefined,
  more: Pick<Reader<T>, 'choices' | 'shown'> = {},
): Reader<T> {
  return { expected, form: 'value', read: texts => read(texts.at(-1) ?? ''), ...more }
}

/** Collects every occurrence of an option; `one` reads each. */
export function repeated<T>(one: Reader<T>): Reader<readonly T[]> {
  return {
    ...one,
    form: 'repeated',
    read(texts) {
      const values = texts.map(text => one.read([text]))
      return values.some(value => value === undefined) ? undefined : (values as T[])
    },
  }
}

function truthOf(text: string): boolean | undefined {
  if (/^(?:1|true|yes)$/i.test(text)) return true
  return /^(?:0|false|no)$/i.test(text) ? false : undefined
}

export const onOff: Reader<boolean> = { ...single('true or false', truthOf), form: 'switch' }

/** Where the JSON object of a run goes: to standard output, into a file, or both. */
export interface JsonTo {
  readonly print: boolean
  readonly file?: string
}

export const jsonTo: Reader<JsonTo> = {
  expected: 'true, false or a file (./--x if its name begins with two hyphens)',
  form: 'optional',
  read(texts) {
    const files = texts.filter(text => truthOf(text) === undefined)
    if (!files.every(isFileName)) return undefined
    return { print: texts.some(truthOf), ...(files.length > 0 && { file: files.at(-1)! }) }
  },
}

/** For commands that only print: a file in the variable is meant for loads. */
export const jsonSwitch: Reader<boolean> = {
  ...onOff,
  read: texts => truthOf(texts.at(-1)!) ?? false,
}

export const text: Reader<string> = single('text that is not empty', value => value || undefined)

/** `--metrics-file --rejects r.csv` forgets a name, and must not create a file called `--rejects`. */
const isFileName = (text: string): boolean => text !== '' && !text.startsWith('--')

export const outputFile: Reader<string> = single(
  'a file (write ./--x for a name that begins with two hyphens)',
  value => (isFileName(value) ? value : undefined),
)

/** Text for which `''` is a valid value. */
export const anyText: Reader<string> = single('text', value => value)

/** One of these words, in exactly this spelling. */
export function choice<T extends string>(...choices: readonly T[]): Reader<T> {
  const listed = [choices.slice(0, -1).join(', '), choices.at(-1)].filter(Boolean).join(' or ')
  return single(listed, value => choices.find(known => known === value), { choices })
}

/** Returns the text unchanged if `check` does not throw. */
export function checked(expected: string, check: (text: string) => unknown): Reader<string> {
  return single(expected, text => {
    check(text)
    return text
  })
}

const multipliers: Readonly<Record<string, bigint>> = {
  ...{ '': 1n, k: 1000n, M: 1000n ** 2n, G: 1000n ** 3n },
  ...{ Ki: 1024n, Mi: 1024n ** 2n, Gi: 1024n ** 3n },
}

/** `1.5M` → 1,500,000; undefined unless the result is a whole number. Exact, unlike doubles: 1.1k is 1,100. */
function scaled(value: string, factors = multipliers): number | undefined {
  const match = /^(\d{1,20})(?:\.(\d{1,20}))?([A-Za-z]*)$/.exec(value)
  if (match === null || !Object.hasOwn(factors, match[3]!)) return undefined
  const [, whole, fraction = '', unit] = match
  const scale = 10n ** BigInt(fraction.length)
  const product = BigInt(`${whole}${fraction}`) * factors[unit!]!
  const number = Number(product / scale)
  return product % scale === 0n && Number.isSafeInteger(number) ? number : undefined
}

function within(number: number | undefined, least: number, most: number): number | undefined {
  return number !== undefined && number >= least && number <= most ? number : undefined
}

/** A whole number of at least `least`; `20k` and `2M` are understood. */
export function count(least: number): Reader<number> {
  return single(`a whole number from ${least} on, such as 500 or 20k`, value =>
    within(scaled(value), least, Infinity),
  )
}

export const upTo64: Reader<number> = single('a number from 1 to 64', value =>
  within(scaled(value), 1, 64),
)

/** `1000`, or `900..` for at least 900. */
export const rowsExpected: Reader<number | { atLeast: number }> = single(
  'a number such as 1000, or 900..',
  value => {
    const [, digits, more] = /^(\d{1,15})(\.\.)?$/.exec(value) ?? []
    if (digits === undefined) return undefined
    return more === undefined ? Number(digits) : { atLeast: Number(digits) }
  },
)

/** Bytes: `4Mi`, `500k`, `1048576`, optionally followed by a B. */
export const size: Reader<number> = single('a size such as 500k, 4Mi or 1G', value =>
  within(scaled(value.replace(/B$/, '')), 1, Infinity),
)

export const recordSize: Reader<number> = single('a size up to 512Mi, such as 4Mi', value =>
  within(size.read([value]), 1, mostRecordBytes),
)

const milliseconds = { ms: 1n, s: 1000n, m: 60_000n, h: 3_600_000n }

// Node's timers hold a signed 32-bit number of milliseconds, and turn a longer time into 1 ms.
const maxDurationMs = 2 ** 31 - 1

/** Milliseconds: `500ms`, `5s`, `2m`, `1h`. Refuses a bare number, because its unit would be unclear. */
export const duration: Reader<number> = single('a duration such as 500ms, 5s or 2m', value =>
  within(scaled(value, milliseconds), 1, maxDurationMs),
)

/** Limits of speed; an undefined member means no limit. */
export interface Rate {
  bytesPerSecond?: number
  rowsPerSecond?: number
}

/** `50MB/s`, `200krows/s`, or both separated by a comma. */
export const rate: Reader<Rate> = single('a rate such as 50MB/s or 200krows/s', value => {
  const rates: Rate = {}
  for (const part of value.split(',')) {
    const match = /^(.+?)(B|rows)\/s$/.exec(part)
    const amount = scaled(match?.[1] ?? '')
    if (match === null || amount === undefined || amount === 0) return undefined
    const unit = match[2] === 'B' ? 'bytesPerSecond' : 'rowsPerSecond'
    if (rates[unit] !== undefined) return undefined
    rates[unit] = amount
  }
  return rates
})

/** 0 lets the system pick a free port. */
export const listeningPort: Reader<number> = single('a port from 0 to 65535', value =>
  within(scaled(value), 0, 65_535),
)

export const list: Reader<readonly string[]> = single('names with commas between', value => {
  const names = value.split(',').map(name => name.trim())
  return names.includes('') ? undefined : names
})

export interface HostAddress {
  readonly host: string
  readonly port: number
}

/** `H[:PORT],…`; an IPv6 address with a port is in brackets. The port's default is DDB_PORT, else 8848. */
export const hosts: Reader<readonly [HostAddress, ...HostAddress[]]> = {
  expected: 'HOST or HOST:PORT, several with commas between',
  form: 'value',
  read(texts, { DDB_PORT } = {}) {
    const standard = within(scaled(DDB_PORT || '8848'), 1, 65_535)
    if (standard === undefined) {
      throw new UsageError('DDB_USAGE', 'DDB_PORT must be a port from 1 to 65535')
    }
    const parts = texts.at(-1)!.split(',')
    const addresses = parts.flatMap(part => hostAddress(part.trim(), standard) ?? [])
    return addresses.length < parts.length
      ? undefined
      : (addresses as unknown as [HostAddress, ...HostAddress[]])
  },
}

function hostAddress(value: string, standard: number): HostAddress | undefined {
  // Without brackets, every colon belongs to the address: an IPv6 address has at least two colons.
  if (/^[0-9A-Fa-f:.]*:[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*$/.test(value)) {
    return { host: value, port: standard }
  }
  const match = /^(?:\[([0-9A-Fa-f:.%\w]+)\]|([^\s:[\]/@]+))(?::(\d{1,5}))?$/.exec(value)
  const port = within(match?.[3] === undefined ? standard : Number(match[3]), 1, 65_535)
  return match === null || port === undefined ? undefined : { host: (match[1] ?? match[2])!, port }
}

/** `TARGET=SOURCE`, repeatable, split at the first `=`; a repeated target is refused. */
export function pairs(shape: string): Reader<Readonly<Record<string, string>>> {
  return {
    expected: `${shape}, each ${shape.split('=')[0]} once`,
    form: 'repeated',
    read(texts) {
      const found = new Map<string, string>()
      for (const given of texts) {
        const at = given.indexOf('=')
        const name = given.slice(0, Math.max(at, 0))
        if (name === '' || found.has(name)) return undefined
        found.set(name, given.slice(at + 1))
      }
      return Object.fromEntries(found)
    },
  }
}

/** `Y/N`, repeatable: texts that mean true and false; one of the two may be empty. */
export const booleans: Reader<readonly string[]> = repeated(
  single('TRUE/FALSE, such as Y/N', value =>
    value.split('/').length === 2 && value !== '/' ? value : undefined,
  ),
)

/** `COLUMN=FORMAT`, repeatable; a format without a column applies to every column, `*`. */
export const dateFormats: Reader<Readonly<Record<string, string>>> = {
  expected: 'COLUMN=FORMAT, or FORMAT for all columns, each once',
  form: 'repeated',
  read: texts =>
    pairs('COLUMN=FORMAT').read(texts.map(given => (given.includes('=') ? given : `*=${given}`))),
}

export const json: Reader<unknown> = {
  ...single<unknown>('a JSON value such as 5, "text" or [1,2]', value => {
    try {
      return JSON.parse(value)
    } catch {
      return undefined
    }
  }),
  json: true,
}

/** `\t` or `\xNN` for a control character; other texts unchanged. */
function shown(text: string): string {
  if (text === '\t') return '\\t'
  const code = text.length === 1 ? text.charCodeAt(0) : NaN
  return code < 0x20 || code === 0x7f ? `\\x${code.toString(16).padStart(2, '0')}` : text
}

/** One character; `\t`, `tab` and `\xNN` replace characters that are hard to type in a shell. */
export const character: Reader<string> = single(
  'one character, such as ; or \\t or \\x01',
  value => {
    if (value === '\\t' || value === 'tab') return '\t'
    const hex = /^\\x([0-9A-Fa-f]{2})$/.exec(value)?.[1]
    if (hex !== undefined) return String.fromCharCode(parseInt(hex, 16))
    return /^[^\r\n]$/u.test(value) ? value : undefined
  },
  { shown },
)

const ofOneLine = (text: string): string | undefined => (/^[^\r\n]+$/.test(text) ? text : undefined)

/** A delimiter may have several characters. */
export const delimiter: Reader<string> = single(
  'a delimiter such as ; or \\t',
  value => character.read([value]) ?? ofOneLine(value),
  { shown },
)

/** One or more characters, on one line; `\t` is a tab. */
export const lineStart: Reader<string> = single(
  'characters that begin a line, such as #',
  value => character.read([value]) ?? ofOneLine(value)?.replaceAll('\\t', '\t'),
  { shown: text => text.replaceAll('\t', '\\t') },
)

/** One character, or an empty text for "none". */
export const characterOrNone: Reader<string> = single(
  "one character, or '' for none",
  value => value && character.read([value]),
  { shown },
)

/** `auto`, or an encoding by any of its names. */
export const encoding: Reader<'auto' | Encoding> = single(
  'the name of an encoding',
  value => (value === 'auto' ? value : knownEncoding(value)),
  { choices: ['auto', ...encodings] },
)

/** A count, or a share such as `5%`. */
export const limit: Reader<number | `${number}%`> = single(
  'a count, or a share such as 5%',
  value => {
    const share = /^(\d{1,3}(?:\.\d+)?)%$/.exec(value)
    if (share !== null) return Number(share[1]) <= 100 ? (value as `${number}%`) : undefined
    return scaled(value)
  },
)

/** Run names become paths and parts of table names. */
export const runId: Reader<string> = single(
  'letters, digits and . _ - (64 at most, a letter or digit first)',
  value => (/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(value) ? value : undefined),
)
