/* Drawn tables: part of a file is loaded beside rows of others, one record damaged, and the audit of the whole file must name exactly the
   lines whose texts are not there. The official client creates the tables and reads them in the end; records are compared as texts. */
import assert from 'node:assert/strict'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { audit } from '../../src/load/audit/audit.js'
import { load } from '../../src/load/load-rows.js'
import type { LoadOptions } from '../../src/load/options.js'
import { everyday, runs } from '../helpers/runs.js'
import { useTurnClock } from '../helpers/turn-clock.js'
import { asAdmin } from '../helpers/load-server.js'
import { startEnds, test, type ClientObject } from './client.js'

useTurnClock()

const integer = (min: number, max: number): fc.Arbitrary<string> =>
  fc.integer({ min, max }).map(String)
const two = (max: number): fc.Arbitrary<string> =>
  integer(0, max).map(text => text.padStart(2, '0'))
const time = fc.tuple(two(23), two(59), two(59)).map(parts => parts.join(':'))
const day = fc.tuple(integer(1970, 2037), two(11), two(27)).map(([year, month, date]) => {
  const [next, after] = [Number(month) + 1, Number(date) + 1]
  return `${year}.${String(next).padStart(2, '0')}.${String(after).padStart(2, '0')}`
})
const digits = (count: number): fc.Arbitrary<string> =>
  fc.integer({ min: 0, max: 10 ** count - 1 }).map(number => String(number).padStart(count, '0'))
const hex = (count: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...'123456789abcdef'), minLength: count, maxLength: count })
const word = fc.oneof(
  fc.constantFrom('', 'A', 'B', 'long '.repeat(30).trim(), '中文', 'é', '🙂'),
  fc.string({ unit: fc.constantFrom(...'abc01 .-'), maxLength: 12 }).map(text => text.trim()),
)
const number = fc.oneof(
  fc.constantFrom('0', '-0', '1e-300', '1e300', '0.1', '-3.25'),
  fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 }).map(String),
)
const joined = (parts: fc.Arbitrary<string>[], sign: string): fc.Arbitrary<string> =>
  fc.tuple(...parts).map(texts => texts.join(sign))

const kinds: (readonly [type: string, text: fc.Arbitrary<string>])[] = [
  ['INT', integer(-(2 ** 31) + 1, 2 ** 31 - 1)],
  ['SHORT', integer(-32_767, 32_767)],
  ['CHAR', integer(-127, 127)],
  ['LONG', fc.bigInt({ min: -(2n ** 63n) + 1n, max: 2n ** 63n - 1n }).map(String)],
  ['DOUBLE', number],
  ['FLOAT', fc.constantFrom('0', '-0', '0.1', '16777217', '-1.5e-30', '3.4e38')],
  ['BOOL', fc.constantFrom('true', 'false')],
  ['DATE', day],
  ['MONTH', day.map(text => `${text.slice(0, 7)}M`)],
  ['TIME', joined([time, digits(3)], '.')],
  ['MINUTE', time.map(text => `${text.slice(0, 5)}m`)],
  ['SECOND', time],
  ['DATETIME', joined([day, time], 'T')],
  ['TIMESTAMP', joined([day, joined([time, digits(3)], '.')], 'T')],
  ['NANOTIME', joined([time, digits(9)], '.')],
  ['NANOTIMESTAMP', joined([day, joined([time, digits(9)], '.')], 'T')],
  ['DECIMAL32(3)', joined([integer(-99_999, 99_999), digits(3)], '.')],
  ['DECIMAL64(4)', joined([integer(-99_999, 99_999), digits(4)], '.')],
  ['DECIMAL128(9)', joined([integer(-99_999, 99_999), digits(9)], '.')],
  ['STRING', word],
  ['SYMBOL', word],
  ['BLOB', word],
  ['UUID', joined([hex(8), hex(4), hex(4), hex(4), hex(12)], '-')],
  [
    'IPADDR',
    joined([two(99), integer(1, 255), integer(0, 255), integer(1, 254)], '.').map(text =>
      text.replace(/^0(?=\d)/, ''),
    ),
  ],
  ['INT128', hex(32)],
  ['DATEHOUR', joined([day, time.map(text => text.slice(0, 2))], 'T')],
  ['INT[]', fc.array(integer(-9, 9), { maxLength: 4 }).map(cells => cells.join(' '))],
  [
    'DOUBLE[]',
    fc.array(fc.constantFrom('0.5', '-0', '7'), { maxLength: 3 }).map(cells => cells.join(' ')),
  ],
]
for (const type of ['DATE', 'FLOAT', 'DECIMAL64(4)', 'UUID', 'TIMESTAMP', 'BOOL']) {
  const [, text] = kinds.find(kind => kind[0] === type)!
  kinds.push([`${type}[]`, fc.array(text, { maxLength: 3 }).map(cells => cells.join(' '))])
}
const array = ([type]: (typeof kinds)[number]): boolean => type.endsWith('[]')

