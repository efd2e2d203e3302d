/*
  Chooses a column's type from the texts seen. A chosen type accepts all texts, except a few that are probably mistakes.
  If the choice is not the obvious one, a warning explains it.
*/
import { option } from '../errors.js'
import { jsonMembers } from '../parse/json/json-members.js'
import { jsonKinds } from '../parse/json/json-kinds.js'
import { patternLetters } from '../parse/cells/pattern-format.js'
import type { CellRules } from '../parse/cell-rules.js'
import { type ColumnType, type DataType } from '../protocol/data-type.js'
import { keepsBlanks } from '../parse/types/column-types.js'
import { maxStringBytes, maxSymbolBytes } from '../schema/text-limits.js'
import type { Candidate } from './candidate.js'
import { temporalTypes } from './candidate-types.js'
import { isCodeName } from './column-names.js'
import type { ColumnProbe } from './column-probe.js'
import type { DigitFormat } from './digit-times.js'
import type { WordCount } from './null-words.js'
import type { NumberFlags } from './number-spelling.js'
import {
  sharedNullWordWarning,
  codeWarning,
  dateWarnings,
  dialedWarning,
  nearWarnings,
  refusedTextWarnings,
  plainCodeWarning,
  quoted,
  rejectWarnings,
  truthWarnings,
  unclearWarning,
  wordWarnings,
} from './type-warnings.js'

/** Kinds of the JSON values and of the array elements in a column, as bits (`jsonKinds`). */
export interface SeenKinds {
  readonly values: number
  readonly elements: number
}

/** The type of a column, with the options that `load` needs to read it. */
export interface ChosenType {
  readonly type: ColumnType
  /** The candidate that the type came from; undefined for texts. */
  readonly candidate: Candidate | undefined
  /** Date format that `load` needs to read the column; undefined if it needs none. */
  readonly dateFormat: string | undefined
  /** Notation of the column's numbers; undefined if `load` reads the numbers without options. */
  readonly flags: NumberFlags | undefined
  /** Words for null that an option of `load` must name; empty for a text column. */
  readonly words: readonly WordCount[]
  readonly nulls: number
  /** Number of texts that the type refuses; their rows become rejects. */
  readonly refused: number
  /** The column's words for true and false; undefined if `load` reads the column without options for them. */
  readonly truths?: readonly [string, string]
  readonly warnings: readonly string[]
}

/** Decides which options a column may need. These options apply to all columns, so they may harm a different column. */
export interface SharedOptions {
  /** Returns true if an option may make the word null. */
  readonly takesWord: (word: string) => boolean
  /** Returns the reason why options must not name this notation of numbers; undefined if they may name it. */
  readonly refusal: (flags: NumberFlags) => string | undefined
}

export interface ChoiceOptions {
  /** True if the table is a DFS table, which limits the length of texts. */
  readonly intoDfs: boolean
  readonly shared: SharedOptions
}

/**
 * SYMBOL needs texts that occur twice on average. If there are fewer than 100 texts, all short, it is enough that a
 * quarter of them repeat others.
 */
const fewRows = 100
const shortBytes = 32
/** Number of digits that each decimal type can always hold. */
const decimal64Digits = 18
const decimal128Digits = 38

const text = (type: 'STRING' | 'SYMBOL' | 'BLOB'): ColumnType => ({ type })

/** @returns undefined for JSON values that no type accepts: objects, arrays of texts, mixtures of kinds */
export function chooseType(probe: ColumnProbe, kinds: undefined, options: ChoiceOptions): ChosenType
export function chooseType(
  probe: ColumnProbe,
  kinds: SeenKinds | undefined,
  options: ChoiceOptions,
): ChosenType | undefined
export function chooseType(
  probe: ColumnProbe,
  kinds: SeenKinds | undefined,
  { intoDfs, shared }: ChoiceOptions,
): ChosenType | undefined {
  const { type } = probe
  const chosen = type === undefined ? suitableType(probe, kinds, shared) : saidType(probe, type)
  if (chosen?.type.type !== 'STRING' || probe.longestBytes <= maxStringBytes) return chosen
  const held = `a STRING column of a DFS table holds ${maxStringBytes} bytes, and a text has ${probe.longestBytes}`
  if (!intoDfs || type !== undefined) {
    return { ...chosen, warnings: [...chosen.warnings, `${held}: take a BLOB there`] }
  }
  return { ...chosen, type: text('BLOB'), warnings: [...chosen.warnings, `a BLOB: ${held}`] }
}

