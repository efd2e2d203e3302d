/*
  Chooses a column's type from the texts seen. A chosen type accepts all texts, except a few that are probably mistakes.
  If the choice is not the obvious one, a warning explains it.
*/
import { option } from '../errors.js'
import { jsonMembers } from '../parse/json/json-members.js'
import { jsonKinds } from '../parse/json/json-kinds.js'
import type { CellOptions, CellRules } from '../parse/cell-rules.js'
import { type ColumnType, type DataType } from '../protocol/data-type.js'
import { isTemporal } from '../protocol/types/temporals.js'
import { keepsBlanks } from '../parse/types/column-types.js'
import { maxStringBytes, maxSymbolBytes } from '../schema/text-limits.js'
import { typesOfFormat, withOptions, type Candidate } from './candidate.js'
import { isCodeName } from './column-names.js'
import type { ColumnProbe, SeenKinds } from './column-probe.js'
import { digitFormat, isUsualTime } from './digit-times.js'
import {
  blankWarnings,
  sharedNullWordWarning,
  dateWarnings,
  nearWarnings,
  refusedTextWarnings,
  quoted,
  rejectWarnings,
  truthPair,
  truthWarnings,
  unclearWarning,
} from './type-warnings.js'

/** The type of a column, with the options that `load` needs to read it. */
export interface ChosenType {
  readonly type: ColumnType
  /** The candidate that the type came from; undefined for texts. */
  readonly candidate: Candidate | undefined
  /** Options without which `load` does not read the column. */
  readonly options: CellOptions
  readonly nulls: number
  /** Number of texts that the type refuses; their rows become rejects. */
  readonly refused: number
  readonly warnings: readonly string[]
}

/** Options that would harm other columns, because they apply to all of them: `wordKey` or `notationOf` → why. */
export type Barred = ReadonlyMap<string, string>

export const wordKey = (word: string): string => `null ${word}`

/** Identifies a notation of numbers; empty for plain numbers. */
export const notationOf = ({ thousands, decimalComma }: CellOptions): string =>
  `${thousands ?? ''}${decimalComma ?? ''}`

const barredWord = ({ options }: ChosenType, barred: Barred): string | undefined =>
  options.nullTexts?.find(word => barred.has(wordKey(word)))

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

/** Returns true if the type, read with these options, accepts the kinds of the JSON values. */
type Suits = (type: ColumnType, options?: CellOptions) => boolean

export interface TypeWishes {
  /** True if the table is a DFS table, which limits the length of texts. */
  readonly intoDfs: boolean
  /** True to propose BOOL for pairs such as yes and no, with options for these words. Otherwise pairs stay texts. */
  readonly proposesTruths?: boolean
}

/** @returns undefined for JSON values that no type accepts: objects, arrays of texts, mixtures of kinds */
export function chooseType(
  probe: ColumnProbe,
  { intoDfs, proposesTruths = false }: TypeWishes,
  barred: Barred = new Map(),
): ChosenType | undefined {
  const { type } = probe
  const chosen = type === undefined ? suitableType(probe, barred) : saidType(probe, type)
  if (chosen === undefined) return undefined
  const isOpen = type === undefined ? keepsBlanks(chosen.type) : chosen.refused > 0
  const pair = proposesTruths && isOpen ? truthPair(probe) : undefined
  if (pair !== undefined && (type === undefined || type.type === 'BOOL')) {
    const options = { booleans: [pair.join('/')] }
    const { nulls } = probe
    return { ...chosen, type: { type: 'BOOL' }, nulls, refused: 0, options, warnings: [] }
  }
  if (chosen.type.type !== 'STRING' || probe.longestBytes <= maxStringBytes) return chosen
  const held = `a STRING column of a DFS table holds ${maxStringBytes} bytes, and a text has ${probe.longestBytes}`
  if (!intoDfs || type !== undefined) {
    return { ...chosen, warnings: [...chosen.warnings, `${held}: take a BLOB there`] }
  }
  return { ...chosen, type: text('BLOB'), warnings: [...chosen.warnings, `a BLOB: ${held}`] }
}

