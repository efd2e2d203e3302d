import fc from 'fast-check'
import t from 'tap'
import { newInputList } from '../../../src/load/inputs/input-list.js'
import type { InputSummary } from '../../../src/load/inputs/input-reading.js'
import { runs } from '../../helpers/runs.js'

// Compares the compact list of inputs with plain objects.

const count = fc.integer({ min: 0, max: 2 ** 40 })

const anySummary: fc.Arbitrary<Omit<InputSummary, 'path' | 'rejected'>> = fc.record({
  format: fc.constantFrom(null, 'csv', 'ndjson'),
  compression: fc.constantFrom(null, 'none', 'gzip'),
  bytes: count,
  rows: count,
  firstError: fc.option(
    fc.record({ code: fc.string(), message: fc.string(), lineNumber: fc.option(count) }),
    { nil: null, freq: 20 },
  ),
  contentBytes: fc.tuple(count, count, count).map(([read, rows, header]) => ({
    read,
    rows,
    rejected: read + rows,
    header,
    other: rows + header,
    skipped: 1,
  })),
  detected: fc.constantFrom(null, { encoding: 'utf-8' }, { encoding: 'gb18030' }) as fc.Arbitrary<
    InputSummary['detected']
  >,
  ragged: count,
})

const anyInputs = fc.array(fc.record({ summary: anySummary, isKnown: fc.boolean() }), {
  maxLength: 130,
  size: 'max',
})

t.test('inputs are listed in the order of reading', async () => {
  fc.assert(
    fc.property(anyInputs, fc.nat(200), fc.constantFrom('all', 'wrong'), (inputs, wrong, which) => {
      const list = newInputList(inputs.map((_, i) => `${i}.csv`))
      const all = inputs.map(({ summary, isKnown }, i): InputSummary => {
        const whole = { path: `${i}.csv`, rejected: 0, ...summary }
        if (isKnown) list.add(whole)
        else Object.assign(list.begin(), whole)
        return whole
      })
      const rejects = { rejected: 3, firstError: { code: 'C', message: 'm', lineNumber: 7 } }
      const listed = list.list(which, path => (path === `${wrong}.csv` ? rejects : undefined))
      const wanted = all
        .map((one, i) => (i === wrong ? { ...one, ...rejects } : one))
        .filter(
          one =>
            which === 'all' || all.length <= 100 || one.rejected > 0 || one.firstError !== null,
        )
      const bytes = all.reduce((sum, one) => sum + one.bytes, 0)
      const sorted = (value: unknown): string => JSON.stringify(value)
      if (sorted(listed.map(ordered)) !== sorted(wanted.map(ordered))) throw new Error('others')
      if (list.totals.count !== all.length || list.totals.bytes !== bytes) throw new Error('totals')
    }),
    { numRuns: runs(200) },
  )
})

function ordered(summary: InputSummary): unknown {
  return Object.entries(summary).sort(([a], [b]) => (a < b ? -1 : 1))
}
