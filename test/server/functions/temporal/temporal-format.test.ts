import t from 'tap'
import { testSession } from '../../../helpers/script.js'

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