function suitableType(probe: ColumnProbe, barred: Barred): ChosenType | undefined {
  const { kinds } = probe
  const suits: Suits = (type, options = {}) =>
    kinds === undefined || takesKinds(probe.name, type, kinds, withOptions(probe.rules, options))
  const filled = probe.cells - probe.nulls
  if (filled === 0 && probe.cells === probe.textNulls) {
    if (!suits(text('STRING'))) return undefined
    return chosenText(probe, ['no value was seen: a STRING column takes any text'])
  }
  const fitting = withOneNotation(
    probe.candidates.filter(({ fits, type, options }) => fits && suits(type, options)),
  )
  const isTaken = suits(text('STRING'))
  const timed = digitTime(probe, fitting)
  const kept = probe.dateFormat === undefined && timed === undefined ? codeOf(probe) : undefined
  if (kept !== undefined && isTaken) {
    const dates = probe.facts.codeText === undefined ? [] : dateWarnings(probe)
    return chosenText(probe, [`${kept}: kept as text`, ...dates])
  }
  const read = fitting.filter(({ options }) => !barred.has(notationOf(options)))
  const found = timed ?? valueType(probe, read)
  const word = found && barredWord(found, barred)
  if (found !== undefined && (word === undefined || !isTaken)) return found
  if (!isTaken) return undefined
  if (word !== undefined) return chosenText(probe, [sharedNullWordWarning(found!.type, word)])
  if (probe.hasOtherOffsets)
    return chosenText(probe, [
      `times have different offsets, which no column keeps: ${option('cells.timeZone')} converts them to one time zone`,
    ])
  const [why] = fitting.flatMap(({ options }) => barred.get(notationOf(options)) ?? [])
  if (why !== undefined) return chosenText(probe, [why])
  return nearlyType(probe, suits, barred) ?? chosenText(probe, nearWarnings(probe))
}

/** The type that accepts all texts except a few, which are probably mistakes; undefined if there is none. */
function nearlyType(probe: ColumnProbe, suits: Suits, barred: Barred): ChosenType | undefined {
  const nearly = probe.candidates.filter(
    ({ fitsNearly, type, options }) =>
      fitsNearly && suits(type, options) && !barred.has(notationOf(options)),
  )
  const fewest = Math.min(...nearly.map(one => one.refused))
  const near = withOneNotation(nearly.filter(one => one.refused === fewest))
  const found = digitTime(probe, near) ?? valueType(probe, near)
  const { candidate } = found ?? {}
  if (found === undefined || candidate === undefined) return undefined
  if (barredWord(found, barred) !== undefined) return undefined
  const warnings = [...rejectWarnings(probe, candidate), ...found.warnings]
  return { ...found, refused: candidate.refused, warnings }
}

/** Why the digits of a column are no numbers, such as telephone numbers and securities' codes of five or six digits. */
function codeOf({ name, sample = '', facts }: ColumnProbe): string | undefined {
  const { codeText, dialedText, equalDigits } = facts
  if (codeText !== undefined) {
    return `${quoted(codeText)} has a leading zero, which a number would lose`
  }
  if (dialedText !== undefined) {
    return `${quoted(dialedText)} has a plus sign before as many digits as telephone numbers have`
  }
  if ((equalDigits !== 5 && equalDigits !== 6) || !isCodeName(name)) return undefined
  return `${quoted(sample)} is a code by the name ${name}, and other codes may have leading zeros`
}

/** Keeps the user's type, whatever the texts look like. */
function saidType(probe: ColumnProbe, type: ColumnType): ChosenType {
  const { candidates, nulls, textNulls } = probe
  if (keepsBlanks(type)) return { ...chosenText(probe, []), type, nulls: textNulls }
  const taken = candidates.filter(({ fits }) => fits)
  const fewest = Math.min(...candidates.map(({ refused }) => refused))
  const isSome = ({ refused, tried }: Candidate): boolean => refused === fewest && tried > refused
  const possible = taken.length > 0 ? taken : candidates.filter(isSome)
  const usual = possible.filter(isUsualTime)
  const fitting = usual.length > 0 ? usual : possible
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
    options: { ...best?.options, ...nullTextsOf(probe) },
    nulls,
    refused: odd?.refused ?? 0,
    warnings,
  }
}