function suitableType(
  probe: ColumnProbe,
  kinds: SeenKinds | undefined,
  shared: SharedOptions,
): ChosenType | undefined {
  const suits = (type: ColumnType, format?: string): boolean =>
    kinds === undefined || takesKinds(probe.name, type, kinds, rulesWith(probe, format))
  const filled = probe.cells - probe.nulls
  if (filled === 0 && probe.cells === probe.textNulls) {
    if (!suits(text('STRING'))) return undefined
    return chosenText(probe, ['no value was seen: a STRING column takes any text'])
  }
  const fitting = probe.candidates.filter(({ fits, type, format }) => fits && suits(type, format))
  const isTaken = suits(text('STRING'))
  const timed = digitTime(probe, fitting, probe.facts.digitTimes.formatFor(probe.name))
  const { codeText, dialedText } = probe.facts
  if (probe.dateFormat === undefined && timed === undefined && isTaken) {
    if (codeText !== undefined) {
      return chosenText(probe, [codeWarning(codeText), ...dateWarnings(probe)])
    }
    if (dialedText !== undefined) return chosenText(probe, [dialedWarning(dialedText)])
    if (isCodes(probe)) return chosenText(probe, [plainCodeWarning(probe)])
  }
  const read = fitting.filter(({ flags }) => flags === undefined || !shared.refusal(flags))
  const found = timed ?? valueType(probe, read)
  const barred = found?.words.find(({ word }) => !shared.takesWord(word))
  if (found !== undefined && (barred === undefined || !isTaken)) return found
  if (!isTaken) return undefined
  if (barred !== undefined)
    return chosenText(probe, [sharedNullWordWarning(found!.type, barred.word)])
  if (probe.hasOtherOffsets)
    return chosenText(probe, [
      `times have different offsets, which no column keeps: ${option('cells.timeZone')} converts them to one time zone`,
    ])
  const refused = fitting.find(({ flags }) => flags !== undefined)?.flags
  const why = refused && shared.refusal(refused)
  if (why !== undefined) return chosenText(probe, [why])
  return nearlyType(probe, suits, shared) ?? chosenText(probe, nearWarnings(probe))
}

/** The type that accepts all texts except a few, which are probably mistakes; undefined if there is none. */
function nearlyType(
  probe: ColumnProbe,
  suits: (type: ColumnType, format?: string) => boolean,
  { takesWord, refusal }: SharedOptions,
): ChosenType | undefined {
  const { candidates, facts, name } = probe
  const nearly = candidates.filter(
    ({ fitsNearly, type, format, flags }) =>
      fitsNearly && suits(type, format) && (flags === undefined || refusal(flags) === undefined),
  )
  const fewest = Math.min(...nearly.map(one => one.refused))
  const near = nearly.filter(one => one.refused === fewest)
  const digits = facts.digitTimes.formatFor(name, facts.digitTimes.fittingDigits)
  const found = digitTime(probe, near, digits) ?? valueType(probe, near)
  const { candidate } = found ?? {}
  if (found === undefined || candidate === undefined) return undefined
  if (!found.words.every(({ word }) => takesWord(word))) return undefined
  const warnings = [...rejectWarnings(probe, candidate), ...found.warnings]
  return { ...found, refused: candidate.refused, warnings }
}

/** True for securities' codes of five or six digits. They stay texts, because later codes may have leading zeros. */
function isCodes({ name, facts: { equalDigits } }: ColumnProbe): boolean {
  return (equalDigits === 5 || equalDigits === 6) && isCodeName(name)
}

/** Keeps the user's type, whatever the texts look like. */
function saidType(probe: ColumnProbe, type: ColumnType): ChosenType {
  const { candidates, nulls, textNulls } = probe
  if (keepsBlanks(type)) return { ...chosenText(probe, []), type, nulls: textNulls }
  const taken = candidates.filter(({ fits }) => fits)
  const fewest = Math.min(...candidates.map(({ refused }) => refused))
  const isSome = ({ refused, tried }: Candidate): boolean => refused === fewest && tried > refused
  const fitting = taken.length > 0 ? taken : candidates.filter(isSome)
  const plain = fitting.find(({ format }) => format === undefined)
  const formats = new Set(fitting.flatMap(({ format }) => format ?? []))
  const best = plain ?? (formats.size === 1 ? fitting[0] : undefined)
  const odd = best ?? candidates[0]
  const warnings =
    best === undefined && formats.size > 1
      ? [unclearWarning(probe, [...formats])]
      : odd === undefined
        ? []
        : refusedTextWarnings(probe, odd)
  return {
    type,
    candidate: best,
    dateFormat: best?.format,
    flags: best?.flags,
    words: probe.nullWords?.seen ?? [],
    nulls,
    refused: odd?.refused ?? 0,
    warnings: [...warnings, ...wordWarnings(probe)],
  }
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
  const plain = fitting.filter(({ format, flags }) => format === undefined && flags === undefined)
  const of = (type: DataType): Candidate | undefined => plain.find(one => one.type.type === type)
  const temporal = temporalType(probe, of)
  if (probe.dateFormat !== undefined && temporal !== undefined) return temporal
  const int = probe.facts.hasFraction ? undefined : (of('INT') ?? of('LONG'))
  const bool = of('BOOL')
  if (bool !== undefined && int === undefined) return chosen(probe, bool)
  if (int !== undefined) return chosen(probe, int, dateWarnings(probe))
  const double = of('DOUBLE')
  if (double !== undefined) return floating(probe, double)
  if (temporal !== undefined) return temporal
  const other = plain.find(({ type }) => !temporalTypes.has(type.type) || type.array === true)
  if (other !== undefined) return chosen(probe, other)
  return spelled(probe, fitting) ?? formatted(probe, fitting)
}

