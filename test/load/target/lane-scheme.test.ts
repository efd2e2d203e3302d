/* Compares the lanes (connections) of rows with the partitions of the embedded server. Rows of one partition, and rows with one key, must
   share a lane. */
import fc from 'fast-check'
import t from 'tap'
import { tupleOf } from '../../../src/server/values/values.js'
import { isOrdered } from '../../../src/load/outcomes/turns.js'
import type { Run } from '../../../src/load/run.js'
import type { TargetDescription } from '../../../src/load/target/describe-target.js'
import { laneScheme as schemeOrWhy } from '../../../src/load/target/lane-scheme.js'
import type { Target } from '../../../src/load/target/target.js'
import type { DataType } from '../../../src/protocol/data-type.js'
import { vectorOf, type ElementValue } from '../../../src/protocol/element.js'
import type { Column, Value, Vector } from '../../../src/protocol/value.js'
import type { PartitionDimension, PartitionKind } from '../../../src/schema/target-schema.js'
import { levelOf } from '../../../src/server/tables/partitions/partition-level.js'
import type { ServerValue } from '../../../src/server/values/server-value.js'
import { forAll } from '../../helpers/runs.js'
import { int, text } from '../../helpers/values.js'

const dfs: Target = {
  ...{ kind: 'table', table: { kind: 'dfs', database: 'dfs://d', table: 't' } },
  ...{ method: 'insert', keyColumns: [] },
}
const laneScheme = (...given: Parameters<typeof schemeOrWhy>) => {
  const scheme = schemeOrWhy(...given)
  return typeof scheme === 'object' ? scheme : undefined
}
const shared: Target = { ...dfs, table: { kind: 'shared', name: 'target' } }

/** A partition level of a database, as `schema()` returns it (`scheme`) and as the server uses it (`own`). */
interface Level {
  readonly kind: Exclude<PartitionKind, 'SEQ'>
  readonly type: DataType
  readonly scheme: Value
  readonly own: ServerValue
}

const whole = (min: number, max = -min) => fc.integer({ min, max })
const big = (max: bigint) => fc.bigInt({ min: -max, max })
const none = fc.constant(null)

/** Values for a column of each type; null and the empty text are not keys. */
const values: Record<string, fc.Arbitrary<ElementValue>> = {
  INT: fc.oneof(whole(-50), whole(-(2 ** 31) + 1), none),
  SHORT: fc.oneof(whole(-300), none),
  // Small enough for doubles, because the embedded server calculates with doubles.
  LONG: fc.oneof(big(50n), big(2n ** 52n), none),
  DATE: fc.oneof(whole(-20, 40_000), none),
  TIMESTAMP: fc.oneof(big(2n ** 43n), none),
  STRING: fc.oneof(
    fc.constantFrom('A', 'B', 'AAPL', 'ß', '上海', '🙂', ''),
    fc
      .string({ minLength: 1, maxLength: 9, unit: 'grapheme' })
      .map(each => each.replaceAll('\0', 'x')),
  ),
}
values['SYMBOL'] = values['STRING']!

const column = (type: DataType, of: readonly ElementValue[]): Column => vectorOf({ type }, of)
const vector = (type: DataType, of: readonly ElementValue[]): Vector => column(type, of) as Vector

/** Column types, each with the types of partition schemes that its values are converted to. */
const pairs = [
  ['INT', 'INT'],
  ['SHORT', 'SHORT'],
  ['LONG', 'LONG'],
  ['DATE', 'DATE'],
  ['TIMESTAMP', 'DATE'],
  ['SYMBOL', 'SYMBOL'],
  ['STRING', 'SYMBOL'],
  ['SYMBOL', 'STRING'],
] as const

function hash(type: DataType, buckets: number): Level {
  const own: ServerValue = tupleOf([text(type), int(buckets)])
  return { kind: 'HASH', type, scheme: int(buckets), own }
}