interface Drawn {
  readonly target: 'table' | 'stream' | 'keyed' | 'value' | 'range' | 'hash'
  readonly types: readonly string[]
  /** Of each record: its day, and the texts of its cells. */
  readonly records: readonly string[]
  /** Numbers of records that the input has a second time. */
  readonly twice: readonly number[]
  readonly isLoaded: readonly boolean[]
  readonly others: number
  /** What happens to a record in the table. */
  readonly damage: 'none' | 'twice' | 'bit' | 'moved'
  /** Chooses the record, and the column to change. */
  readonly at: number
  readonly connections: number
}

const drawn: fc.Arbitrary<Drawn> = fc
  .tuple(
    fc.constantFrom('table', 'stream', 'keyed', 'value', 'range', 'hash'),
    fc.array(fc.constantFrom(...kinds), { minLength: 1, maxLength: 6 }),
  )
  .chain(([target, all]) => {
    const isStored = target === 'value' || target === 'range' || target === 'hash'
    // OLAP tables have no arrays and no BLOB.
    const columns = isStored ? all.filter(one => !array(one) && one[0] !== 'BLOB') : all
    const cells = columns.map(([, text]) => fc.option(text, { freq: 6, nil: '' }))
    const record = fc.tuple(fc.integer({ min: 1, max: 9 }), ...cells)
    return fc.record({
      target: fc.constant(target),
      types: fc.constant(columns.map(([type]) => type)),
      records: fc
        .array(record, { minLength: 1, maxLength: 25 })
        .map(rows =>
          rows.map(([date, ...texts], id) => [id, `2020.01.0${date}`, ...texts].join('|')),
        ),
      twice: fc.array(fc.nat(24), { maxLength: 5 }),
      isLoaded: fc.oneof(
        fc.constant(Array.from({ length: 40 }, () => true)),
        fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }),
      ),
      others: fc.nat(5),
      damage: fc.constantFrom('none', 'twice', 'bit', 'moved'),
      at: fc.nat(999),
      connections: fc.integer({ min: 1, max: 3 }),
    })
  })

function createScript({ target, types }: Drawn, name: string): string {
  const names = ['id', 'day', ...types.map((_, i) => `c${i}`)].map(text => `\`${text}`).join('')
  const columns = `${names}, [${['INT', 'DATE', ...types].join()}]`
  if (target === 'table') return `share table(10:0, ${columns}) as ${name}`
  if (target === 'stream') return `share streamTable(10:0, ${columns}) as ${name}`
  if (target === 'keyed') return `share keyedTable(\`id, 10:0, ${columns}) as ${name}`
  const schemes = {
    value: 'VALUE, 2020.01.01..2020.01.04',
    range: 'RANGE, 2020.01.01 2020.01.04 2020.01.11',
    hash: 'HASH, [INT, 3]',
  }
  const by = target === 'hash' ? 'id' : 'day'
  return `createPartitionedTable(database("dfs://${name}", ${schemes[target]}), table(1:0, ${columns}), "t", "${by}")`
}

