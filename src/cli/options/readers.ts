/* Readers of option values: sizes, durations, rates, lists, pairs. A reader returns undefined for a text that it refuses. */
import { readFileSync, statSync } from 'node:fs'
import { attempt, UsageError, usageError } from '../../errors.js'
import { isRunId, mostRecordBytes } from '../../load/checked-options.js'
import type { ServerAddress } from '../../client/session-options.js'
import { checkTransform, mostTransformChars } from '../../load/target/transform.js'
import { systemName } from '../../platform/file-name.js'
import { missingInput } from '../../source/open-source.js'
import { encodings, knownEncoding, type Encoding } from '../../source/encoding/encodings.js'

type Environment = Readonly<Record<string, string | undefined>>

export interface Reader<T> {
  /** Completes "expected …". */
  readonly expected: string
  /** True if every text counts; otherwise the last one applies. */
  readonly isRepeated?: boolean
  /** True if the text is JSON. */
  readonly json?: boolean
  /** The text in a form that can be typed, which the reader understands. */
  readonly shown?: (text: string) => string
  /** The words that shells offer: all accepted ones, or the usual ones. */
  readonly choices?: readonly string[]
  /** @throws {UsageError} with a message that says what is wrong */
  read(texts: readonly string[], environment?: Environment): T | undefined
}

/** The last text given applies. @param read  may throw an error that says what is wrong */
export function single<T>(
  expected: string,
  read: (text: string, environment: Environment) => T | undefined,
  more: Pick<Reader<T>, 'choices' | 'shown' | 'json'> = {},
): Reader<T> {
  return {
    expected,
    read: (texts, environment = {}) => read(texts.at(-1) ?? '', environment),
    ...more,
  }
}

/** Collects every occurrence of an option; `one` reads each. */
export function repeated<T>(one: Reader<T>): Reader<readonly T[]> {
  return {
    ...one,
    isRepeated: true,
    read(texts) {
      const values = texts.map(text => one.read([text]))
      return values.some(value => value === undefined) ? undefined : (values as T[])
    },
  }
}

const matching = (expected: string, pattern: RegExp): Reader<string> =>
  single(expected, text => (pattern.test(text) ? text : undefined))

/** Returns the text unchanged if `check` does not throw. */
export function checked(expected: string, check: (text: string) => unknown): Reader<string> {
  return single(expected, text => {
    check(text)
    return text
  })
}

/** One of these words, in exactly this spelling. */
export function choice<T extends string>(...choices: readonly T[]): Reader<T> {
  const listed = [choices.slice(0, -1).join(', '), choices.at(-1)].filter(Boolean).join(' or ')
  return single(listed, value => choices.find(known => known === value), { choices })
}

function truthOf(text: string): boolean | undefined {
  if (/^(?:1|true|yes)$/i.test(text)) return true
  return /^(?:0|false|no)$/i.test(text) ? false : undefined
}

export const onOff = single('true or false', truthOf)

/** For commands that only print: a file in the variable is meant for loads. */
export const jsonSwitch: Reader<boolean> = { ...onOff, read: texts => truthOf(texts[0]!) ?? false }

/** `--metrics-file --rejects r.csv` forgets a name, and must not create a file called `--rejects`. */
const fileName = /^(?!--)./s

/** Where the JSON object of a run goes: to standard output, into a file, or both. */
export const jsonTo: Reader<{ readonly print: boolean; readonly file?: string }> = {
  expected: 'true, false or a file (./--x if its name begins with two hyphens)',
  isRepeated: true,
  read(texts) {
    const files = texts.filter(text => truthOf(text) === undefined)
    if (!files.every(file => fileName.test(file))) return undefined
    return { print: texts.some(truthOf), ...(files.length > 0 && { file: files.at(-1)! }) }
  },
}

export const text = matching('text that is not empty', /./s)

/** Does not repeat a name with a colon, after which somebody may have written the password. */
export const userName = single('text that is not empty', value => {
  if (!value.includes(':')) return value === '' ? undefined : value
  throw usageError(
    'a user name has no colon: give the password with --password-file or DDB_PASSWORD',
  )
})

export const outputFile = matching(
  'a file (write ./--x for a name that begins with two hyphens)',
  fileName,
)

export const anyText = single('text', value => value)

export const transform = single('a function of a table, or @FILE', readTransform)

/** @throws {UsageError} DDB_USAGE if the text is not a function @throws {InputError} DDB_INPUT_MISSING */
function readTransform(given: string): string {
  if (!given.startsWith('@')) return checkTransform(given)
  const path = given.slice(1)
  try {
    const status = statSync(systemName(path))
    if (!status.isFile()) throw usageError(`${path} is not a file`)
    // UTF-8 needs at most three bytes for each UTF-16 unit of a string.
    if (status.size > 3 * mostTransformChars) {
      throw usageError(`${path} has ${status.size} bytes, which is too long for a function`)
    }
    return checkTransform(
      new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(systemName(path))),
    )
  } catch (error) {
    if (error instanceof UsageError) throw error
    if (error instanceof TypeError) throw usageError(`${path} is not UTF-8`)
    throw missingInput(path, error)
  }
}