/** @param known  distinct, ascending, not null */
function level(kind: PartitionKind, type: DataType, known: ElementValue[], buckets: number): Level {
  if (kind === 'HASH' || type === 'LONG') return hash(type, buckets)
  if (kind === 'LIST') {
    const middle = Math.ceil(known.length / 2)
    const lists = [known.slice(0, middle), known.slice(middle)].filter(({ length }) => length > 0)
    const scheme = tupleOf(lists.map(list => vector(type, list)))
    return { kind, type, scheme, own: scheme }
  }
  const scheme = vector(type, known)
  return { kind: kind as 'VALUE' | 'RANGE', type, scheme, own: scheme }
}

interface Drawn {
  readonly level: Level
  readonly column: Column
}

const drawn = (rowCount: number): fc.Arbitrary<Drawn> =>
  fc
    .constantFrom(...pairs)
    .chain(([own, type]) =>
      fc.record({
        own: fc.constant(own),
        type: fc.constant(type),
        kind: fc.constantFrom('HASH', 'VALUE', 'RANGE', 'LIST'),
        known: fc.uniqueArray(
          values[type]!.filter(value => value !== null && value !== ''),
          { minLength: 2, maxLength: 8 },
        ),
        buckets: fc.integer({ min: 1, max: 30 }),
        rows: fc.array(values[own]!, { minLength: rowCount, maxLength: rowCount }),
        near: fc.array(fc.nat(), { minLength: rowCount, maxLength: rowCount }),
      }),
    )
    .map(({ own, type, kind, known, buckets, rows, near }) => {
      const ascending = known.sort((a, b) => (a! < b! ? -1 : 1))
      // If the types are equal, half of the rows have values of the scheme.
      const some = rows.map((value, row) =>
        own === type && near[row]! % 2 === 0 ? ascending[near[row]! % ascending.length]! : value,
      )
      return { level: level(kind, type, ascending, buckets), column: column(own, some) }
    })

function describe(columns: readonly Column[], levels: readonly Level[]): TargetDescription {
  const named = columns.map((each, i) => ({ name: `c${i}`, type: { type: (each as Vector).type } }))
  const dimensions = levels.map(({ kind, type, scheme }, i): PartitionDimension => ({
    ...{ columnName: `c${i}`, columnIndex: i, kind, type, scheme },
  }))
  return { columns: named, keyed: false, partition: { dimensions }, isDivided: levels.length > 0 }
}

const rowCount = 40

t.test('for any partition scheme, rows of one partition are in one lane', async t => {
  let shared = 0
  let spread = 0
  forAll(2_000)(
    fc.array(drawn(rowCount), { minLength: 1, maxLength: 3 }),
    fc.integer({ min: 1, max: 64 }),
    (levels, lanes) => {
      const columns = levels.map(each => each.column)
      const description = describe(
        columns,
        levels.map(each => each.level),
      )
      const scheme = laneScheme(description, dfs)!
      const chosen = scheme.lanesOf({ rowCount, columns }, lanes)
      const places = levels.map(({ level: { kind, own }, column: each }) =>
        levelOf(kind, own).locate(each),
      )
      const laneOf = new Map<string, number>()
      for (let row = 0; row < rowCount; row++) {
        const at = places.map(place => place[row]!)
        if (chosen[row]! >= lanes) return false
        // A new value gets its own partition.
        const isNew = at.some((place, i) => place === -1 && levels[i]!.level.kind === 'VALUE')
        if (isNew) continue
        const isOutside = at.some(place => place < 0)
        if (isOutside) {
          if (chosen[row] !== 0) return false
          continue
        }
        const partition = at.join()
        const before = laneOf.get(partition)
        if (before !== undefined) shared++
        if (before !== undefined && before !== chosen[row]) return false
        laneOf.set(partition, chosen[row]!)
      }
      spread = Math.max(spread, new Set(laneOf.values()).size)
      return true
    },
  )
  t.ok(shared > 100, 'several rows share a partition')
  t.ok(spread > 3, 'partitions are in several lanes')
})

