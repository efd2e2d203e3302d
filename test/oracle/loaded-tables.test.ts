/* Other programs (csv-stringify, JSON.stringify, Intl) write whole tables with arbitrary values as text in many dialects. The loader loads
   the text, and the official client reads the table value by value. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stringify, type Options } from 'csv-stringify/sync'
import fc from 'fast-check'
import { load } from '../../src/load/load-rows.js'
import type { CellOptions, InputOptions, MappingOptions } from '../../src/load/options.js'
import { forAllAsync } from '../helpers/runs.js'
import { asAdmin } from '../helpers/load-server.js'
import { arbitraryElement } from './arbitrary.js'
import { startEnds, test, type ClientObject, type Ends } from './client.js'
import { elementsOfClient, type Element } from './elements.js'

/** A value of a column, and the text that JavaScript writes for it. */
interface Cell {
  readonly element: Element
  /** '' for null. */
  readonly text: string
  readonly json: unknown
}

interface ColumnKind {
  readonly type: string
  readonly cell: fc.Arbitrary<Cell>
}

const dayMs = 86_400_000
const nothing: Cell = { element: null, text: '', json: null }

function kind<T>(type: string, value: fc.Arbitrary<T>, cellOf: (value: T) => Cell): ColumnKind {
  return { type, cell: fc.option(value.map(cellOf), { freq: 6, nil: nothing }) }
}

const plain = (element: number): Cell => ({ element, text: String(element), json: element })
const written = (element: Element, text: string): Cell => ({ element, text, json: text })

const integer = (bits: number): fc.Arbitrary<number> =>
  fc.integer({ min: -(2 ** (bits - 1)) + 1, max: 2 ** (bits - 1) - 1 })
const long = fc.bigInt({ min: -(2n ** 63n) + 1n, max: 2n ** 63n - 1n })
const finite = { noNaN: true, noDefaultInfinity: true }
const text = arbitraryElement('STRING').map(String)
const ms = fc.integer({
  min: Date.parse('0001-01-01T00:00:00Z'),
  max: Date.parse('9999-12-31T00:00:00Z'),
})
const iso = (value: number): string => new Date(value).toISOString().slice(0, -1)

function decimalText(unscaled: bigint, scale: number): string {
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0')
  return `${unscaled < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}

const kinds: readonly ColumnKind[] = [
  kind('INT', integer(32), plain),
  kind('SHORT', integer(16), plain),
  kind('LONG', long, value => written(value, String(value))),
  kind(
    'DOUBLE',
    fc.double(finite).filter(value => value !== -Number.MAX_VALUE),
    // JSON.stringify and String() lose the sign of −0, so adding 0 removes the sign here as well.
    value => plain(value + 0),
  ),
  kind(
    'FLOAT',
    fc.float(finite).filter(value => value !== Math.fround(-3.4028234663852886e38)),
    value => plain(value + 0),
  ),
  kind('BOOL', fc.boolean(), value => ({ element: value, text: String(value), json: value })),
  kind('DATE', ms, value => written(Math.floor(value / dayMs), iso(value).slice(0, 10))),
  kind('TIMESTAMP', ms, value => written(BigInt(value), iso(value))),
  kind('DECIMAL64(4)', long, value => written(value, decimalText(value, 4))),
  { type: 'STRING', cell: text.map(value => written(value, value)) },
  { type: 'SYMBOL', cell: text.map(value => written(value, value)) },
  kind(
    'UUID',
    fc.uuid().filter(made => /[^0-]/.test(made)),
    made => written(made.replaceAll('-', ''), made),
  ),
]

interface Table {
  readonly columns: readonly ColumnKind[]
  /** The cells of each row, in the order of the columns. */
  readonly rows: readonly (readonly Cell[])[]
}

const tables: fc.Arbitrary<Table> = fc
  .array(fc.constantFrom(...kinds), { minLength: 1, maxLength: 6 })
  .chain(columns =>
    fc
      .array(fc.tuple(...columns.map(({ cell }) => cell)), { maxLength: 25 })
      .map(rows => ({ columns, rows })),
  )

interface Written {
  readonly file: string
  readonly text: string
  readonly input?: InputOptions
  readonly mapping?: MappingOptions
  readonly cells?: CellOptions
}

let made = 0

/** Loads the written file. Returns whether the client then reads the same values from the table. */
async function loadsBack(
  folder: string,
  { server, official }: Ends,
  client: Parameters<Parameters<typeof test>[1]>[1],
  { columns, rows }: Table,
  { file, text, input = {}, mapping = {}, cells = {} }: Written,
): Promise<boolean> {
  const table = `loaded${made++}`
  const names = ['row', ...columns.map((_, i) => `c${i}`)]
  const types = ['INT', ...columns.map(({ type }) => type)]
  await official.eval(
    `share table(100:0, ${names.map(name => `\`${name}`).join('')}, [${types.join()}]) as ${table}`,
  )
  const path = join(folder, `${made}-${file}`)
  await writeFile(path, text)
  const { error, rows: counts } = await load({
    inputs: [path],
    server: asAdmin(server),
    target: { table },
    input,
    mapping,
    cells,
  })
  if (error !== null) throw new Error(error.message)
  const found = (await official.eval(`select * from ${table} order by row`)).value as ClientObject[]
  await official.eval(`undef(\`${table}, SHARED)`)
  return (
    counts.confirmed === rows.length &&
    columns.every((_, i) => {
      const elements = elementsOfClient(client, found[i + 1]!)
      return rows.every((row, at) => Object.is(elements[at], row[i]!.element))
    })
  )
}

