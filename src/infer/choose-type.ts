/*
  From what was seen of a column to its type. Every type chosen takes every text that was seen; where that is not what one
  would expect, a warning says why.
*/
import { jsonMembers } from '../parse/json/json-members.js'
import { jsonKinds } from '../parse/json/json-kinds.js'
import { patternLetters } from '../parse/cells/pattern-format.js'
import type { CellRules } from '../parse/cell-rules.js'
import { columnTypeText, type ColumnType, type DataType } from '../protocol/data-type.js'
import { maxStringBytes, maxSymbolBytes } from '../schema/text-limits.js'
import type { Candidate } from './candidate.js'
import { temporalTypes } from './candidate-types.js'
import type { ColumnProbe } from './column-probe.js'

/** Kinds of JSON values in a column, as bits; undefined for delimited text. */
export interface SeenKinds {
  readonly values: number
  readonly elements: number
}

/** What a column is to be. */
export interface ChosenType {
  readonly type: ColumnType
  /** The candidate that takes every text; undefined for texts and decimals. */
  readonly candidate: Candidate | undefined
  /** Format without which `load` cannot read the column. */
  readonly dateFormat: string | undefined
  readonly nulls: number
  readonly warnings: readonly string[]
}

/** A text that comes twice on average is worth a symbol; of few rows, where every fourth comes again. */
const fewRows = 100
const shortBytes = 32
/** Digits that decimals hold whatever they are. */
const decimal64Digits = 18
const decimal128Digits = 38

const text = (type: 'STRING' | 'SYMBOL' | 'BLOB'): ColumnType => ({ type })

/**
 * @param intoDfs  the table is a DFS table, which limits the length of texts
 * @returns undefined for JSON values that no type takes: objects, arrays of texts, mixtures
 */
export function chooseType(probe: ColumnProbe, kinds: undefined, intoDfs: boolean): ChosenType
export function chooseType(
  probe: ColumnProbe,
  kinds: SeenKinds | undefined,
  intoDfs: boolean,
): ChosenType | undefined
export function chooseType(
  probe: ColumnProbe,
  kinds: SeenKinds | undefined,
  intoDfs: boolean,
): ChosenType | undefined {
  const chosen = suitableType(probe, kinds)
  if (chosen?.type.type !== 'STRING' || probe.longestBytes <= maxStringBytes) return chosen
  const held = `a STRING column of a DFS table holds ${maxStringBytes} bytes, and a text has ${probe.longestBytes}`
  if (!intoDfs) return { ...chosen, warnings: [...chosen.warnings, `${held}: take a BLOB there`] }
  return { ...chosen, type: text('BLOB'), warnings: [...chosen.warnings, `a BLOB: ${held}`] }
}

function suitableType(probe: ColumnProbe, kinds: SeenKinds | undefined): ChosenType | undefined {
  const suits = (type: ColumnType, format?: string): boolean =>
    kinds === undefined || takesKinds(probe.name, type, kinds, rulesWith(probe, format))
  const filled = probe.cells - probe.nulls
  if (filled === 0 && probe.cells === probe.textNulls) {
    if (!suits(text('STRING'))) return undefined
    return chosenText(probe, ['no value was seen: STRING takes whatever comes'])
  }
  const fitting = probe.candidates.filter(({ fits, type, format }) => fits && suits(type, format))
  const { codeText } = probe.facts
  if (codeText !== undefined && probe.dateFormat === undefined) {
    if (suits(text('STRING')))
      return chosenText(probe, [codeWarning(codeText), ...dateWarnings(probe)])
  }
  const found = valueType(probe, fitting)
  if (found !== undefined) return found
  if (!suits(text('STRING'))) return undefined
  return chosenText(probe, probe.hasOtherOffsets ? [otherOffsets] : nearWarnings(probe))
}

function rulesWith({ name, rules }: ColumnProbe, format: string | undefined): CellRules {
  if (format === undefined) return rules
  return { ...rules, dateFormats: { ...rules.dateFormats, [name]: format } }
}

