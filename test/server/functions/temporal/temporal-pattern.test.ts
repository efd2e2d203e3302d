import t from 'tap'
import {
  lettersOf,
  monthNames,
  parsePattern,
} from '../../../../src/server/functions/temporal/temporal-format.js'
import { failureOf } from '../../../helpers/call-context.js'

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