export const runId = single(
  'letters, digits and . _ - (64 at most, a letter or digit first)',
  text => (isRunId(text) ? text : undefined),
)

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

function within(number = NaN, least = 0, most = Infinity): number | undefined {
  return number >= least && number <= most ? number : undefined
}

function amount(expected: string, least: number, most = Infinity, factors = multipliers) {
  return single(expected, value => within(scaled(value, factors), least, most))
}

/** A whole number of at least `least`; `20k` and `2M` are understood. */
export const count = (least: number): Reader<number> =>
  amount(`a whole number from ${least} on, such as 500 or 20k`, least)

export const upTo64 = amount('a number from 1 to 64', 1, 64)

export const rowsExpected = single('a number such as 1000, or 900..', value => {
  const [, digits, more] = /^(\d{1,15})(\.\.)?$/.exec(value) ?? []
  if (digits === undefined) return undefined
  return more === undefined ? Number(digits) : { atLeast: Number(digits) }
})

/** Variables in which schedulers number the processes of a job: the number of the first, and the variable with how many there are. */
const processNumbers: Readonly<Record<string, readonly [first: number, count?: string]>> = {
  JOB_COMPLETION_INDEX: [0],
  AWS_BATCH_JOB_ARRAY_INDEX: [0],
  CLOUD_RUN_TASK_INDEX: [0, 'CLOUD_RUN_TASK_COUNT'],
  // GitLab sets its own in every job.
  CI_NODE_INDEX: [1, 'CI_NODE_TOTAL'],
  PARALLEL_SEQ: [1],
}

export const shard = single(
  'I/N with I from 1 to N, or auto/N in a job of a scheduler',
  (text, environment) => {
    const [, given, count] = /^([1-9]\d{0,5}|auto)\/([1-9]\d{0,5})$/.exec(text) ?? []
    if (given === undefined) return undefined
    const index = given === 'auto' ? numberFrom(environment, Number(count)) : Number(given)
    return index <= Number(count) ? { index, count: Number(count) } : undefined
  },
)

/** The number that a scheduler gave to this process, from 1 to `count`. @throws {UsageError} */
function numberFrom(environment: Environment, count: number): number {
  const { SLURM_ARRAY_TASK_MIN: least, SLURM_ARRAY_TASK_STEP: step } = environment
  const slurm = [Number(least), 'SLURM_ARRAY_TASK_COUNT'] as const
  const known: typeof processNumbers = { ...processNumbers, SLURM_ARRAY_TASK_ID: slurm }
  const names = Object.keys(known).filter(name => environment[name])
  const [name = '', more] = names
  // A part of a job, such as the repeated tasks of an array, has other numbers.
  const [first = NaN, size = ''] = known[name] ?? []
  if (environment[size] && Number(environment[size]) !== count)
    throw usageError(`the job has ${size}=${environment[size]}, not ${count}: give the number`)
  const steps = name.startsWith('SLURM') ? Number(step ?? 1) : 1
  const number = (Number(environment[name]) - first) / steps + 1
  const fits =
    Number.isInteger(number) && number > 0 && number <= count && /\d/.test(environment[name]!)
  if (more === undefined && fits) return number
  const own = names.map(set => `${set}=${environment[set]}`).join(' and ') || 'none of them'
  const all = Object.keys(known).join(', ')
  throw usageError(`auto reads one of ${all}, and this process has ${own}: give the number`)
}

export const limit = single('a count, or a share such as 5%', value => {
  const share = /^(\d{1,3}(?:\.\d+)?)%$/.exec(value)
  if (share === null) return scaled(value)
  return Number(share[1]) <= 100 ? (value as `${number}%`) : undefined
})

/** Its unit may end with a B. */
const bytes = (expected: string, most: number): Reader<number> =>
  single(expected, value => within(scaled(value.replace(/B$/, '')), 1, most))

export const size = bytes('a size such as 500k, 4Mi or 1G', Infinity)

export const recordSize = bytes('a size up to 512Mi, such as 4Mi', mostRecordBytes)

const milliseconds = { ms: 1n, s: 1000n, m: 60_000n, h: 3_600_000n }

// Node's timers hold a signed 32-bit number of milliseconds, and turn a longer time into 1 ms.
const maxDurationMs = 2 ** 31 - 1

/** Milliseconds. Refuses a bare number, because its unit would be unclear. */
export const duration = amount('a duration such as 500ms, 5s or 2m', 1, maxDurationMs, milliseconds)

export const rate = single('a rate such as 50MB/s or 200krows/s', value => {
  const [, number = '', unit] = /^(.+?)(B|rows)\/s$/.exec(value) ?? []
  const most = within(scaled(number), 1)
  return most && (unit === 'B' ? { bytesPerSecond: most } : { rowsPerSecond: most })
})

export const list: Reader<readonly string[]> = single('names with commas between', value => {
  const names = value.split(',').map(name => name.trim())
  return names.includes('') ? undefined : names
})

const mostPort = 65_535

/** 0 lets the system pick a free port. */
export const listeningPort = amount('a port from 0 to 65535', 0, mostPort)