function takesKinds(
  name: string,
  type: ColumnType,
  { values, elements }: SeenKinds,
  rules: CellRules,
): boolean {
  const column = { name, type, source: { kind: 'member' as const, name } }
  const [member] = jsonMembers(
    { columns: [column], ignoreExtra: false, allowMissing: false },
    rules,
  )
  const { kinds, elementKinds } = member!
  const ownNulls = jsonKinds.null
  return (values & ~ownNulls & ~kinds) === 0 && (elements & ~ownNulls & ~elementKinds) === 0
}

function valueType(probe: ColumnProbe, fitting: readonly Candidate[]): ChosenType | undefined {
  const of = (type: DataType): Candidate | undefined =>
    fitting.find(one => one.type.type === type && one.format === undefined)
  const plain = fitting.filter(({ format }) => format === undefined)
  const temporal = temporalType(probe, of)
  if (probe.dateFormat !== undefined && temporal !== undefined) return temporal
  const int = of('INT') ?? of('LONG')
  const bool = of('BOOL')
  if (bool !== undefined && int === undefined) return chosen(probe, bool)
  if (int !== undefined) return chosen(probe, int, dateWarnings(probe))
  const double = of('DOUBLE')
  if (double !== undefined) return floating(probe, double)
  if (temporal !== undefined) return temporal
  const other = plain.find(({ type }) => !temporalTypes.has(type.type) || type.array === true)
  if (other !== undefined) return chosen(probe, other)
  return formatted(probe, fitting)
}

const otherOffsets =
  'times have different offsets, which no column keeps: `cells.timeZone` converts them to the clocks of a zone'

function temporalType(
  probe: ColumnProbe,
  of: (type: DataType) => Candidate | undefined,
): ChosenType | undefined {
  const { dateFormat } = probe
  const order = dateFormat === undefined ? typesAsWritten(probe) : typesOfFormat(dateFormat)
  const first = order.map(of).find(one => one !== undefined && one.type.array !== true)
  if (first === undefined) return undefined
  const offsets =
    'times have offsets, which are not kept: `cells.timeZone` converts them to the clocks of a zone'
  const isConverted = (probe.rules.timeZone ?? 'none') !== 'none'
  return chosen(probe, first, probe.hasOffset && !isConverted ? [offsets] : [])
}

/** The finest way in which some text is written decides, not what the values happen to be. */
function typesAsWritten({ facts: { hasTime, secondDigits } }: ColumnProbe): DataType[] {
  if (secondDigits > 3) return ['NANOTIME', 'NANOTIMESTAMP', 'TIMESTAMP']
  if (secondDigits > 0) return ['TIME', 'TIMESTAMP']
  if (!hasTime) return ['MONTH', 'DATE']
  return ['MINUTE', 'SECOND', 'DATETIME', 'TIMESTAMP', 'DATEHOUR']
}

/** What a format has letters for decides. */
function typesOfFormat(format: string): DataType[] {
  if (format.startsWith('excel')) return ['DATE', 'DATETIME', 'TIMESTAMP']
  if (format.startsWith('epoch:')) {
    return format === 'epoch:s' ? ['DATETIME', 'TIMESTAMP'] : ['TIMESTAMP', 'NANOTIMESTAMP']
  }
  const letters = patternLetters(format)
  const has = (letter: string): boolean => letters.includes(letter)
  if (has('d')) {
    if (has('n')) return ['NANOTIMESTAMP']
    if (has('S')) return ['TIMESTAMP']
    return has('H') || has('h') ? ['DATETIME', 'TIMESTAMP'] : ['DATE']
  }
  if (has('M')) return ['MONTH']
  if (has('n')) return ['NANOTIME']
  return has('S') ? ['TIME'] : has('s') ? ['SECOND'] : ['MINUTE']
}

