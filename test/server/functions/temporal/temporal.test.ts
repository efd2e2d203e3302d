import fc from 'fast-check'
import t from 'tap'
import type { Scalar } from '../../../../src/protocol/value.js'
import {
  temporalFormatFunctions,
  lettersOf,
  monthNames,
  parsePattern,
} from '../../../../src/server/functions/temporal/temporal-format.js'
import { stringScalar } from '../../../../src/server/values/scalar.js'
import { callContext, failureOf } from '../../../helpers/call-context.js'
import { testExamples, testRefusals } from '../../../helpers/examples.js'
import { runs } from '../../../helpers/runs.js'
import { testSession } from '../../../helpers/script.js'
import { formatTemporal } from '../../../../src/protocol/types/temporals.js'

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

testExamples(t, {
  'the fields of the format make the type, of nulls too': {
    'typestr(temporalParse("x", "yyyyMMdd"))': 'DATE',
    'typestr(temporalParse("x", "yyyy-MM"))': 'MONTH',
    'typestr(temporalParse("x", "yyyy-MM-dd HH"))': 'DATEHOUR',
    'typestr(temporalParse("x", "yyyy-MM-dd HH:mm"))': 'DATETIME',
    'typestr(temporalParse("x", "yyyy-MM-dd HH:mm:ss"))': 'DATETIME',
    'typestr(temporalParse("x", "yyyy-MM-dd HH:mm:ss.SSS"))': 'TIMESTAMP',
    'typestr(temporalParse("x", "yyyy-MM-dd HH:mm:ss.nnnnnn"))': 'NANOTIMESTAMP',
    'typestr(temporalParse("x", "HH:mm"))': 'MINUTE',
    'typestr(temporalParse("x", "HH:mm:ss"))': 'SECOND',
    'typestr(temporalParse("x", "HH:mm:ss.SSS"))': 'TIME',
    'typestr(temporalParse("x", "HH:mm:ss.nnnnnnnnn"))': 'NANOTIME',
    'typestr(temporalParse(`a`b, "yyyy"))': 'FAST MONTH VECTOR',
  },
  'what does not fit is null': {
    'temporalParse("14//02//2018", "dd/MM/yyyy")': '',
    'temporalParse("2018/2/6 13:30:10.0000010", "y/M/d H:m:s.nnnnnn")': '',
    'temporalParse("20180214x", "yyyyMMdd")': '',
    'temporalParse("x20180214", "yyyyMMdd")': '',
    'temporalParse("2018021", "yyyyMMdd")': '',
    'temporalParse("2018-13-01", "y-M-d")': '',
    'temporalParse("2018-00-01", "y-M-d")': '',
    'temporalParse("2018-01-00", "y-M-d")': '',
    'temporalParse("2019-02-29", "y-M-d")': '',
    'temporalParse("2020-02-29", "y-M-d")': '2020.02.29',
    'temporalParse("24:00:00", "H:m:s")': '',
    'temporalParse("23:60:00", "H:m:s")': '',
    'temporalParse("23:59:60", "H:m:s")': '',
    'temporalParse("23:59:59", "H:m:s")': '23:59:59',
    'temporalParse("13:00 PM", "h:m a")': '',
    'temporalParse("", "yyyyMMdd")': '',
    'temporalParse("2018.02.14", "yyyy-MM-dd")': '',
    'temporalParse("2018-02-14 13", "yyyy-MM-dd HH")': '2018.02.14T13',
    'temporalParse("(2018)", "(yyyy)")': '2018.01M',
    'temporalParse("2018x02", "yyyy.MM")': '',
  },
  'years of two digits are those from 1940 to 2039': {
    'temporalParse("00-01-01" "39-01-01" "40-01-01" "99-01-01", "yy-MM-dd")':
      '[2000.01.01,2039.01.01,1940.01.01,1999.01.01]',
    'temporalParse("39-01-01" "1939-01-01", "y-M-d")': '[2039.01.01,1939.01.01]',
  },
  'months and halves of the day in any case': {
    'temporalParse("14-feb-2018" "14-Feb-2018", "dd-MMM-yyyy")': '[2018.02.14,2018.02.14]',
    'temporalParse("01:30 am" "01:30 pM" "00:30PM", "h:m a")': '[01:30m,13:30m,]',
    'temporalParse("013000AM" "113000pm", "hhmmssaa")': '[01:30:00,23:30:00]',
  },
  'values of every type are written': {
    'temporalFormat(2018.02M, "MM/yyyy")': '02/2018',
    'temporalFormat(2018.02.14, "yyyyMMdd HH:mm:ss.SSS")': '20180214 00:00:00.000',
    'temporalFormat(datehour(2018.02.14T13:00:00), "yyyy-MM-dd HH")': '2018-02-14 13',
    'temporalFormat(2018.02.14T13:30:10, "d/M/yy h:mm a")': '14/2/18 1:30 PM',
    'temporalFormat(13:30m, "HH:mm")': '13:30',
    'temporalFormat(00:30:05, "hh:mm:ss aa")': '00:30:05 AM',
    'temporalFormat(12:30:05, "hh:mm:ss aa")': '00:30:05 PM',
    'temporalFormat(13:30:10.008, "ss SSS nnnnnn nnnnnnnnn")': '10 008 008000 008000000',
    'temporalFormat(13:30:10.008007006, "SSS nnnnnn nnnnnnnnn")': '008 008007 008007006',
    'temporalFormat(2018.11.14, "MMM")': 'NOV',
    'temporalFormat(00d, "yyyy")': '',
    'typestr(temporalFormat(00d, "yyyy"))': 'STRING',
    'temporalFormat(array(DATE, 0), "yyyy")': '[]',
  },
})

