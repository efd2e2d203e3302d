/* Recognizes dates and times written only as digits. Such digits may also be numbers, so the column's name matters, too. */
import { everyColumn } from '../parse/times/date-format.js'
import type { CellRules } from '../parse/cell-rules.js'
import type { Candidate } from './candidate.js'
import { shapes, type TextFacts } from './text-facts.js'

/** Formats that plain numbers are unlikely to fit. The column's name then need not suggest a date or time. */
const sureFormats = ['yyyyMMdd', 'yyyyMMddHHmmssSSS', 'yyyyMMddHHmmss']
const counts = ['epoch:s', 'epoch:ms', 'epoch:us', 'epoch:ns']
/** Digits of the time 1:00 in each format. If all numbers of a column have fewer, they may be plain numbers. */
const hourDigits: Readonly<Record<string, number>> = { HHmmssSSS: 8, HHmmss: 5 }

/** Formats of digits, preferred ones first. */
const digitFormats: readonly string[] = [
  ...[...sureFormats, ...counts, ...Object.keys(hourDigits)],
  ...['ddMMyyyy', 'MMddyyyy', 'yyMMdd', 'ddMMyy', 'MMddyy'],
]

const dayNumber = (year: number): number => Date.UTC(year, 0, 1) / 86_400_000
/** A format with a four-digit year fits only if the year is 1900 to 2100; a count since 1970 if it is 1990 to 2100. */
const firstDay = dayNumber(1900)
const firstCountedDay = dayNumber(1990)
const lastDay = dayNumber(2101) - 1

// 时间, 時間, 时刻, 時刻: escaped, because one of the bundles must be ASCII, and the bundler does not escape patterns.
const timeName = /time|\u65f6\u95f4|\u6642\u9593|\u65f6\u523b|\u6642\u523b|(?:^|_)t[ms]?$/i
const noTimeName = /timeout|times|timezone|uptime|lifetime|runtime|elapsed|duration/i
const codeName =
  /(?:^|_)(?:id|no|code|key|num|number|seq)$|[a-z](?:ID|Id|No|Code|Key|Num|Seq)$|\u7f16\u53f7|\u4ee3\u7801|\u7de8\u865f|\u4ee3\u78bc|\u5e8f\u53f7|\u55ae\u865f|\u5355\u53f7|\u8d26\u53f7/i

/** A name that the program gave to a field of a file without names, or to an element of an array. */
const givenName = /^c(?:ol)?\d+$/

const isTimeName = (name: string): boolean => timeName.test(name) && !noTimeName.test(name)

interface NamedDigits {
  readonly name: string
  readonly facts: Pick<TextFacts, 'most'>
}

/** The formats worth trying: all with the user's type; otherwise only a name, or the lack of one, lets counts be more than numbers. */
export function digitFormatsFor(name: string, isTyped: boolean): readonly string[] {
  if (isTyped || isTimeName(name) || /date/i.test(name)) return digitFormats
  return digitFormats.filter(
    format => (givenName.test(name) || !counts.includes(format)) && !(format in hourDigits),
  )
}

/** False for digits that the candidate's format makes unusual years. */
export function isUsualTime({ format = '', days }: Candidate): boolean {
  const isCount = counts.includes(format)
  if (!isCount && !(digitFormats.includes(format) && format.includes('yyyy'))) return true
  const first = isCount ? firstCountedDay : firstDay
  return days !== undefined && days.first >= first && days.last <= lastDay
}

const formatsOf = (fitting: readonly Candidate[]): string[] =>
  digitFormats.filter(format => fitting.some(one => one.format === format && isUsualTime(one)))

/** The format of the digits among those of the candidates; undefined if the digits may also be numbers. */
export function digitFormat(
  { name, facts }: NamedDigits,
  fitting: readonly Candidate[],
): string | undefined {
  if (codeName.test(name)) return undefined
  const formats = formatsOf(fitting)
  const sure = formats.find(format => sureFormats.includes(format))
  const [first, ...others] = formats.filter(format => format in hourDigits)
  if (sure !== undefined || first === undefined || others.length > 0 || !isTimeName(name))
    return sure
  return facts.most(shapes.wholeDigits) >= hourDigits[first]! ? first : undefined
}

/** Nearly any number could be a time of day without leading zeros, so the name and the digits have to suggest one. */
const isLikely = (format: string, { name, facts }: NamedDigits): boolean =>
  !(format in hourDigits) ||
  (isTimeName(name) && facts.most(shapes.wholeDigits) >= hourDigits['HHmmss']!)

/** The formats of the candidates that a warning should mention. */
export function likelyFormats(digits: NamedDigits, fitting: readonly Candidate[]): string[] {
  return formatsOf(fitting).filter(format => isLikely(format, digits))
}

/** The user's format for the column. One for all columns does not count if it is `epoch…`, `excel…` or an unlikely time of day. */
export function givenFormat(
  digits: NamedDigits,
  { dateFormats = {} }: CellRules,
): string | undefined {
  if (Object.hasOwn(dateFormats, digits.name)) return dateFormats[digits.name]
  const every = Object.hasOwn(dateFormats, everyColumn) ? dateFormats[everyColumn] : undefined
  return every === undefined || /^e/.test(every) || !isLikely(every, digits) ? undefined : every
}
