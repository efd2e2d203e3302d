/*
  Rows of an input and of a table, matched by their hashes, against counting their values; and the temporary file that takes hashes.
*/
import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { Hashes, Matching, type Keeps, type Rows } from '../../../src/load/audit/matching.js'
import type { Batch } from '../../../src/parse/batch.js'
import type { ScratchFile } from '../../../src/platform/platform.js'
import { systemFiles } from '../../../src/platform/system-files.js'
import { runs } from '../../helpers/runs.js'

const key = Int32Array.of(7, -3)

type Row = readonly [key: number, value: number]

function hashesOf(
  rows: readonly Row[],
  { keys, isInput, scratch }: Pick<Parts, 'keys' | 'scratch'> & { readonly isInput: boolean },
): Hashes {
  const hashes = new Hashes(key, keys, scratch)
  const blockRows = 20_000
  for (let start = 0; start < Math.max(1, rows.length); start += blockRows) {
    const block = rows.slice(start, start + blockRows)
    const columns = [0, 1].map(i => ({
      ...{ form: 'vector', type: 'INT', length: block.length },
      data: Int32Array.from(block, row => row[i]!),
    }))
    const batch = isInput ? { batch: {} as Batch } : {}
    hashes.add({ columns: columns as unknown as Rows['columns'], rowCount: block.length, ...batch })
  }
  return hashes
}

interface Parts {
  readonly input: readonly Row[]
  readonly table: readonly Row[]
  readonly keys: readonly number[]
  readonly keeps: Keeps
  readonly scratch: ScratchFile
}

async function matched({ input, table, keeps, ...rest }: Parts) {
  const own = hashesOf(input, { ...rest, isInput: true })
  const there = hashesOf(table, { ...rest, isInput: false })
  const matching = new Matching(own.total)
  await matching.match(own, there, keeps, () => Promise.resolve())
  const named = (outcome: string): readonly Row[] =>
    input.filter((_, row) => matching.outcomeOf(row) === outcome)
  return { matching, named }
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
  await fc.assert(
    fc.asyncProperty(rows, rows, async (input, table) => {
      const { matching, named } = await matched({ input, table, keys: [], keeps: 'all', scratch })
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
      assert.equal(matching.counts.repeated, sum)
      assert.equal(matching.strangers.size, [...there.keys()].filter(one => !own.has(one)).length)
    }),
    { numRuns: runs(400) },
  )
})

t.test('of each key, the first or the last row counts, and other values are a change', async () => {
  const input = fc.array(row, { maxLength: 30 })
  const table = fc.uniqueArray(row, { maxLength: 12, selector: ([id]) => id })
  await fc.assert(
    fc.asyncProperty(
      input,
      table,
      fc.constantFrom('first', 'last'),
      async (input, table, keeps) => {
        const { matching, named } = await matched({ input, table, keys: [0], keeps, scratch })
        const kept = new Map(keeps === 'last' ? input : input.toReversed())
        const there = new Map(table)
        const missing = [...kept].filter(([id]) => !there.has(id))
        const changed = [...kept].filter(([id, value]) => there.has(id) && there.get(id) !== value)
        assert.deepEqual(named('missing').toSorted(), missing.toSorted())
        assert.deepEqual(named('changed').toSorted(), changed.toSorted())
        assert.equal(matching.counts.replaced, input.length - kept.size)
      },
    ),
    { numRuns: runs(400) },
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
  const { matching, named } = await matched({
    ...{ input: many, table: [...others, ...table, [9, 9]], keys: [], keeps: 'all', scratch },
  })
  t.strictSame(named('missing'), [
    [5, 5],
    [300_000, 0],
  ])
  t.strictSame(named('repeated'), [[9, 9]])
  t.match(matching, { counts: { missing: 2, repeated: 1 }, last: 300_000 })
})

t.test('a temporary file that fails names the folder variable', async t => {
  const full: ScratchFile = {
    ...scratch,
    write() {
      throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })
    },
  }
  t.throws(() => hashesOf(many, { keys: [], isInput: true, scratch: full }), {
    ...{ code: 'DDB_OUTPUT_WRITE', message: /ENOSPC.*TMPDIR/ },
  })
})