/** The type for texts whose digits are dates or times; undefined if the digits may be numbers. */
function digitTime(
  probe: ColumnProbe,
  fitting: readonly Candidate[],
  digits: DigitFormat | undefined,
): ChosenType | undefined {
  const { dateFormat, sample = '' } = probe
  if (digits === undefined || dateFormat !== undefined) return undefined
  const { format, types } = digits
  // Texts in yyyyMMdd also fit a DATE candidate without a format. Only JSON numbers need the format yyyyMMdd.
  const found = fitting.find(
    one => types.includes(one.type.type) && (one.format === format || format === 'yyyyMMdd'),
  )
  if (found === undefined) return undefined
  const what = types.includes('DATE') ? 'dates' : 'times'
  const warning = `digits such as ${quoted(sample)} are read as ${what}, ${format}`
  return chosen(probe, found, [warning], found.format)
}

/** The type of numbers that `load` can read if an option names their notation. */
function spelled(probe: ColumnProbe, fitting: readonly Candidate[]): ChosenType | undefined {
  const { numbers } = probe.facts
  const flags = fitting.findLast(one => one.flags !== undefined)?.flags
  if (flags === undefined) return undefined
  const found = fitting.filter(one => one.flags === flags)
  const whole = found.find(({ type }) => type.type !== 'DOUBLE')
  const isWhole = !numbers.hasFraction && !probe.facts.hasExponent
  const candidate =
    isWhole && whole !== undefined ? whole : found.find(({ type }) => type.type === 'DOUBLE')
  if (candidate === undefined) return undefined
  const { unclearText, longText, isUnclear } = numbers
  const isComma = flags.thousands === ','
  return chosen(probe, candidate, [
    ...(isUnclear && isComma
      ? [
          `commas such as in ${quoted(unclearText!)} count as thousands separators; ${option('cells.decimalComma')} reads decimals`,
        ]
      : []),
    ...(longText === undefined || candidate.type.type !== 'DOUBLE'
      ? []
      : [`DOUBLE does not keep all digits of ${quoted(longText)}`]),
  ])
}

function temporalType(
  probe: ColumnProbe,
  of: (type: DataType) => Candidate | undefined,
): ChosenType | undefined {
  const { dateFormat } = probe
  const order = dateFormat === undefined ? typesAsWritten(probe) : typesOfFormat(dateFormat)
  const first = order.map(of).find(one => one !== undefined && one.type.array !== true)
  if (first === undefined) return undefined
  const offsets = `times have offsets, which are not kept: ${option('cells.timeZone')} converts them to one time zone`
  const isConverted = (probe.rules.timeZone ?? 'none') !== 'none'
  return chosen(probe, first, probe.hasOffset && !isConverted ? [offsets] : [])
}

/** Types that hold the most precise time among the texts. The notation counts: `.000` means milliseconds. */
function typesAsWritten({ facts: { hasTime, secondDigits } }: ColumnProbe): DataType[] {
  if (secondDigits > 3) return ['NANOTIME', 'NANOTIMESTAMP', 'TIMESTAMP']
  if (secondDigits > 0) return ['TIME', 'TIMESTAMP']
  if (!hasTime) return ['MONTH', 'DATE']
  return ['MINUTE', 'SECOND', 'DATETIME', 'TIMESTAMP', 'DATEHOUR']
}

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

/** A DOUBLE, or a decimal if a double would change digits of a text. */
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

/** Chooses a type for dates whose format an option must name. If several formats fit, chooses text. */
function formatted(probe: ColumnProbe, fitting: readonly Candidate[]): ChosenType | undefined {
  const dated = fitting.filter(({ format }) => format !== undefined)
  const formats = new Set(dated.flatMap(({ format }) => format ?? []))
  if (formats.size > 1) return chosenText(probe, [unclearWarning(probe, [...formats])])
  return dated[0] && chosen(probe, dated[0], [], dated[0].format)
}

function chosen(
  probe: ColumnProbe,
  candidate: Candidate,
  warnings: readonly string[] = [],
  dateFormat?: string,
): ChosenType {
  const { type, flags } = candidate
  return {
    type,
    candidate,
    dateFormat,
    flags,
    words: probe.nullWords?.seen ?? [],
    nulls: probe.nulls,
    refused: 0,
    warnings: [...warnings, ...wordWarnings(probe)],
  }
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
    flags: undefined,
    words: [],
    nulls: probe.textNulls,
    refused: 0,
    warnings: [...warnings, ...truthWarnings(probe)],
  }
}