testRefusals(t, 'what is neither text nor moment', {
  'temporalParse(20180214, "yyyyMMdd")': 'must be text',
  'temporalParse("2018", 5)': '[format]',
  'temporalParse("2018-2018", "yyyy-yyyy")': 'twice',
  'temporalFormat(5, "yyyy")': 'must be temporal',
  'temporalFormat("2018", "yyyy")': 'must be temporal',
  'temporalFormat(2018.02.14, "SS")': 'three digits',
})

t.test('moments are written and read as JavaScript writes them', async () => {
  const [parse, format] = temporalFormatFunctions
  const context = callContext()
  const pattern = stringScalar('yyyy-MM-ddTHH:mm:ss.SSSZ')
  const ms = fc.integer({ min: Date.UTC(1000, 0), max: Date.UTC(9999, 11, 31, 23, 59, 59, 999) })
  fc.assert(
    fc.property(ms, value => {
      const text = new Date(value).toISOString()
      const moment: Scalar = { form: 'scalar', type: 'TIMESTAMP', value: BigInt(value) }
      const written = format!.call(context, [moment, pattern]) as Scalar
      const read = parse!.call(context, [stringScalar(text), pattern]) as Scalar
      return written.value === text && read.value === BigInt(value)
    }),
    { numRuns: runs(200), examples: [[-1], [0], [Date.UTC(2024, 1, 29)]] },
  )
})

t.test('datetimeParse is temporalParse by another name', async t => {
  const { show } = testSession()
  t.equal(await show('datetimeParse("20240102", "yyyyMMdd")'), '2024.01.02')
  t.equal(
    await show('typestr(datetimeParse("2024-01-02 03:04:05", "yyyy-MM-dd HH:mm:ss"))'),
    'DATETIME',
  )
})

/** `y4` for yyyy, `y4!` where it stands beside another field, texts in quotes. */
const shown = (format: string): string =>
  parsePattern(format)
    .map(part =>
      typeof part === 'string'
        ? `"${part}"`
        : `${part.letter}${part.width}${part.isFixed ? '!' : ''}`,
    )
    .join(' ')

t.test('runs of letters are fields, all else stands for itself', async t => {
  const cases: Record<string, string> = {
    'yyyy.MM.dd': 'y4 "." M2 "." d2',
    yyyyMMdd: 'y4! M2! d2!',
    'y/M/d h:m:s a': 'y1 "/" M1 "/" d1 " " h1 ":" m1 ":" s1 " " a1',
    'd-MMM-yy': 'd1 "-" M3 "-" y2',
    'HH:mm:ss.SSS': 'H2 ":" m2 ":" s2 "." S3',
    HHmmssnnnnnnnnn: 'H2! m2! s2! n9!',
    'ss.nnnnnn': 's2 "." n6',
    'yyyy-MMdd': 'y4 "-" M2! d2!',
    'dd//MM': 'd2 "//" M2',
    yyyyTHH: 'y4 "T" H2',
    Zyyyy年: '"Z" y4 "年"',
    x: '"x"',
    '': '',
    MmM: 'M1! m1! M1!',
  }
  for (const [format, wanted] of Object.entries(cases)) t.equal(shown(format), wanted, format)
})

t.test('fractions have widths of their own, in the words of the manual', async t => {
  for (const format of ['H:m:s.S', 'SS', 'SSSS', 'ss.SSSSSS']) {
    t.equal(
      failureOf(() => parsePattern(format)),
      `Invalid temporal format: '${format}'. Millisecond (S) must have three digits.`,
    )
  }
  for (const format of ['H:m:s.n', 'nnn', 'nnnnn', 'nnnnnnn', 'n'.repeat(10)]) {
    t.equal(
      failureOf(() => parsePattern(format)),
      `Invalid temporal format: '${format}'. Nanosecond (n) must have six or nine digits.`,
    )
  }
})

t.test('a format is no longer than a moment needs', async t => {
  t.equal(parsePattern('-'.repeat(256)).length, 1)
  t.match(
    failureOf(() => parsePattern('-'.repeat(257))),
    /^Invalid temporal format: .*256/,
  )
})

t.test('the letters of a format, each of them once', async t => {
  t.strictSame([...lettersOf(parsePattern('yyyy-MM-dd yy'))], ['y', 'M', 'd'])
  t.strictSame([...lettersOf(parsePattern('--'))], [])
  t.strictSame([...lettersOf(parsePattern('hh:mm aa'))], ['h', 'm', 'a'])
})

t.test('months are those of English calendars', async t => {
  const names = Array.from({ length: 12 }, (_, month) =>
    new Date(Date.UTC(2024, month)).toUTCString().slice(8, 11).toUpperCase(),
  )
  t.strictSame(monthNames, names)
})

t.test('now and today show the clock on the wall', async t => {
  const ms = Date.UTC(2026, 1, 3, 4, 5, 6, 789)
  const { show } = testSession({ now: () => ms })
  const local = ms - new Date(ms).getTimezoneOffset() * 60_000
  t.equal(await show('now()'), formatTemporal('TIMESTAMP', BigInt(local)))
  t.equal(await show('now(true)'), formatTemporal('NANOTIMESTAMP', BigInt(local) * 1_000_000n))
  t.equal(await show('today()'), formatTemporal('DATE', Math.floor(local / 86_400_000)))
})