/** The text of a value that differs in the lowest bit or, for times, in the last digit. */
function bitChanged(text: string, type: string): string {
  if (type.endsWith('[]')) {
    const last = text.lastIndexOf(' ') + 1
    return text.slice(0, last) + bitChanged(text.slice(last), type.slice(0, -2))
  }
  if (type === 'BOOL') return text === 'true' ? 'false' : 'true'
  if (type === 'FLOAT' || type === 'DOUBLE') {
    const numbers = type === 'FLOAT' ? new Float32Array(1) : new Float64Array(1)
    numbers[0] = Number(text)
    new Uint8Array(numbers.buffer)[0]! ^= 1
    return String(numbers[0])
  }
  // No day or month is 00, no month is 13, and a February may end on day 28.
  if (/01M?$/.test(text)) return text.replace(/1(M?)$/, '2$1')
  if (/(?:12M|28)$/.test(text)) return text.replace(/2(?=M$)|8$/, last => `${Number(last) - 1}`)
  const [, start, last, unit] = /^(.*?)(.)([mM]?)$/su.exec(text)!
  const code = last!.codePointAt(0)!
  const other = /[A-Za-z]/.test(last!) ? ((code - 1) ^ 1) + 1 : code ^ 1
  return `${start}${String.fromCodePoint(other)}${unit}`
}

/** A record as it is in the table instead. */
function damaged(record: string, { damage, types, at }: Drawn): string {
  const cells = record.split('|')
  const column = 2 + (at % types.length)
  const cell = cells[column]
  if (damage === 'bit' && cell) cells[column] = bitChanged(cell, types[column - 2]!)
  else cells[1] = `2020.01.0${(Number(cells[1]!.at(-1)) % 9) + 1}`
  return cells.join('|')
}

const countOf = (texts: readonly string[]): Map<string, number> => {
  const counts = new Map<string, number>()
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1)
  return counts
}

const sumOf = (counts: Map<string, number>): number =>
  [...counts.values()].reduce((sum, count) => sum + count, 0)

