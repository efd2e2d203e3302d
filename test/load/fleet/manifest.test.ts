/*
  The manifest file of a plan. The program reads exactly the manifest that it wrote, and refuses anything else.
*/
import { deepStrictEqual, throws } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { manifestText, readManifest, type Manifest } from '../../../src/load/fleet/manifest.js'
import { runs } from '../../helpers/runs.js'

const natural = fc.maxSafeNat()
const count = fc.integer({ min: 1, max: 2 ** 20 })
const file = fc.record({
  path: fc.string({ minLength: 1, unit: 'grapheme' }),
  sizeBytes: natural,
  modifiedMs: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  head: fc.string(),
  tail: fc.string(),
})
const range = fc.record({ startBytes: natural, endBytes: natural, line: count, records: count })
const unit = fc.oneof(
  fc.record({ group: fc.string(), files: fc.array(file, { minLength: 1, maxLength: 4 }) }),
  fc.record({ group: fc.string(), files: fc.tuple(file), range }),
)
const manifests = fc
  .record({
    batchRows: count,
    batchBytes: fc.integer({ min: 1, max: 32 * 1024 * 1024 }),
    reading: fc.option(fc.string()),
    units: fc.array(unit, { minLength: 1, maxLength: 6 }),
  })
  .map(({ units, ...rest }): Manifest => {
    const manifest = { ...rest, units: units.map((one, i) => ({ unit: i + 1, ...one })) }
    return JSON.parse(JSON.stringify(manifest)) as Manifest
  })

t.test('reading returns the written manifest', t => {
  fc.assert(
    fc.property(manifests, manifest => {
      deepStrictEqual(readManifest(manifestText(manifest), 'plan.json'), manifest)
    }),
    { numRuns: runs(200) },
  )
  t.end()
})

t.test('a file cut anywhere is refused', t => {
  fc.assert(
    fc.property(manifests, fc.double({ min: 0, max: 1, maxExcluded: true }), (manifest, share) => {
      const text = manifestText(manifest).trimEnd()
      const cut = text.slice(0, Math.floor(share * text.length))
      throws(() => readManifest(cut, 'plan.json'), { code: 'DDB_INPUT_FORMAT' })
    }),
    { numRuns: runs(200) },
  )
  t.end()
})

const plan: Manifest = {
  batchRows: 10,
  batchBytes: 1_000,
  reading: null,
  units: [
    {
      unit: 1,
      group: '2024.01.02',
      files: [{ path: 'a.csv', sizeBytes: 5, modifiedMs: 1, head: 'h', tail: 't' }],
    },
  ],
}

t.test('a file that was edited, has another version, or is not a plan is refused', t => {
  const text = manifestText(plan)
  for (const [from, to, message] of [
    ['"sizeBytes":5', '"sizeBytes":6', /checksum does not match/],
    ['"batchRows":10', '"batchRows":11', /checksum does not match/],
    ['"path":"a.csv"', '"path":"b.csv"', /checksum does not match/],
    ['"checksum":"', '"checksum":"0', /checksum does not match/],
    ['"version":1', '"version":2', /version 2 of plans, and this program reads version 1/],
    ['"format":"ddb-ingest plan"', '"format":"another"', /is not a plan/],
    ['"units":[', '"units":[1,', /checksum does not match/],
    ['{"format"', '["format"', /is not a complete JSON object/],
  ] as const) {
    const edited = text.replace(from, to)
    t.not(edited, text)
    t.throws(() => readManifest(edited, 'plan.json'), { code: 'DDB_INPUT_FORMAT', message })
  }
  for (const none of ['', '1', 'null', '[]', '{}', '"x"']) {
    t.throws(() => readManifest(none, 'plan.json'), { code: 'DDB_INPUT_FORMAT' })
  }
  t.end()
})

t.test('a plan without room in its numbers for halves of batches is refused', t => {
  for (const change of [{ batchRows: 2 ** 20 + 1 }, { batchBytes: 2 ** 25 + 1 }, { units: [] }]) {
    t.throws(() => readManifest(manifestText({ ...plan, ...change }), 'plan.json'), {
      code: 'DDB_INPUT_FORMAT',
    })
  }
  t.end()
})
