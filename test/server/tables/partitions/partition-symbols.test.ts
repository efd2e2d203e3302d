import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import type { Column } from '../../../../src/protocol/value.js'
import {
  maxSymbolsPerPartition,
  PartitionSymbols,
  type PlacedRows,
} from '../../../../src/server/tables/partitions/partition-symbols.js'
import { runs } from '../../../helpers/runs.js'
import { column } from '../../columns/columns.js'

const none = (): PlacedRows => ({ columns: [], rows: 0, partitions: undefined })

function rowsOf(texts: readonly string[], partitions?: readonly number[]): PlacedRows {
  return {
    columns: [column('INT', ...texts.map((_, row) => row)), column('SYMBOL', ...texts)],
    rows: texts.length,
    partitions: partitions && Float64Array.from(partitions),
  }
}

const refusal = (max: number) => ({
  message: `One symbase's size can't exceed ${max}. RefId: S00003`,
})

t.test('DolphinDB counts to 2097152', async t => {
  t.equal(maxSymbolsPerPartition, 2_097_152)
  const length = maxSymbolsPerPartition
  const base = Array.from({ length: length + 1 }, (_, code) => `s${code}`)
  const codes = Int32Array.from(base, (_, code) => code)
  const all: Column = { form: 'vector', type: 'SYMBOL', length, codes, base }
  const symbols = new PartitionSymbols()
  symbols.add({ columns: [all], rows: length, partitions: undefined }, none)
  const one: Column = { ...all, length: 1, codes: Int32Array.of(length) }
  const stored = { columns: [all], rows: length, partitions: undefined }
  t.throws(
    () => symbols.add({ columns: [one], rows: 1, partitions: undefined }, () => stored),
    refusal(maxSymbolsPerPartition),
  )
})

t.test('each partition has room for so many, and what is refused leaves no trace', async t => {
  const symbols = new PartitionSymbols(3)
  const seen: { texts: string[]; partitions: number[] } = { texts: [], partitions: [] }
  const add = (texts: string[], partitions: number[]): void => {
    symbols.add(rowsOf(texts, partitions), () => rowsOf(seen.texts, seen.partitions))
    seen.texts.push(...texts)
    seen.partitions.push(...partitions)
  }
  add(['a', 'b', 'c'], [1, 1, 2])
  add(['c', 'a', 'd'], [1, 1, 2])
  t.throws(() => add(['e', 'd'], [2, 1]), refusal(3), 'the second is one too many')
  add(['e', 'c', 'a'], [2, 2, 1])
  t.throws(() => add(['f'], [2]), refusal(3))
  add(['f'], [3])
  symbols.clear()
  seen.texts.length = seen.partitions.length = 0
  add(['x', 'y', 'z'], [1, 1, 1])
})

t.test('property: refused if and only if a partition would have too many', async () => {
  const batches = fc.array(
    fc.array(
      fc.tuple(fc.constantFrom('a', 'b', 'c', 'd', 'e', ''), fc.integer({ min: 0, max: 2 })),
      {
        minLength: 1,
        maxLength: 6,
      },
    ),
    { maxLength: 8 },
  )
  fc.assert(
    fc.property(batches, fc.integer({ min: 1, max: 5 }), (given, max) => {
      const symbols = new PartitionSymbols(max)
      let there: [string, number][] = []
      const placed = (rows: readonly [string, number][]): PlacedRows =>
        rowsOf(
          rows.map(([text]) => text),
          rows.map(([, partition]) => partition),
        )
      for (const batch of given) {
        const next = [...there, ...batch]
        const most = Math.max(
          ...[0, 1, 2].map(
            partition =>
              new Set(next.filter(([, p]) => p === partition).map(([text]) => text)).size,
          ),
        )
        let isTaken = true
        try {
          symbols.add(placed(batch), () => placed(there))
          there = next
        } catch {
          isTaken = false
        }
        assert.equal(isTaken, most <= max)
      }
    }),
    { numRuns: runs(200) },
  )
})
