/* Rows of an input and of a table, matched by their hashes, against counting their values; and the temporary file that takes hashes. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { Differences } from '../../../src/load/audit/differences.js'
import { Hashes, type Keeps } from '../../../src/load/audit/hashes.js'
import type { RowsOfColumns } from '../../../src/load/target/partition-scheme.js'
import type { Batch } from '../../../src/parse/batch.js'
import type { ScratchFile } from '../../../src/platform/platform.js'
import { systemFiles } from '../../../src/platform/system-files.js'
import { forAllAsync } from '../../helpers/runs.js'

const key = Int32Array.of(7, -3)

type Row = readonly [key: number, value: number]

type Key = Pick<Parts, 'keys' | 'scratch'>

const blockRows = 20_000

function* blocksOf(rows: readonly Row[]): Generator<RowsOfColumns & Pick<Batch, 'locate'>> {
  for (let start = 0; start < Math.max(1, rows.length); start += blockRows) {
    const block = rows.slice(start, start + blockRows)
    const columns = [0, 1].map(i => ({
      ...{ form: 'vector', type: 'INT', length: block.length },
      data: Int32Array.from(block, row => row[i]!),
    })) as unknown as RowsOfColumns['columns']
    const locate = (row: number) => {
      return { file: 'f', lineNumber: start + row, offsetBytes: 0, lengthBytes: 0 }
    }
    yield { columns, rowCount: block.length, locate }
  }
}

function hashesOf(rows: readonly Row[], { keys, scratch }: Key): Hashes {
  const hashes = new Hashes(key, keys, scratch)
  for (const block of blocksOf(rows)) hashes.add(block)
  return hashes
}

interface Parts {
  readonly input: readonly Row[]
  readonly table: readonly Row[]
  readonly keys: readonly number[]
  readonly keeps: Keeps
  readonly scratch: ScratchFile
}

const column = { name: 'c', type: { type: 'INT' } } as const

async function matched({ input, table, keeps, ...rest }: Parts) {
  const [own, there] = [hashesOf(input, rest), hashesOf(table, rest)]
  const differences = new Differences({ keeps, columns: [column, column] }, own)
  await differences.find(there, () => Promise.resolve())
  const strangers = differences.strangers.size
  const outcomes = new Map<number, string>()
  for (const [number, block] of [...blocksOf(input)].entries()) {
    const start = number * blockRows
    for (const { row, outcome } of differences.name(number, block, block)) {
      outcomes.set(start + row, outcome)
    }
  }
  assert.equal(differences.areNamed, true)
  const named = (outcome: string): readonly Row[] =>
    input.filter((_, row) => outcomes.get(row) === outcome)
  return { differences, strangers, named }
}

const countOf = (rows: readonly Row[]): Map<string, number> => {
  const counts = new Map<string, number>()
  for (const row of rows) counts.set(String(row), (counts.get(String(row)) ?? 0) + 1)
  return counts
}

const row = fc.tuple(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 2 }))
const scratch = systemFiles.scratch()
t.teardown(() => scratch.close())

t.test('each copy of a row counts', async () => {
  const rows = fc.array(row, { maxLength: 40 })
  await forAllAsync(400)(rows, rows, async (input, table) => {
    const { differences, strangers, named } = await matched({
      input,
      table,
      keys: [],
      keeps: 'all',
      scratch,
    })
    const [own, there] = [countOf(input), countOf(table)]
    const [missing, repeated] = [new Map<string, number>(), new Map<string, number>()]
    for (const [text, count] of own) {
      const more = (there.get(text) ?? 0) - count
      if (more < 0) missing.set(text, -more)
      if (more > 0) repeated.set(text, more)
    }
    assert.deepEqual([...countOf(named('missing'))].sort(), [...missing].sort())
    assert.deepEqual([...countOf(named('repeated')).keys()].sort(), [...repeated.keys()].sort())
    const sum = [...repeated.values()].reduce((all, count) => all + count, 0)
    assert.equal(differences.counts.repeated, sum)
    assert.equal(strangers, [...there.keys()].filter(one => !own.has(one)).length)
  })
})

t.test('of each key, the first or the last row counts, and other values are a change', async () => {
  const input = fc.array(row, { maxLength: 30 })
  const table = fc.uniqueArray(row, { maxLength: 12, selector: ([id]) => id })
  await forAllAsync(400)(
    input,
    table,
    fc.constantFrom('first', 'last'),
    async (input, table, keeps) => {
      const { differences, named } = await matched({ input, table, keys: [0], keeps, scratch })
      const kept = new Map(keeps === 'last' ? input : input.toReversed())
      const there = new Map(table)
      const missing = [...kept].filter(([id]) => !there.has(id))
      const changed = [...kept].filter(([id, value]) => there.has(id) && there.get(id) !== value)
      assert.deepEqual(named('missing').toSorted(), missing.toSorted())
      assert.deepEqual(named('changed').toSorted(), changed.toSorted())
      assert.equal(differences.counts.replaced, input.length - kept.size)
    },
  )
})

const many = Array.from({ length: 350_000 }, (_, i): Row => [i, i % 10])
const changedRows = new Map<number, Row>([
  [5, [5, -1]],
  [300_000, [300_000, -1]],
])

t.test('hashes that do not fit in memory go to a file', async t => {
  const table = many.map((one, i) => changedRows.get(i) ?? one)
  const others = many.map(([id, value]): Row => [-1 - id, value])
  const { differences, named } = await matched({
    ...{ input: many, table: [...others, ...table, [9, 9]], keys: [], keeps: 'all', scratch },
  })
  t.strictSame(named('missing'), [
    [5, 5],
    [300_000, 0],
  ])
  t.strictSame(named('repeated'), [[9, 9]])
  t.match(differences.counts, { missing: 2, repeated: 1 })
})

t.test('a temporary file that fails names the folder variable', async t => {
  const full: ScratchFile = {
    ...scratch,
    write() {
      throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })
    },
  }
  t.throws(() => hashesOf(many, { keys: [], scratch: full }), {
    ...{ code: 'DDB_OUTPUT_WRITE', message: /ENOSPC.*TMPDIR/ },
  })
})