const names = ({ columns }: Table): string[] => ['row', ...columns.map((_, i) => `c${i}`)]

test('a table that csv-stringify writes, in any dialect', async (t, client) => {
  const ends = await startEnds(t, client)
  const folder = t.testdir()
  const dialects = fc.record({
    delimiter: fc.constantFrom(',', ';', '\t', '|'),
    recordDelimiter: fc.constantFrom('\n', '\r\n'),
    quote: fc.constantFrom('"', "'"),
    isQuoted: fc.boolean(),
    hasHeader: fc.boolean(),
    hasMark: fc.boolean(),
  })
  await forAllAsync(40)(tables, dialects, async (table, dialect) => {
    const { delimiter, recordDelimiter, quote, isQuoted, hasHeader, hasMark } = dialect
    const options: Options = {
      delimiter,
      record_delimiter: recordDelimiter,
      quote,
      // By default, csv-stringify uses `"` as the escape character even if the quote is a different character.
      escape: quote,
      quoted: isQuoted,
      // csv-stringify must also quote all other texts that would end a line or lose blanks.
      quoted_string: true,
      bom: hasMark,
    }
    // csv-stringify leaves JavaScript numbers unquoted, but quotes texts.
    const records = table.rows.map((row, at) => [at, ...row.map(({ text }) => text)])
    const text = stringify(hasHeader ? [names(table), ...records] : records, options)
    const input: InputOptions = { delimiter, quote, header: hasHeader ? 'yes' : 'no' }
    return loadsBack(folder, ends, client, table, { file: 'x.csv', text, input })
  })
  t.ok(made > 0)
})

test('a table that JSON.stringify writes, in any shape', async (t, client) => {
  const ends = await startEnds(t, client)
  const folder = t.testdir()
  const shapes = fc.constantFrom('lines', 'array', 'indented', 'document', 'nested')
  await forAllAsync(40)(tables, shapes, async (table, shape) => {
    const membersOf = (row: readonly Cell[]): Record<string, unknown> =>
      Object.fromEntries(row.map(({ json }, i) => [`c${i}`, json]))
    const flat = table.rows.map((row, at) => ({ row: at, ...membersOf(row) }))
    const nested = table.rows.map((row, at) => ({
      meta: { row: at },
      data: { of: membersOf(row) },
    }))
    const map = Object.fromEntries(
      names(table).map(name => [name, name === 'row' ? 'meta.row' : `data.of.${name}`]),
    )
    const written = (): Written => {
      switch (shape) {
        case 'lines':
          return { file: 'x.ndjson', text: flat.map(one => JSON.stringify(one)).join('\n') }
        case 'array':
          return { file: 'x.json', text: JSON.stringify(flat) }
        case 'indented':
          return { file: 'x.json', text: JSON.stringify(flat, null, 2) }
        case 'document': {
          const text = JSON.stringify({ meta: { count: flat.length }, result: { items: flat } })
          return { file: 'x.json', text, input: { jsonPath: 'result.items' } }
        }
        case 'nested':
          return { file: 'x.json', text: JSON.stringify(nested), mapping: { map } }
      }
    }
    return loadsBack(folder, ends, client, table, written())
  })
  t.ok(made > 0)
})

test('numbers that Intl writes, and times with any offset', async (t, client) => {
  const ends = await startEnds(t, client)
  const folder = t.testdir()
  const german = new Intl.NumberFormat('de-DE', { maximumFractionDigits: 3 })
  const shanghai = new Intl.DateTimeFormat('sv-SE', {
    timeZone: 'Asia/Shanghai',
    dateStyle: 'short',
    timeStyle: 'medium',
  })
  const rows = fc.array(
    fc.record({
      thousandths: integer(40),
      // Shanghai has not changed its clocks since then.
      seconds: fc.integer({ min: Date.UTC(1992, 0) / 1000, max: Date.UTC(2100, 0) / 1000 }),
      minutes: fc.integer({ min: -14 * 60, max: 14 * 60 }),
    }),
    { minLength: 1, maxLength: 25 },
  )
  await forAllAsync(20)(rows, async list => {
    const cells = list.map(({ thousandths, seconds, minutes }): Cell[] => {
      const number = thousandths / 1000
      const size = Math.abs(minutes)
      const two = (value: number): string => String(value).padStart(2, '0')
      const offset = `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`
      const wall = `${shanghai.format(seconds * 1000).replace(' ', 'T')}Z`
      return [
        written(number + 0, german.format(number)),
        written(BigInt(Date.parse(wall)), `${iso((seconds + minutes * 60) * 1000)}${offset}`),
      ]
    })
    const columns = [
      kinds.find(({ type }) => type === 'DOUBLE')!,
      kinds.find(({ type }) => type === 'TIMESTAMP')!,
    ]
    const table = { columns, rows: cells }
    const records = cells.map((row, at) => [at, ...row.map(({ text }) => text)])
    const text = stringify([names(table), ...records], { delimiter: ';' })
    return loadsBack(folder, ends, client, table, {
      file: 'x.csv',
      text,
      input: { delimiter: ';', header: 'yes' },
      cells: { decimalComma: true, thousands: '.', timeZone: 'Asia/Shanghai' },
    })
  })
  t.ok(made > 0)
})