test('an audit names exactly the lines whose records are not in the table', async (t, client) => {
  const { server, official } = await startEnds(t, client)
  const folder = t.testdir()
  const [path, loaded, rest] = ['in.csv', 'loaded.csv', 'rest.csv'].map(name => join(folder, name))
  const address = asAdmin(server)
  let number = 0
  let [withMissing, withDamage] = [0, 0]
  await fc.assert(
    fc.asyncProperty(drawn, async one => {
      const name = `audited${number++}`
      // A case that failed has left its files.
      for (const path of [rest!, `${rest!}.reasons.ndjson`]) await rm(path, { force: true })
      await official.eval(createScript(one, name))
      const isStored = one.target === 'value' || one.target === 'range' || one.target === 'hash'
      const table = isStored ? `dfs://${name}/t` : name
      const expression = isStored ? `loadTable("dfs://${name}", "t")` : name
      const lines = [...one.records, ...one.twice.flatMap(i => one.records[i] ?? [])]
      const header = `${['id', 'day', ...one.types.map((_, i) => `c${i}`)].join('|')}\n`
      const present = lines.filter((_, i) => one.isLoaded[i])
      const at = one.at % present.length
      if (present.length > 0 && one.damage === 'twice') present.push(present[at]!)
      else if (present.length > 0 && one.damage !== 'none') present[at] = damaged(present[at]!, one)
      const written = (texts: readonly string[]): string =>
        header + texts.map(text => `${text}\n`).join('')
      await writeFile(path!, written(lines))
      await writeFile(loaded!, written(present))
      const options: Omit<LoadOptions, 'inputs'> = {
        server: address,
        target: { table },
        input: { delimiter: '|', header: 'yes', arrayDelimiter: ' ' },
        delivery: { connections: one.connections, unordered: true },
      }
      const load1 = await load({ ...options, inputs: [loaded!] })
      assert.equal(load1.error, null)
      if (one.others > 0) {
        const ids = Array.from({ length: one.others }, (_, i) => `${1_000 + i}|2020.01.0${1 + i}`)
        await writeFile(loaded!, `id|day\n${ids.join('\n')}\n`)
        const more = await load({ ...options, inputs: [loaded!], mapping: { allowMissing: true } })
        assert.equal(more.error, null)
      }

      const isKeyed = one.target === 'keyed'
      const idOf = (text: string): string => text.split('|')[0]!
      const lastOfIds = (texts: readonly string[]): readonly string[] =>
        isKeyed ? [...new Map(texts.map(text => [idOf(text), text])).values()] : texts
      const [wanted, there] = [lines, present].map(texts => countOf(lastOfIds(texts)))
      const less = (some: Map<string, number>, more: Map<string, number>): Map<string, number> =>
        new Map(
          [...some]
            .map(([text, count]) => [text, count - (more.get(text) ?? 0)] as const)
            .filter(([, count]) => count > 0),
        )
      const surplus = less(there!, wanted!)
      const changedIds = isKeyed ? [...surplus.keys()].map(idOf) : []
      const lacking = less(wanted!, there!)
      const isChanged = ([text]: readonly [string, number]): boolean =>
        changedIds.includes(idOf(text))
      const changed = [...lacking].filter(isChanged)
      const expected = new Map([...lacking].filter(entry => !isChanged(entry)))
      const repeated = [...surplus].filter(([text]) => wanted!.has(text))

      const result = await audit({ ...options, inputs: [path!], missing: rest! })
      assert.equal(result.error, null)
      const whole = changed.length > 0 ? 75 : 0
      assert.equal(result.exitCode, expected.size > 0 ? 4 : whole)
      for (const [kind, texts] of Object.entries({ missing: expected, changed, repeated })) {
        const ranges = result.lines[kind as keyof typeof result.lines]
        const named = ranges.flatMap(({ firstLine, lastLine }) =>
          lines.slice(firstLine - 2, lastLine - 1),
        )
        // A row that is there too often is named once.
        const rows = kind === 'repeated' ? new Set(named) : countOf(named)
        const due = kind === 'repeated' ? new Set(new Map(texts).keys()) : new Map(texts)
        assert.deepEqual([...rows].sort(), [...due].sort(), kind)
      }
      const others = one.others + sumOf(surplus) - changed.length
      // Of a partitioned table, only the range of the input is read.
      assert.ok(isStored ? result.rows.others! <= others : result.rows.others === others)
      if (expected.size > 0) {
        withMissing++
        const records = (await readFile(rest!, 'utf8')).split('\n').slice(1, -1)
        assert.deepEqual([...countOf(records)].sort(), [...expected].sort())
        withDamage += Number(present.length > 0 && one.damage !== 'none')
        assert.equal((await load({ ...options, inputs: [rest!] })).error, null)
        await rm(rest!)
        await rm(`${rest!}.reasons.ndjson`)
      }
      const [{ value: ids }] = (await official.eval(`select id from ${expression} where id < 1000`))
        .value as [ClientObject]
      const all = [...wanted!, ...(isKeyed ? [] : surplus)].flatMap(([text, count]) =>
        Array.from({ length: count }, () => Number(idOf(text))),
      )
      const found = Array.from(ids as Iterable<number>)
      const order = (a: number, b: number): number => a - b
      assert.deepEqual(found.sort(order), all.sort(order))
      assert.equal((await audit({ ...options, inputs: [path!] })).exitCode, whole)
      await official.eval(isStored ? `dropDatabase("dfs://${name}")` : `undef("${name}", SHARED)`)
    }),
    { numRuns: everyday ? 20 : runs(120) },
  )
  t.ok(withMissing > 0 && withDamage > 0)
})
