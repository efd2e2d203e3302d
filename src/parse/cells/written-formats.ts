/*
  Formats of dates and times as people write them. Some formats differ only in the order of their fields. If two formats fit all
  texts, the user has to choose.
*/
import { PatternFormat } from './pattern-format.js'
import { isRead } from './read-cell.js'
import { parsePattern, type TimePattern } from './time-pattern.js'

const orders = (sign: string): string[] =>
  [
    ['dd', 'MM', 'yyyy'],
    ['MM', 'dd', 'yyyy'],
    ['yyyy', 'MM', 'dd'],
    ['dd', 'MM', 'yy'],
    ['MM', 'dd', 'yy'],
    ['yy', 'MM', 'dd'],
  ].map(fields => fields.join(sign))

const days = [
  ...['/', '-', '.'].flatMap(orders),
  ...['-', ' ', '/', ''].flatMap(sign => [`dd${sign}MMM${sign}yyyy`, `dd${sign}MMM${sign}yy`]),
  ...['MMM dd, yyyy', 'MMM dd yyyy', 'yyyy-MMM-dd', 'yyyy年MM月dd日', 'yyyyMMdd'],
]

const times = [
  ...['HH:mm', 'HH:mm:ss', 'HH:mm:ss.SSS', 'HH:mm:ss.nnnnnn'],
  ...['hh:mm aa', 'hh:mmaa', 'hh:mm:ss aa', 'hh:mm:ssaa'],
]

const texts = [
  ...times,
  ...['MMM yyyy', 'MMM-yyyy'],
  // A date and its time of day both have separators, or both have none. A T may stand between those without.
  ...days.flatMap(day =>
    day === 'yyyyMMdd'
      ? ['HHmmssSSS', 'HHmmss'].flatMap(time => [`${day} ${time}`, `${day}'T'${time}`])
      : [day, ...times.map(time => `${day} ${time}`)],
  ),
]

let formats: readonly { readonly text: string; readonly reader: PatternFormat }[] | undefined

/** The formats that read the text, preferred ones first. */
export function formatsReading(bytes: Uint8Array, start: number, end: number): string[] {
  // Made on first use.
  formats ??= texts.map(text => ({ text, reader: new PatternFormat([patternOf(text)]) }))
  return formats
    .filter(({ reader }) => reader.read(bytes, start, end) === isRead)
    .map(({ text }) => text)
}

function patternOf(format: string): TimePattern {
  const pattern = parsePattern(format)
  if (typeof pattern === 'string') throw new TypeError(pattern)
  return pattern
}