export type Hosts = readonly [ServerAddress, ...ServerAddress[]]

/** `H[:PORT],…`; an IPv6 address with a port is in brackets. The port's default is DDB_PORT, else 8848. */
export const hosts = single(
  'HOST or HOST:PORT, several with commas between',
  (value, { DDB_PORT }) => {
    const standard = within(scaled(DDB_PORT || '8848'), 1, mostPort)
    if (standard === undefined) throw usageError('DDB_PORT must be a port from 1 to 65535')
    const found = value.split(',').map(part => hostAddress(part.trim(), standard))
    const isWrong = found.includes(undefined)
    return isWrong ? undefined : (found as unknown as Hosts)
  },
)

function hostAddress(value: string, standard: number): ServerAddress | undefined {
  // Without brackets, every colon belongs to the address: an IPv6 address has at least two colons.
  if (/^[0-9A-Fa-f.]*:[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*$/.test(value)) {
    return { host: value, port: standard }
  }
  const match = /^(?:\[([0-9A-Fa-f:.%\w]+)\]|([^\s:[\]/@]+))(?::(\d{1,5}))?$/.exec(value)
  const port = within(Number(match?.[3] ?? standard), 1, mostPort)
  return match === null || port === undefined ? undefined : { host: (match[1] ?? match[2])!, port }
}

/** `TARGET=SOURCE`, repeatable, split at the first `=`. @param alone  the target of a text without `=` */
export function pairs(shape: string, alone = ''): Reader<Readonly<Record<string, string>>> {
  return {
    expected: `${shape}, each ${shape.split('=')[0]} once`,
    isRepeated: true,
    read(texts) {
      const found = new Map(
        texts
          .map(text => /^(?:([^=]*)=)?(.*)$/s.exec(text)!)
          .map(([, name = alone, value]) => [name, value!]),
      )
      return found.has('') || found.size < texts.length ? undefined : Object.fromEntries(found)
    },
  }
}

/** A format without a column applies to every column, `*`. */
export const dateFormats = {
  ...pairs('COLUMN=FORMAT', '*'),
  expected: 'COLUMN=FORMAT, or FORMAT for all columns, each once',
}

/** `Y/N`, repeatable: texts that mean true and false; one of the two may be empty. */
export const booleans = repeated(matching('TRUE/FALSE, such as Y/N', /^(?!\/$)[^/]*\/[^/]*$/))

export const json = single<unknown>(
  'a JSON value such as 5, "text" or [1,2], with no number that JavaScript would change',
  value => {
    const tokens = value.match(jsonToken) ?? []
    const areKept = tokens.every(token => token.startsWith('"') || isKept(token))
    return areKept ? attempt((): unknown => JSON.parse(value)) : undefined
  },
  { json: true },
)

const jsonToken = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g

/** Whether JSON.parse keeps the value, apart from the digits that no DOUBLE has. */
function isKept(number: string): boolean {
  const value = Number(number)
  if (!/[.e]/i.test(number)) return Number.isSafeInteger(value)
  return Number.isFinite(value) && (value !== 0 || !/^-?[0.]*[1-9]/.test(number))
}

/** The JSON with its numbers as texts, which have all digits. */
export const withNumbersAsTexts = (json: string): string =>
  json.replace(jsonToken, token => (token.startsWith('"') ? token : `"${token}"`))

/** `\xNN` for a control character, `\t` for every tab. */
function shown(text: string): string {
  if (!/^[^\t\P{C}]$|^(?! )\p{Zs}$/u.test(text)) return text.replaceAll('\t', '\\t')
  const code = text.codePointAt(0)!
  return code > 0xff ? `\\u{${code.toString(16)}}` : `\\x${code.toString(16).padStart(2, '0')}`
}

/** One character; `\t`, `tab`, `\xNN` and `\u{NNNN}` replace characters that are hard to type in a shell. */
function characterOf(value: string): string | undefined {
  if (value === '\\t' || value === 'tab') return '\t'
  const [, byte, point = byte] =
    /^\\(?:x([0-9A-Fa-f]{2})|u\{([0-9A-Fa-f]{1,4})\})$/.exec(value) ?? []
  if (point !== undefined) return String.fromCharCode(parseInt(point, 16))
  return /^[^\r\n]$/u.test(value) ? value : undefined
}

/** One or more characters, on one line; `\t` is a tab. */
const charactersOf = (value: string): string | undefined =>
  characterOf(value) ?? (/^[^\r\n]+$/.test(value) ? value.replaceAll('\\t', '\t') : undefined)

const typed = (expected: string, read: typeof characterOf): Reader<string> =>
  single(expected, read, { shown })

export const character = typed('one character, such as ; or \\t or \\x01', characterOf)
export const delimiter = typed('a delimiter such as ; or \\t', charactersOf)
export const lineStart = typed('characters that begin a line, such as #', charactersOf)
export const characterOrNone = typed("one character, or '' for none", value =>
  value === '' ? value : characterOf(value),
)

export const encoding = single<'auto' | Encoding>(
  'the name of an encoding',
  value => (value === 'auto' ? value : knownEncoding(value)),
  { choices: ['auto', ...encodings] },
)
