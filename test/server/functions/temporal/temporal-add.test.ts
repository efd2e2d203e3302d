import fc from 'fast-check'
import t from 'tap'
import { formatTemporal } from '../../../../src/protocol/types/temporals.js'
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
