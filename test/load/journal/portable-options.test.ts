import fc from 'fast-check'
import t from 'tap'
import {
  decidingOptions,
  differingOptions,
  journaledOptions,
} from '../../../src/load/journal/journal-record.js'
import type { JournaledOptions } from '../../../src/load/journal/journal-record.js'
import type {
  CellOptions,
  DeliveryOptions,
  InputOptions,
  LoadOptions,
  MappingOptions,
  RejectOptions,
  TargetOptions,
} from '../../../src/load/options.js'
import type { Trace } from '../../../src/client/trace.js'
import { checkedOptions } from '../../../src/load/checked-options.js'
import { systemPlatform } from '../../../src/platform/system-files.js'
import { forAll } from '../../helpers/runs.js'

const least: LoadOptions = {
  inputs: ['in.csv'],
  server: { host: 'h', port: 8848 },
  target: { table: 'trades' },
  runId: 'nightly',
}

function journaled(change: Partial<LoadOptions> = {}): JournaledOptions {
  const options = { ...least, ...change }
  const checked = checkedOptions(least, systemPlatform.random)
  // Through JSON, because the next process reads the options from JSON.
  return JSON.parse(JSON.stringify(journaledOptions(options, checked))) as JournaledOptions
}

/** Two values per field. A field marked `free` may differ between the processes of a run. */
type Values<Options> = {
  readonly [Name in keyof Required<Options>]: {
    readonly values: readonly [Options[Name], Options[Name]]
    readonly free?: true
  }
}

const target: Values<TargetOptions> = {
  table: { values: ['a', 'b'] },
  create: { values: ['stream', 'dfs'] },
  partition: { values: ['day', 'hash(sym,10)'] },
  method: { values: ['insert', 'append'] },
  keyColumns: { values: [['a', 'b'], ['a']] },
  function: { values: ['f', 'g'] },
  transform: { values: ['def(t){ return t }', 't -> t'] },
  functionArguments: {
    values: [
      [1, { a: [2] }],
      [1, { a: [3] }],
    ],
  },
  types: { values: ['a:INT', 'a:LONG'] },
  confirmTable: { values: ['a', 'b'] },
  mayDrop: { values: [true, false] },
}
const input: Values<Omit<InputOptions, 'stdin'>> = {
  format: { values: ['csv', 'auto'] },
  path: { values: ['{day}.csv', 'hive'] },
  include: { values: [['*.txt'], ['*.csv']] },
  follow: { values: [true, false] },
  compression: { values: ['gzip', 'none'] },
  encoding: { values: ['utf-8', 'gb18030'] },
  delimiter: { values: [',', ';'] },
  quote: { values: ['"', ''] },
  escape: { values: ['"', '\\'] },
  comment: { values: ['#', '%'] },
  trailingDelimiter: { values: [true, false] },
  header: { values: ['yes', 'no'] },
  fieldCount: { values: [2, 3] },
  ragged: { values: ['pad', 'cut'] },
  trim: { values: [true, false] },
  quotes: { values: ['lax', 'strict'] },
  maxRecordBytes: { values: [1_000, 2_000] },
  skipLines: { values: [0, 1] },
  limit: { values: [10, 11] },
  arrayDelimiter: { values: [',', ';'] },
  jsonPath: { values: ['a', 'b'] },
  flushIntervalMs: { values: [1, 2], free: true },
}
const mapping: Values<MappingOptions> = {
  match: { values: ['name', 'position'] },
  map: { values: [{ a: 'x' }, { a: 'y' }] },
  set: { values: [{ a: '{b}' }, { a: '{{b}' }] },
  ignoreExtra: { values: [true, false] },
  allowMissing: { values: [true, false] },
}
const cells: Values<CellOptions> = {
  nullTexts: {
    values: [
      ['NA', '-'],
      ['-', 'NA'],
    ],
  },
  dateFormats: { values: [{ '*': 'epoch:s' }, { '*': 'epoch:ms' }] },
  timeZone: { values: ['+08:00', 'none'] },
  offsets: { values: [{ a: '+08:00' }, { a: 'none' }] },
  thousands: { values: [',', '.'] },
  decimalComma: { values: [true, false] },
  percentColumns: { values: [['a'], []] },
  booleans: { values: [['ja/nein'], ['oui/non']] },
  lenient: { values: [true, false] },
}
const rejects: Values<RejectOptions> = {
  onError: { values: ['stop', 'skip'], free: true },
  maxErrors: { values: [1, '5%'], free: true },
  file: { values: ['a.csv', 'b.csv'] },
}
const delivery: Values<DeliveryOptions> = {
  mode: { values: ['sync', 'async'] },
  confirm: { values: ['auto', 'none'] },
  confirmTimeoutMs: { values: [1, 2], free: true },
  batchRows: { values: [1, 2], free: true },
  batchBytes: { values: [1, 2], free: true },
  maxInFlightBytes: { values: [1, 2], free: true },
  connections: { values: [1, 2], free: true },
  unordered: { values: [true, false], free: true },
  retries: { values: [1, 2], free: true },
  retryTimeoutMs: { values: [1, 2], free: true },
  onDoubt: { values: ['report', 'resend'], free: true },
  rateLimit: { values: [{ rowsPerSecond: 1 }, { rowsPerSecond: 2 }], free: true },
}

