import fc from 'fast-check'
import t from 'tap'
import { formatTemporal } from '../../../../src/protocol/types/temporals.js'
import { testSession } from '../../../helpers/script.js'
import { runs } from '../../../helpers/runs.js'

t.test('now and today show the clock on the wall', async t => {
  const ms = Date.UTC(2026, 1, 3, 4, 5, 6, 789)
  const { show } = testSession({ now: () => ms })
  const local = ms - new Date(ms).getTimezoneOffset() * 60_000
  t.equal(await show('now()'), formatTemporal('TIMESTAMP', BigInt(local)))
  t.equal(await show('now(true)'), formatTemporal('NANOTIMESTAMP', BigInt(local) * 1_000_000n))
  t.equal(await show('today()'), formatTemporal('DATE', Math.floor(local / 86_400_000)))
})

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

t.test('temporalParse reads what the manual reads', async t => {
  const { show, fail } = testSession()
  const expected: [string, string][] = [
    ['"14-02-2018","dd-MM-yyyy"', '2018.02.14'],
    ['"14-02-2018","dd/MM/yyyy"', ''],
    ['"14//02//2018","dd//MM//yyyy"', '2018.02.14'],
    ['"14//02//2018","dd..MM..yyyy"', ''],
    ['"14-02-18","d-M-y"', '2018.02.14'],
    ['"2018/2/6 02:33:01 PM","y/M/d h:m:s a"', '2018.02.06T14:33:01'],
    ['"02-FEB-2018","d-MMM-y"', '2018.02.02'],
    ['"02-FEB-2018","d-M-y"', ''],
    ['"13:30:10.001","H:m:s.SSS"', '13:30:10.001'],
    ['"13:30:10.008001","H:m:s.nnnnnn"', '13:30:10.008001000'],
    ['"2-4-18","d-M-yy"', '2018.04.02'],
    ['"002-019-006","H-m-s"', '02:19:06'],
    ['"2018/2/6 13:30:10.001","y/M/d H:m:s.SSS"', '2018.02.06T13:30:10.001'],
    ['"2018/2/6 13:30:10.01","y/M/d H:m:s.SSS"', ''],
    ['"2018/2/6 13:30:10.000001","y/M/d H:m:s.nnnnnn"', '2018.02.06T13:30:10.000001000'],
    ['"20180214","yyyyMMdd"', '2018.02.14'],
    ['"122506","MMddyy"', '2006.12.25'],
    ['"155950","HHmmss"', '15:59:50'],
    ['"035901PM","hhmmssaa"', '15:59:01'],
    ['"02062018155956001000001","MMddyyyyHHmmssnnnnnnnnn"', '2018.02.06T15:59:56.001000001'],
    ['"30-02-2018","dd-MM-yyyy"', ''],
    ['"25:00:00","H:m:s"', ''],
    ['"2018-02","y-M"', '2018.02M'],
    ['"13:30","H:m"', '13:30m'],
    ['["1-1-99", "x"],"d-M-y"', '[1999.01.01,]'],
  ]
  for (const [args, text] of expected) t.equal(await show(`temporalParse(${args})`), text, args)
  t.match(
    await fail('temporalParse("13:30:10.001","H:m:s.S")'),
    /Invalid temporal format: 'H:m:s.S'. Millisecond \(S\) must have three digits\.$/,
  )
  t.match(
    await fail('temporalParse("13:30:10.008001","H:m:s.n")'),
    /Invalid temporal format: 'H:m:s.n'. Nanosecond \(n\) must have six or nine digits\.$/,
  )
})

t.test('temporalFormat writes what the manual writes', async t => {
  const { show } = testSession()
  const expected: [string, string][] = [
    ['2018.02.14,"dd-MM-yyyy"', '14-02-2018'],
    ['2018.02.14,"dd-MMM-yy"', '14-FEB-18'],
    ['02:19:06,"HH.mm.ss"', '02.19.06'],
    ['2018.02.06T13:30:10.001, "y-M-d-H-m-s-SSS"', '2018-2-6-13-30-10-001'],
    ['14:19:06,"hhmmssaa"', '021906PM'],
    [
      '1969.12.31T23:59:59.000000001,"yyyy.MM.dd HH:mm:ss.nnnnnnnnn"',
      '1969.12.31 23:59:59.000000001',
    ],
    ['[2018.02.14, NULL],"yyyyMMdd"', '[20180214,]'],
  ]
  for (const [args, text] of expected) t.equal(await show(`temporalFormat(${args})`), text, args)
})
