/*
  Recognizes dates and times written only as digits. Such digits may also be numbers, so the column's name matters, too.
*/
import type { Candidate } from './candidate.js'
import { everyColumn } from '../parse/times/date-format.js'
import type { CellRules } from '../parse/cell-rules.js'

/** Formats that plain numbers are unlikely to fit. The column's name then need not suggest a date or time. */
const sureFormats = ['yyyyMMdd', 'yyyyMMddHHmmssSSS', 'yyyyMMddHHmmss']

/** Formats of digits, preferred ones first. */
export const digitFormats: readonly string[] = [
  ...sureFormats,
  ...['epoch:s', 'epoch:ms', 'epoch:us', 'epoch:ns', 'HHmmssSSS', 'HHmmss'],
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
/** Digits of the time 1:00 in each format. If all numbers of a column have fewer, they may be plain numbers. */
const hourDigits: Readonly<Record<string, number>> = { HHmmssSSS: 8, HHmmss: 5 }

/** A column's name, and the most digits of its numbers. */
interface NamedDigits {
  readonly name: string
  readonly facts: { readonly wholeDigits: number }
}

const isCount = (format: string): boolean => format.startsWith('epoch:')

/** The formats of the candidates. */
function formatsOf(candidates: readonly Candidate[]): string[] {
  return digitFormats.filter(format => {
    const first = isCount(format) ? firstCountedDay : format.includes('yyyy') ? firstDay : -Infinity
    return candidates.some(
      ({ format: own, days }) =>
        own === format &&
        (first === -Infinity || (days && days.first >= first && days.last <= lastDay)),
    )
  })
}

const isTimeName = (name: string): boolean => timeName.test(name) && !noTimeName.test(name)

/** The formats worth trying with a column of this name: no other name lets counts and times of day be more than numbers. */
export function digitFormatsFor(name: string): readonly string[] {
  if (isTimeName(name) || /date/i.test(name)) return digitFormats
  return digitFormats.filter(format => !isCount(format) && hourDigits[format] === undefined)
}

/** The format of the digits among those of the candidates; undefined if the digits may also be numbers. */
export function digitFormat(
  { name, facts: { wholeDigits } }: NamedDigits,
  candidates: readonly Candidate[],
): string | undefined {
  if (codeName.test(name)) return undefined
  const fitting = formatsOf(candidates)
  const sure = fitting.find(format => sureFormats.includes(format))
  if (sure !== undefined || !isTimeName(name)) return sure
  const [first, ...others] = fitting.filter(format => hourDigits[format] !== undefined)
  if (first === undefined || others.length > 0) return undefined
  return wholeDigits >= hourDigits[first]! ? first : undefined
}

/** Whether digits in this format are more likely times than numbers; true for every format of dates. */
function isLikely(format: string, { name, facts: { wholeDigits } }: NamedDigits): boolean {
  if (isCount(format)) return isTimeName(name) || /date/i.test(name)
  return (
    hourDigits[format] === undefined || (isTimeName(name) && wholeDigits >= hourDigits['HHmmss']!)
  )
}

/** False for a format of digits that makes unusual years of the candidate's texts. */
export const isUsualTime = (one: Candidate): boolean =>
  !digitFormats.includes(one.format ?? '') || formatsOf([one]).length > 0

/** The formats of the candidates that a warning should mention. */
export function likelyFormats(digits: NamedDigits, candidates: readonly Candidate[]): string[] {
  return formatsOf(candidates).filter(format => isLikely(format, digits))
}

/**
 * The user's date format for a column. A format for all columns does not count if it begins with `epoch` or `excel`. A
 * time of day for all columns counts only if the column's name and digits suggest one.
 */
export function givenFormat(
  digits: NamedDigits,
  { dateFormats = {} }: CellRules,
): string | undefined {
  if (Object.hasOwn(dateFormats, digits.name)) return dateFormats[digits.name]
  const every = Object.hasOwn(dateFormats, everyColumn) ? dateFormats[everyColumn] : undefined
  if (every === undefined || /^e/.test(every)) return undefined
  // Nearly any number could be a time of day without leading zeros.
  return isLikely(every, digits) ? every : undefined
}