t.test('new values of a VALUE scheme do not change lanes, new bounds do', async t => {
  const ids = column('INT', [1, 2, 3, 4, 5, 6, 7, 8])
  const of = (kind: PartitionKind, known: number[]) =>
    laneScheme(describe([ids], [level(kind, 'INT', known, 0)]), dfs)!
  const lanes = (scheme: ReturnType<typeof of>) =>
    scheme.lanesOf({ rowCount: 8, columns: [ids] }, 5)
  t.equal(of('VALUE', [1, 2]).digest, of('VALUE', [1, 2, 3, 9]).digest)
  t.strictSame(lanes(of('VALUE', [1, 2])), lanes(of('VALUE', [1, 2, 3, 9])))
  t.equal(of('RANGE', [1, 5]).digest, of('RANGE', [1, 5]).digest)
  t.not(of('RANGE', [1, 5]).digest, of('RANGE', [1, 5, 9]).digest)
  t.not(of('LIST', [1, 5]).digest, of('LIST', [1, 6]).digest)
})

t.test('the order of key columns does not matter', async t => {
  const columns = [column('INT', [1, 1, 2, 2]), column('INT', [1, 2, 1, 2])]
  const keyed = { ...describe(columns, []), isDivided: false, keyed: true }
  const of = (keyColumns: readonly string[]) => laneScheme({ ...keyed, keyColumns }, shared)
  const lanes = (scheme: ReturnType<typeof of>) => scheme?.lanesOf({ rowCount: 4, columns }, 64)
  t.strictSame(lanes(of(['c1', 'c0'])), lanes(of(['c0', 'c1'])))
  const [first, second, third, fourth] = lanes(of(['c0']))!
  t.ok(first === second && third === fourth && first !== third)
})

t.test('if lanes are uncertain, all rows are sent over one connection', async t => {
  const ids = column('INT', [1])
  const uuids = column('UUID', [new Uint8Array(16).fill(1)])
  const doubles = column('DOUBLE', [1])
  for (const [name, each] of [
    ['HASH of a UUID', describe([uuids], [hash('UUID', 4)])],
    ['HASH of another type', describe([ids], [hash('LONG', 4)])],
    [
      'a function of the column',
      { ...describe([ids], [hash('INT', 4)]), partition: { dimensions: [], unpredictable: true } },
    ],
    ['no partitions', { columns: [], keyed: false, isDivided: true }],
  ] as [string, TargetDescription][]) {
    t.equal(laneScheme(each, dfs), undefined, name)
  }
  const keyed = { ...describe([doubles], []), keyed: true, keyColumns: ['c0'] }
  t.equal(laneScheme(keyed, shared), undefined, 'a DOUBLE as key')
  t.equal(laneScheme({ ...keyed, keyed: false }, shared), undefined, 'no key')
  const both = describe([uuids, ids], [hash('UUID', 4), hash('INT', 4)])
  t.ok(laneScheme(both, dfs), 'one usable level of two is enough')
})

t.test('rows of one key are in one lane', async () => {
  const types = ['INT', 'LONG', 'STRING', 'SYMBOL', 'TIMESTAMP', 'DATE'] as const
  forAll(1_000)(
    fc.array(fc.constantFrom(...types), { minLength: 1, maxLength: 3 }).chain(each =>
      fc.tuple(
        ...each.map(type =>
          fc
            .array(values[type]!, { minLength: 4, maxLength: 4 })
            .chain(few =>
              fc.array(fc.constantFrom(...few), { minLength: rowCount, maxLength: rowCount }),
            )
            .map(rows => ({ rows, column: column(type, rows) })),
        ),
      ),
    ),
    fc.integer({ min: 1, max: 64 }),
    (keys, lanes) => {
      const columns = keys.map(key => key.column)
      const description = {
        ...describe(columns, []),
        isDivided: false,
        keyed: true,
        keyColumns: columns.map((_, i) => `c${i}`),
      }
      const scheme = laneScheme(description, shared)!
      const chosen = scheme.lanesOf({ rowCount, columns }, lanes)
      const laneOf = new Map<string, number>()
      for (let row = 0; row < rowCount; row++) {
        const key = JSON.stringify(
          keys.map(({ rows }) => `${rows[row] as string | number | bigint | null}`),
        )
        if ((laneOf.get(key) ?? chosen[row]) !== chosen[row]) return false
        laneOf.set(key, chosen[row]!)
      }
      return isOrdered({ checked: { target: shared } as Run['checked'], target: description })
    },
  )
})
