import fc from 'fast-check'
import t from 'tap'
import { formatTemporal } from '../../../../src/protocol/types/temporals.js'
import type { Scalar } from '../../../../src/protocol/value.js'
import { durationUnits } from '../../../../src/protocol/types/durations.js'
import { temporalAddFunctions } from '../../../../src/server/functions/temporal/temporal-add.js'
import { callContext } from '../../../helpers/call-context.js'
import { testExamples, testRefusals } from '../../../helpers/examples.js'
import { testSession } from '../../../helpers/script.js'
import { runs } from '../../../helpers/runs.js'

t.test('temporalAdd moves by calendar units', async t => {
  const { show, fail } = testSession()
  const expected: [string, string][] = [
    ['temporalAdd(datetime(2020.02.29), -1y)', '2019.02.28T00:00:00'],
    ['temporalAdd(datetime(2020.02.29), -4y)', '2016.02.29T00:00:00'],
    ['temporalAdd(2020.01.31, 0 1 NULL, `M)', '[2020.01.31,2020.02.29,]'],
    ['temporalAdd(2020.01.01 2020.01.02, 1 2, "d")', '[2020.01.02,2020.01.04]'],
    ['temporalAdd(09:30:00.000, 1..2, `ms)', '[09:30:00.001,09:30:00.002]'],
    ['temporalAdd(2020.08.31, -2M)', '2020.06.30'],
    ['temporalAdd(1969.12.31T23:00:00.000, 1, "M")', '1970.01.31T23:00:00.000'],
    ['temporalAdd(2017.01.16, 1, "w")', '2017.01.23'],
    ['temporalAdd(2017.01.16T00:00:00, -1s)', '2017.01.15T23:59:59'],
    ['temporalAdd(23:59:59.500, 1s)', '00:00:00.500'],
    ['temporalAdd(2020.11M, 3M)', '2021.02M'],
    ['temporalAdd(2024.01.05, 1B)', '2024.01.08'],
    ['temporalAdd(2024.01.06, 6B)', '2024.01.15'],
    ['temporalAdd(2024.01.06, -1B)', '2024.01.05'],
    ['temporalAdd([2020.01.31, NULL], 1M)', '[2020.02.29,]'],
  ]
  for (const [script, text] of expected) t.equal(await show(script), text, script)
  t.match(await fail('temporalAdd(2020.01.01, 1H)'), /finer/)
  t.match(await fail('temporalAdd(10:00:00, 1M)'), /by days or months/)
  t.match(await fail('temporalAdd(2020.01M, 1d)'), /by months or years/)
  t.match(await fail('temporalAdd(2020.01.01, 1, "apples")'), /not a unit of time/)
  t.match(await fail('temporalAdd(5, 1d)'), /must be temporal/)
})

t.test('business days pass weekends', async () => {
  const { show } = testSession()
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: -2000, max: 2000 }),
      fc.integer({ min: -40, max: 40 }),
      async (days, count) => {
        let expected = days
        for (let left = Math.abs(count); left > 0;) {
          expected += Math.sign(count)
          if (![0, 6].includes(new Date(expected * 86_400_000).getUTCDay())) left--
        }
        const moved = await show(`temporalAdd(date(${days}), ${count}, "B")`)
        return moved === formatTemporal('DATE', expected)
      },
    ),
    {
      numRuns: runs(30),
      examples: [
        [2, 0],
        [2, 5],
        [3, -5],
      ],
    },
  )
})