for (const [group, fields] of Object.entries({
  target,
  input,
  mapping,
  cells,
  rejects,
  delivery,
})) {
  t.test(`${group}: changes are noticed exactly if they affect which rows are loaded`, async t => {
    for (const [name, { values, free }] of Object.entries(
      fields as Readonly<Record<string, { values: readonly unknown[]; free?: true }>>,
    )) {
      const [one, other] = values.map(value => journaled({ [group]: { [name]: value } }))
      t.strictSame(differingOptions(one!, one!), [])
      t.strictSame(differingOptions(one!, other!), free ? [] : [`${group}.${name}`])
      const expected = free ? [] : [`${group}.${name}`]
      t.strictSame(differingOptions(other!, one!), expected, 'in both directions')
    }
  })
}

t.test('an option that was not given differs from a given one', async t => {
  t.strictSame(differingOptions(journaled(), journaled({ input: { limit: 1 } })), ['input.limit'])
  t.strictSame(differingOptions(journaled({ cells: { lenient: true } }), journaled()), [
    'cells.lenient',
  ])
})

t.test('defaults of the delivery options equal their explicit values', async t => {
  const given = journaled({ delivery: { mode: 'async', confirm: 'auto' } })
  t.strictSame(differingOptions(journaled(), given), [])
})

t.test('server, user and listeners do not matter', async t => {
  const other = journaled({
    inputs: ['*.csv'],
    server: { host: 'other', port: 1, user: 'u', password: 'p' },
    expectRows: 3,
    onNotice: () => undefined,
    journal: { folder: '/elsewhere', restart: true },
  })
  t.strictSame(differingOptions(journaled(), other), [])
  t.notMatch(Object.keys(decidingOptions(other)), ['server'])
})

t.test('the order of members does not matter', async () => {
  const value = fc.jsonValue({ maxDepth: 3 })
  const reversed = (given: unknown): unknown =>
    Array.isArray(given)
      ? given.map(reversed)
      : typeof given === 'object' && given !== null
        ? Object.fromEntries(
            Object.entries(given)
              .reverse()
              .map(([name, member]) => [name, reversed(member)]),
          )
        : given
  const withArguments = (given: unknown): JournaledOptions =>
    journaled({ target: { function: 'f', functionArguments: [given] } })
  forAll(200)(value, given => {
    const other = reversed(given)
    return differingOptions(withArguments(given), withArguments(other)).length === 0
  })
})

t.test('values that JSON cannot express survive a journal', async t => {
  const checked = checkedOptions(least, systemPlatform.random)
  for (const given of [NaN, -0, Infinity, null, undefined, '', new Date(0), [undefined]]) {
    const now = journaledOptions(
      { ...least, target: { function: 'f', functionArguments: [given] } },
      checked,
    )
    const before = JSON.parse(JSON.stringify(now)) as JournaledOptions
    t.strictSame(differingOptions(before, now), [], String(given))
  }
})

t.test('no secret, stream or listener gets into a journal', async t => {
  const secret = 'S3CRET'
  const text = JSON.stringify(
    journaledOptions(
      {
        ...least,
        server: {
          host: 'h',
          port: 1,
          user: 'u',
          password: secret,
          trace: { line: () => undefined, secret } as unknown as Trace,
          otherHosts: [{ host: 'other', port: 1 }],
          allowRedirect: [secret],
        },
        input: { stdin: process.stdin },
        onReport: () => undefined,
        journal: { folder: secret },
      },
      checkedOptions(least, systemPlatform.random),
    ),
  )
  t.notMatch(text, secret)
  t.notMatch(text, 'stdin')
  t.match(JSON.parse(text), { server: { host: 'h', port: 1, user: 'u' }, runId: 'nightly' })
})
