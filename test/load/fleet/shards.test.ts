/*
  Which units a shard loads. Each unit is in one shard, units of one day stay together, and shards have similar numbers
  of bytes.
*/
import { deepStrictEqual, equal, ok } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import type { Manifest } from '../../../src/load/fleet/manifest.js'
import { dayOf, unitBytes, unitsOfShard } from '../../../src/load/fleet/shards.js'
import { runs } from '../../helpers/runs.js'

const plans = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 1_000 })), {
    minLength: 1,
    maxLength: 40,
  })
  .map((units): Manifest => ({
    batchRows: 1,
    batchBytes: 1,
    reading: null,
    units: units.map(([group, sizeBytes], i) => ({
      unit: i + 1,
      group: String(group),
      files: [{ path: `${i}.csv`, sizeBytes, modifiedMs: 0, head: '', tail: '' }],
    })),
  }))

t.test('each unit is in one shard with the rest of its group, in the order of the plan', t => {
  fc.assert(
    fc.property(plans, fc.integer({ min: 1, max: 12 }), (manifest, count) => {
      const shards = Array.from({ length: count }, (_, i) =>
        unitsOfShard(manifest, { index: i + 1, count }),
      )
      const all = shards.flat().map(({ unit }) => unit)
      deepStrictEqual(
        [...all].sort((a, b) => a - b),
        manifest.units.map(({ unit }) => unit),
      )
      const shardOf = new Map<string, number>()
      for (const [i, units] of shards.entries()) {
        const numbers = units.map(({ unit }) => unit)
        deepStrictEqual(
          numbers,
          [...numbers].sort((a, b) => a - b),
        )
        for (const { group } of units) {
          equal(shardOf.get(group) ?? i, i)
          shardOf.set(group, i)
        }
      }
    }),
    { numRuns: runs(200) },
  )
  t.end()
})

t.test('shards differ by at most the largest group', t => {
  fc.assert(
    fc.property(plans, fc.integer({ min: 1, max: 12 }), (manifest, count) => {
      const bytesOf = (index: number): number =>
        unitsOfShard(manifest, { index, count }).reduce((sum, unit) => sum + unitBytes(unit), 0)
      const sums = Array.from({ length: count }, (_, i) => bytesOf(i + 1))
      const groups = new Map<string, number>()
      for (const unit of manifest.units) {
        groups.set(unit.group, (groups.get(unit.group) ?? 0) + unitBytes(unit))
      }
      const largest = Math.max(...groups.values())
      // The plan adds a byte to the size of each unit, so that it also distributes empty files evenly.
      ok(Math.max(...sums) - Math.min(...sums) <= largest + manifest.units.length)
    }),
    { numRuns: runs(200) },
  )
  t.end()
})

t.test('the day comes from named parts of the path, or else from any part', t => {
  for (const [path, day, ...parts] of [
    ['/data/day=2024-01-02/a.csv', '2024.01.02'],
    ['ticks/20240102.csv.gz', '2024.01.02'],
    ['ticks/2024.01.02/SH.csv', '2024.01.02'],
    ['year=2024/month=1/day=2/x.csv', '2024.01.02'],
    ['2024/01/02/x.csv', '2024.01.02'],
    ['trades_2024_01_02_x.csv', '2024.01.02'],
    // Numbers that do not name a day.
    ['120240102.csv', undefined],
    ['2024-13-02.csv', undefined],
    ['2024-01.02.csv', undefined],
    ['a.csv', undefined],
    ['backup-20230101/600000/20240102.csv', '2024.01.02', '600000', '20240102'],
    ['v2023-01-01/2024/1/2.csv', '2024.01.02', '2024', '1', '2'],
    ['20240102/600000.csv', '2024.01.02', '600000'],
    ['20240102/x.csv', '2024.01.02', undefined, 'x'],
  ] as const) {
    t.equal(dayOf(path, parts), day, path)
  }
  t.end()
})