testExamples(t, {
  'every type moves by the units it can hold': {
    'temporalAdd(2024.02.28, 2d)': '2024.03.01',
    'temporalAdd(2024.02.28, -1w)': '2024.02.21',
    'temporalAdd(2024.02.28, 48, "H")': '2024.03.01',
    'temporalAdd(datehour(2024.02.28T23:00:00), 1H)': '2024.02.29T00',
    'temporalAdd(2024.02.28T23:59:59, 1, "m")': '2024.02.29T00:00:59',
    'temporalAdd(2024.02.28T23:59:59.999, 1ms)': '2024.02.29T00:00:00.000',
    'temporalAdd(2024.02.28T23:59:59.999999999, 1ns)': '2024.02.29T00:00:00.000000000',
    'temporalAdd(2024.02.28T23:59:59.999999999, 1us)': '2024.02.29T00:00:00.000000999',
    'temporalAdd(2024.01.31T12:30:00.000000001, 1M)': '2024.02.29T12:30:00.000000001',
    'temporalAdd(2024.02M, -2M)': '2023.12M',
    'temporalAdd(2024.02M, 3y)': '2027.02M',
    'temporalAdd(2024.02.29, 1y)': '2025.02.28',
    'temporalAdd(1970.01.01, -1M)': '1969.12.01',
  },
  'times of day begin again at midnight': {
    'temporalAdd(23:59m, 1m)': '00:00m',
    'temporalAdd(00:00m, -1m)': '23:59m',
    'temporalAdd(00:00:00, -1s)': '23:59:59',
    'temporalAdd(12:00:00, 24H)': '12:00:00',
    'temporalAdd(12:00:00.000, 7, "d")': '12:00:00.000',
    'temporalAdd(23:59:59.999999999, 1ns)': '00:00:00.000000000',
  },
  'nulls stay nulls, and vectors vectors': {
    'temporalAdd(00d, 1d)': '',
    'typestr(temporalAdd(00d, 1d))': 'DATE',
    'temporalAdd([2024.01.01, NULL], 1d)': '[2024.01.02,]',
    'temporalAdd([2024.01.01, NULL], 1 1, "d")': '[2024.01.02,]',
    'temporalAdd(00d, 1 2, "d")': '[,]',
    'temporalAdd(array(DATE, 0), 1d)': '[]',
    'temporalAdd([2024.01.01], 1 2, "d")': '[2024.01.02,2024.01.03]',
    'typestr(temporalAdd(2024.01.01T00:00:00.000, 1 2, "s"))': 'FAST TIMESTAMP VECTOR',
    'temporalAdd(2024.01.01..2024.01.02, 1d)': '[2024.01.02,2024.01.03]',
  },
})

testRefusals(t, 'what cannot be moved', {
  'temporalAdd(2024.01.01, 1, "s")': 'finer',
  'temporalAdd(2024.01.01, 90000, "s")': 'finer',
  'temporalAdd(13:30m, 1s)': 'finer',
  'temporalAdd(10:00:00, 1B)': 'by days or months',
  'temporalAdd(10:00:00, 1y)': 'by days or months',
  'temporalAdd(2024.01M, 1B)': 'by months or years',
  'temporalAdd(2024.01.01 2024.01.02, 1 2 3, "d")': 'must have the same length',
  'temporalAdd(1 2, 1 2, "d")': 'must be temporal',
  'temporalAdd(`a, 1d)': 'must be temporal',
  'temporalAdd(2024.01.01, 1)': '[unit]',
  'temporalAdd(2024.01.01, 1.5, "d")': '[duration] must be an integer',
  'temporalAdd(2024.01.01, 00i, "d")': '[duration] must be an integer',
  'temporalAdd(2024.01.01, 1, "D")': 'not a unit of time',
})

const [temporalAdd] = temporalAddFunctions
const context = callContext()

function moved(type: 'DATE' | 'TIMESTAMP', value: number, count: number, unit: string): number {
  const raw = type === 'DATE' ? value : BigInt(value)
  const date = { form: 'scalar', type, value: raw } as Scalar
  const duration = { count, unit: durationUnits.get(unit)! }
  const answer = temporalAdd!.call(context, [
    date,
    { form: 'scalar', type: 'DURATION', value: duration },
  ]) as Scalar
  return Number(answer.value)
}

t.test('months end where calendars end them, and keep the time of day', async () => {
  const ms = fc.integer({ min: Date.UTC(1900, 0), max: Date.UTC(2100, 0) })
  fc.assert(
    fc.property(ms, fc.integer({ min: -600, max: 600 }), (start, count) => {
      const from = new Date(start)
      const first = new Date(start)
      first.setUTCDate(1)
      first.setUTCMonth(first.getUTCMonth() + count)
      const lastDay = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0))
      first.setUTCDate(Math.min(from.getUTCDate(), lastDay.getUTCDate()))
      const days = Math.floor(start / 86_400_000)
      return (
        moved('TIMESTAMP', start, count, 'M') === first.getTime() &&
        moved('DATE', days, count, 'M') === Math.floor(first.getTime() / 86_400_000) &&
        (count % 12 !== 0 || moved('TIMESTAMP', start, count / 12, 'y') === first.getTime())
      )
    }),
    {
      numRuns: runs(200),
      examples: [
        [Date.UTC(2024, 1, 29, 23, 59), -12],
        [-1, 1],
        [0, 0],
      ],
    },
  )
})

t.test('fixed units are so many milliseconds', async () => {
  const widths = { ms: 1, s: 1_000, m: 60_000, H: 3_600_000, d: 86_400_000, w: 604_800_000 }
  const unit = fc.constantFrom(...(Object.keys(widths) as (keyof typeof widths)[]))
  const ms = fc.integer({ min: -(2 ** 40), max: 2 ** 40 })
  fc.assert(
    fc.property(ms, fc.integer({ min: -9_999, max: 9_999 }), unit, (start, count, name) => {
      return moved('TIMESTAMP', start, count, name) === start + count * widths[name]
    }),
    { numRuns: runs(100) },
  )
})