/** The words of the column that an option must make null. */
function nullTextsOf({ nullWords }: ColumnProbe): Pick<CellOptions, 'nullTexts'> {
  return nullWords.length === 0 ? {} : { nullTexts: nullWords.map(({ word }) => word) }
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
  const plain = fitting.filter(({ isPlain }) => isPlain)
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
  const other = plain.find(({ type }) => !isTemporal(type.type) || type.array === true)
  if (other !== undefined) return chosen(probe, other)
  return spelled(probe, fitting) ?? formatted(probe, fitting)
}

/** The type for texts whose digits are dates or times; undefined if the digits may be numbers. */
function digitTime(probe: ColumnProbe, fitting: readonly Candidate[]): ChosenType | undefined {
  const { dateFormat, sample = '' } = probe
  const format = digitFormat(probe, fitting)
  if (format === undefined || dateFormat !== undefined) return undefined
  const types = typesOfFormat(format)
  // Texts in yyyyMMdd also fit a DATE candidate without a format. Only JSON numbers need the format yyyyMMdd.
  const found = fitting.find(
    one => types.includes(one.type.type) && (one.format === format || format === 'yyyyMMdd'),
  )
  if (found === undefined) return undefined
  const what = types.includes('DATE') ? 'dates' : 'times'
  const warning = `digits such as ${quoted(sample)} are read as ${what}, ${format}`
  return chosen(probe, found, [warning])
}

/** The type of numbers that `load` can read if an option names their notation. */
function spelled(probe: ColumnProbe, fitting: readonly Candidate[]): ChosenType | undefined {
  const { hasPoint, hasExponent, commaText, longText = probe.facts.lossyText } = probe.facts
  const found = fitting.filter(one => one.isNotation)
  const { thousands, decimalComma = false } = found[0]?.options ?? {}
  const hasFraction = decimalComma ? commaText !== undefined : hasPoint
  const whole = hasFraction || hasExponent ? undefined : found[0]
  const candidate = whole ?? found.find(({ type }) => type.type === 'DOUBLE')
  if (candidate === undefined) return undefined
  const isUnclear = probe.candidates.some(
    ({ fits, options }) => fits && options.decimalComma === true && options.thousands === undefined,
  )
  return chosen(probe, candidate, [
    ...(isUnclear && thousands === ','
      ? [
          `commas such as in ${quoted(commaText!)} count as thousands separators; ${option('cells.decimalComma')} reads decimals`,
        ]
      : []),
    ...(longText === undefined || candidate.type.type !== 'DOUBLE'
      ? []
      : [`DOUBLE does not keep all digits of ${quoted(longText)}`]),
  ])
}

/** Leaves out the candidates of all notations of numbers but the preferred one. */
function withOneNotation(candidates: readonly Candidate[]): Candidate[] {
  const options = candidates.find(one => one.isNotation)?.options
  return candidates.filter(one => !one.isNotation || one.options === options)
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
  return dated[0] && chosen(probe, dated[0])
}

function chosen(
  probe: ColumnProbe,
  candidate: Candidate,
  warnings: readonly string[] = [],
): ChosenType {
  const { type, options } = candidate
  return {
    type,
    candidate,
    options: { ...options, ...nullTextsOf(probe) },
    nulls: probe.nulls,
    refused: 0,
    warnings,
  }
}

/**
 * STRING, or SYMBOL if texts repeat.
 * @param nulled  how many cells, and how many of the different texts, an option makes null
 */
export function textType(
  { cells, textNulls, distinct, longestBytes }: ColumnProbe,
  nulled = { cells: 0, texts: 0 },
): ColumnType {
  const filled = cells - textNulls - nulled.cells
  const different = (distinct.count ?? Infinity) - nulled.texts
  const comesAgain =
    2 * different <= filled ||
    (filled < fewRows && 4 * different <= 3 * filled && longestBytes <= shortBytes)
  return text(comesAgain && filled > 0 && longestBytes <= maxSymbolBytes ? 'SYMBOL' : 'STRING')
}

function chosenText(probe: ColumnProbe, warnings: readonly string[]): ChosenType {
  return {
    type: textType(probe),
    candidate: undefined,
    options: {},
    nulls: probe.textNulls,
    refused: 0,
    warnings: [...warnings, ...blankWarnings(probe), ...truthWarnings(probe)],
  }
}