/** A double, or a decimal where a double would change digits. */
function floating(probe: ColumnProbe, double: Candidate): ChosenType {
  const { lossyText, wholeDigits, fractionDigits, hasExponent } = probe.facts
  if (double.type.array === true || lossyText === undefined) return chosen(probe, double)
  const digits = wholeDigits + fractionDigits
  const isPercent = probe.rules.percentColumns?.includes(probe.name) === true
  if (hasExponent || isPercent || digits > decimal128Digits) {
    const warning = `DOUBLE does not keep all digits of ${quoted(lossyText)}, and no decimal has room for them`
    return chosen(probe, double, [warning])
  }
  const type = digits <= decimal64Digits ? 'DECIMAL64' : 'DECIMAL128'
  const warning = `a decimal, because DOUBLE does not keep all digits of ${quoted(lossyText)}`
  return { ...chosen(probe, double, [warning]), type: { type, scale: fractionDigits } }
}

/** Dates in a format that has to be named; where two suit, nobody knows which it is. */
function formatted(probe: ColumnProbe, fitting: readonly Candidate[]): ChosenType | undefined {
  const [first, ...others] = fitting.filter(({ format }) => format !== undefined)
  if (first === undefined) return undefined
  if (others.length === 0) return chosen(probe, first, [], first.format)
  const formats = fitting.flatMap(({ format }) => format ?? [])
  return chosenText(probe, [
    `dates such as ${quoted(probe.sample ?? '')} are ${formats.join(' or ')}: say which with \`cells.dateFormats\` ${probe.name}=FORMAT`,
  ])
}

function chosen(
  probe: ColumnProbe,
  candidate: Candidate,
  warnings: readonly string[] = [],
  dateFormat?: string,
): ChosenType {
  return { type: candidate.type, candidate, dateFormat, nulls: probe.nulls, warnings }
}

function chosenText(probe: ColumnProbe, warnings: readonly string[]): ChosenType {
  const filled = probe.cells - probe.textNulls
  const distinct = probe.distinct.count
  const comesAgain =
    distinct !== undefined &&
    (2 * distinct <= filled ||
      (filled < fewRows && 4 * distinct <= 3 * filled && probe.longestBytes <= shortBytes))
  const isSymbol = comesAgain && filled > 0 && probe.longestBytes <= maxSymbolBytes
  return {
    type: text(isSymbol ? 'SYMBOL' : 'STRING'),
    candidate: undefined,
    dateFormat: undefined,
    nulls: probe.textNulls,
    warnings,
  }
}

function codeWarning(code: string): string {
  return `${quoted(code)} has a leading zero, which a number would lose: kept as text`
}

function dateWarnings({ facts, sample, name }: ColumnProbe): string[] {
  const orders = facts.dateOrders
  if (orders.length === 0) return []
  const advice = `\`cells.dateFormats\` ${name}=${orders.length === 1 ? orders[0] : 'FORMAT'} reads them as dates`
  return [`digits such as ${quoted(sample ?? '')} may be dates, ${orders.join(' or ')}: ${advice}`]
}

/** What keeps a column from being of the type that nearly all its texts have. */
function nearWarnings({ candidates, name, isHeaderless }: ColumnProbe): string[] {
  let nearest: Candidate | undefined
  for (const one of candidates) {
    if (one.isNear && (nearest === undefined || one.refused < nearest.refused)) nearest = one
  }
  if (nearest?.firstOdd === undefined) return []
  const { type, refused, tried, firstOdd, oddTexts, format } = nearest
  const { file, lineNumber, text: odd } = firstOdd
  const isWord = oddTexts.length === 1 && !/\d/.test(odd)
  const isHead = isHeaderless && refused === 1 && lineNumber === 1
  const means = isHead
    ? '; `input.header` yes takes the first record for a header'
    : isWord
      ? `; \`cells.nullTexts\` ${odd} makes it null`
      : ''
  const as = format === undefined ? '' : ` as ${format}`
  return [
    `${tried - refused} of ${tried} texts are ${columnTypeText(type)}${as}; the first that is not is ` +
      `${quoted(odd)}, ${file} line ${lineNumber}, column ${name}${means}`,
  ]
}

function quoted(value: string): string {
  return `"${value}"`
}
