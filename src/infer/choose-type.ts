/* Chooses a column's type from the texts seen, all but a few of which it must accept. A warning explains a choice that is not obvious. */
import * as warn from './type-warnings.js'
import { option } from '../errors.js'
import { kindsOf } from '../parse/json/json-members.js'
import { jsonKinds } from '../parse/json/json-kinds.js'
import type { CellOptions } from '../parse/cell-rules.js'
import { keepsBlanks } from '../parse/types/column-types.js'
import type { ColumnType, DataType } from '../protocol/data-type.js'
import { isTemporal } from '../protocol/types/temporals.js'
import { maxSentBytes, maxStringBytes, maxSymbolBytes } from '../schema/target-schema.js'
import {
  type Candidate,
  digitFormat,
  isUsualTime,
  plain,
  typesOfFormat,
  withOptions,
} from './candidate.js'
import { isCodeName } from './column-names.js'
import { sureNulls, type ColumnProbe, type NullWord } from './column-probe.js'
import { shapes } from './text-facts.js'
import { quoted } from './type-warnings.js'

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
  /** Sentences about the words that options make null. */
  readonly nullWords: readonly string[]
}

export interface TypeWishes {
  /** True if the table is a DFS table, which limits the length of texts. */
  readonly intoDfs: boolean
  /** True to propose BOOL for pairs such as yes and no, with options for these words. Otherwise pairs stay texts. */
  readonly proposesTruths?: boolean
}

type Warnings = readonly (string | undefined)[]

/** What a column's type also depends on, because some options apply to all columns. */
export interface ChoosingRules extends TypeWishes {
  /** Options that would harm other columns: `wordKey` or `notationOf` → why. */
  readonly barred?: ReadonlyMap<string, string>
  /** Words that options of other columns make null. */
  readonly nullTexts?: readonly string[]
}

export const wordKey = (word: string): string => `null ${word}`

/** Identifies a notation of numbers; empty for plain numbers. */
export const notationOf = ({ thousands, decimalComma }: CellOptions): string =>
  `${thousands ?? ''}${decimalComma ?? ''}`

/** SYMBOL needs texts that occur twice on average; of fewer than 100 short texts, it is enough that a quarter repeat others. */
const fewRows = 100
const shortBytes = 32
/** Number of digits that each decimal type can always hold. */
const decimal64Digits = 18
const decimal128Digits = 38

const string: ColumnType = { type: 'STRING' }

/** @returns undefined for JSON values that no type accepts: objects, arrays of texts, mixtures of kinds */
export function chooseType(probe: ColumnProbe, rules: ChoosingRules): ChosenType | undefined {
  const { type } = probe
  const found = type === undefined ? openType(probe, rules) : saidType(probe, type, rules)
  if (found === undefined || rules.proposesTruths !== true) return found
  const isOpen =
    type === undefined ? keepsBlanks(found.type) : type.type === 'BOOL' && found.refused > 0
  const pair = isOpen ? warn.truthPair(probe) : undefined
  if (pair === undefined) return found
  const options = { booleans: [pair.join('/')] }
  const bool = { type: { type: 'BOOL' }, nulls: probe.nulls, refused: 0, options } as const
  return { ...found, ...bool, warnings: [], nullWords: [] }
}

/** The reading that refuses the fewest texts, if so few that they may be mistakes; otherwise text. */
function openType(probe: ColumnProbe, rules: ChoosingRules): ChosenType | undefined {
  const { barred = new Map<string, string>() } = rules
  const isTaken = takesKinds(probe, string, plain)
  const asText = (...warnings: Warnings): ChosenType | undefined =>
    isTaken ? chosenText(probe, rules, warnings) : undefined
  if (probe.cells === probe.textNulls)
    return asText('no value was seen: a STRING column takes any text')
  const usable = probe.candidates.filter(
    one => (one.fits || one.fitsNearly) && takesKinds(probe, one.type, one.options),
  )
  const fewest = Math.min(...usable.map(({ refused }) => refused))
  const best = usable.filter(({ refused }) => refused === fewest)
  const notation = best.find(one => one.isNotation)?.options
  const fitting = best.filter(one => !one.isNotation || one.options === notation)
  const timed = digitTime(probe, fitting)
  const isOpen = probe.dateFormat === undefined && (timed === undefined || fewest > 0)
  const code = isOpen ? codeOf(probe) : undefined
  if (code !== undefined && (isTaken || probe.facts.codeInArray !== undefined)) {
    const isZero = probe.facts.has(shapes.code)
    return asText(`${code}: kept as text`, isZero ? warn.dateWarning(probe) : undefined)
  }
  const free = fitting.filter(({ options }) => !barred.has(notationOf(options)))
  const found = timed ?? valueType(probe, free, rules)
  const word = found?.options.nullTexts?.find(one => barred.has(wordKey(one)))
  if (found !== undefined && fewest === 0) {
    const isShared = word !== undefined && isTaken
    return isShared ? asText(warn.sharedNullWordWarning(found.type, word)) : found
  }
  if (probe.rules.columnOffsets?.of(probe.name).hasOthers === true)
    return asText(
      `times have different offsets, which no column keeps: ${option('cells.timeZone')} converts them to one time zone`,
    )
  const [why] = fitting.flatMap(({ options }) => barred.get(notationOf(options)) ?? [])
  const candidate = isTaken && word === undefined ? found?.candidate : undefined
  if (candidate === undefined) return asText(why ?? warn.nearWarning(probe))
  const warnings = [warn.rejectWarning(probe, candidate), ...found!.warnings]
  return { ...found!, refused: candidate.refused, warnings }
}

/** Why the digits of a column are no numbers, such as telephone numbers and securities' codes of five or six digits. */
function codeOf({ name, sample = '', facts }: ColumnProbe): string | undefined {
  // Groups of a number, such as 0,123,456, do not begin with a zero.
  const zero = facts.first(shapes.code) ?? facts.first(shapes.marked, /^0.*,.*,/)
  const code = zero ?? facts.codeInArray ?? facts.first(shapes.dialed)
  if (code !== undefined && /^\+[1-9]/.test(code))
    return `${quoted(code)} has a plus sign before as many digits as telephone numbers have`
  if (code !== undefined) return `${quoted(code)} has a leading zero, which a number would lose`
  if (![5, 6].includes(facts.equalDigits) || !isCodeName(name)) return undefined
  return `${quoted(sample)} is a code by the name ${name}, and other codes may have leading zeros`
}

/** Keeps the user's type, whatever the texts look like. */
function saidType(probe: ColumnProbe, type: ColumnType, rules: ChoosingRules): ChosenType {
  if (keepsBlanks(type)) return chosenText(probe, rules, [], type)
  const { candidates } = probe
  const usual = candidates.filter(isUsualTime)
  const fewest = Math.min(...usual.map(({ refused }) => refused))
  const fitting = usual.filter(({ refused, tried }) => tried > refused && refused === fewest)
  const formats = [...new Set(fitting.flatMap(({ format }) => format ?? []))]
  const best =
    fitting.find(({ format }) => format === undefined) ??
    (formats.length === 1 ? fitting[0] : undefined)
  const odd = best ?? candidates[0]
  const isUnclear = best === undefined && formats.length > 1
  const warning = isUnclear
    ? warn.unclearWarning(probe, formats)
    : odd && warn.refusedTextWarning(probe, odd)
  return { ...chosen(probe, best, warning), type, refused: odd?.refused ?? 0 }
}

const nullOption = ({ word }: NullWord): string => `${option('cells.nullTexts')} ${word}`

const seenWord = ({ cells: rows }: ColumnProbe, { word, cells }: NullWord): string =>
  `${quoted(word)} in ${cells} of ${rows} rows`

/** True if the type, read with these options, accepts the kinds of the JSON values. */
function takesKinds(probe: ColumnProbe, type: ColumnType, options: CellOptions): boolean {
  const { kinds, name, rules } = probe
  if (kinds === undefined) return true
  const column = { name, type, source: { kind: 'member' as const, name } }
  const taken = kindsOf(column, withOptions(rules, options))
  const values = kinds.values & ~(jsonKinds.null | taken.kinds)
  const elements = kinds.elements & ~(jsonKinds.null | taken.elementKinds)
  return values === 0 && elements === 0
}

/** The preferred type of those that read the texts, plain notations first. */
function valueType(
  probe: ColumnProbe,
  fitting: readonly Candidate[],
  rules: ChoosingRules,
): ChosenType | undefined {
  const { dateFormat, facts } = probe
  const whole: readonly DataType[] = facts.hasFraction ? [] : ['INT', 'LONG']
  const numbers: readonly DataType[] = facts.isVaried ? [] : [...whole, 'BOOL', 'DOUBLE']
  const order =
    dateFormat === undefined
      ? [...numbers, ...typesAsWritten(probe)]
      : [...typesOfFormat(dateFormat), ...numbers]
  const usual = fitting.filter(({ isPlain }) => isPlain)
  const isTime = ({ type: { type, array } }: Candidate): boolean =>
    isTemporal(type) && array !== true
  const [first = usual.find(one => !isTime(one))] = order.flatMap(
    type => usual.find(one => one.type.type === type && isTime(one) === isTemporal(type)) ?? [],
  )
  if (first === undefined) {
    const number = spelled(probe, fitting)
    const dated = fitting.filter(({ format }) => format !== undefined)
    const formats = [...new Set(dated.flatMap(({ format }) => format ?? []))]
    if (number !== undefined || formats.length === 0) return number
    // An option must name the format, and if several fit, nobody knows which is right.
    if (formats.length > 1) return chosenText(probe, rules, [warn.unclearWarning(probe, formats)])
    return chosen(probe, dated[0])
  }
  if (isTime(first)) {
    const isLost = probe.hasOffset && (probe.rules.timeZone ?? 'none') === 'none'
    const warning = `times have offsets, which are not kept: ${option('cells.timeZone')} converts them to one time zone`
    return chosen(probe, first, isLost ? warning : undefined)
  }
  const { type } = first.type
  if (type === 'DOUBLE') return floating(probe, first)
  return chosen(probe, first, type === 'BOOL' ? undefined : warn.dateWarning(probe))
}

/** Types that hold the most precise time among the texts. The notation counts: `.000` means milliseconds. */
function typesAsWritten({ facts }: ColumnProbe): readonly DataType[] {
  const { secondDigits } = facts
  if (secondDigits > 3) return ['NANOTIME', 'NANOTIMESTAMP', 'TIMESTAMP']
  if (secondDigits > 0) return ['TIME', 'TIMESTAMP']
  if (!facts.has(shapes.time)) return ['MONTH', 'DATE']
  return ['MINUTE', 'SECOND', 'DATETIME', 'TIMESTAMP', 'DATEHOUR']
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
  const what = types.includes('DATE') ? 'dates' : 'times'
  const warning = `digits such as ${quoted(sample)} are read as ${what}, ${format}`
  return found && chosen(probe, found, warning)
}

/** The type of numbers that `load` can read if an option names their notation. */
function spelled(probe: ColumnProbe, fitting: readonly Candidate[]): ChosenType | undefined {
  const { facts } = probe
  const commaText = facts.first(shapes.marked, /,/)
  const longText = facts.first(shapes.long) ?? facts.lossyText
  const found = fitting.filter(one => one.isNotation)
  const { thousands, decimalComma = false } = found[0]?.options ?? {}
  const hasFraction = decimalComma ? commaText !== undefined : facts.has(/\./)
  const whole = hasFraction || facts.has(shapes.exponent) ? undefined : found[0]
  const candidate = whole ?? found.find(({ type }) => type.type === 'DOUBLE')
  if (candidate === undefined) return undefined
  const isUnclear = probe.candidates.some(
    ({ fits, options }) => fits && options.decimalComma === true && options.thousands === undefined,
  )
  return chosen(
    probe,
    candidate,
    isUnclear && thousands === ','
      ? `commas such as in ${quoted(commaText!)} count as thousands separators; ${option('cells.decimalComma')} reads decimals`
      : undefined,
    longText !== undefined && candidate.type.type === 'DOUBLE'
      ? `DOUBLE does not keep all digits of ${quoted(longText)}`
      : undefined,
  )
}

/** A DOUBLE, or a decimal if a double would change digits of a text. */
function floating(probe: ColumnProbe, double: Candidate): ChosenType {
  const { facts } = probe
  const { lossyText } = facts
  if (lossyText === undefined) return chosen(probe, double)
  const scale = facts.most(shapes.fractionDigits)
  const digits = facts.most(shapes.wholeDigits) + scale
  const isPercent = probe.rules.percentColumns?.includes(probe.name) === true
  const isArray = double.type.array === true
  if (isArray || facts.has(shapes.exponent) || isPercent || digits > decimal128Digits) {
    return chosen(probe, double, `DOUBLE does not keep all digits of ${quoted(lossyText)}`)
  }
  const type = digits <= decimal64Digits ? 'DECIMAL64' : 'DECIMAL128'
  const warning = `a decimal, because DOUBLE does not keep all digits of ${quoted(lossyText)}`
  return { ...chosen(probe, double, warning), type: { type, scale } }
}

function chosen(
  probe: ColumnProbe,
  candidate: Candidate | undefined,
  ...warnings: Warnings
): ChosenType {
  const nullTexts = probe.nullWords.map(({ word }) => word)
  return {
    ...{ type: candidate?.type ?? string, candidate, nulls: probe.nulls, refused: 0 },
    warnings: warnings.flatMap(one => one ?? []),
    options: { ...candidate?.options, ...(nullTexts.length > 0 && { nullTexts }) },
    nullWords: probe.nullWords.map(
      one => `${seenWord(probe, one)} is null with ${nullOption(one)}`,
    ),
  }
}

/** The texts as they are, without the words that options of other columns make null. @param said  the user's type */
function chosenText(
  probe: ColumnProbe,
  { intoDfs, nullTexts = [] }: ChoosingRules,
  warnings: Warnings,
  said?: ColumnType,
): ChosenType {
  const { nullWords, longestBytes } = probe
  const nulled = nullWords.filter(({ word }) => nullTexts.includes(word))
  const kept = nullWords.filter(one => !nulled.includes(one) && sureNulls.includes(one.word))
  const nulls = nulled.reduce((sum, { cells }) => sum + cells, probe.textNulls)
  const own = said ?? textType(probe, nulls, nulled.length)
  const isLong = own.type === 'STRING' && longestBytes > maxStringBytes
  const isUnsent = longestBytes > maxSentBytes
  const isBlob = isLong && (intoDfs || isUnsent) && said === undefined
  const most = isUnsent
    ? `on the wire holds ${maxSentBytes}`
    : `column of a DFS table holds ${maxStringBytes}`
  const held = `a STRING ${most} bytes, and a text has ${longestBytes}`
  return {
    ...{ type: isBlob ? { type: 'BLOB' } : own, candidate: undefined, options: {}, refused: 0 },
    nulls,
    warnings: [
      ...[...warnings, warn.blankWarning(probe), warn.truthWarning(probe)],
      isBlob ? `a BLOB: ${held}` : isLong ? `${held}: take a BLOB there` : undefined,
      ...kept.map(one => `${seenWord(probe, one)} stays a text: ${nullOption(one)} makes it null`),
    ].flatMap(one => one ?? []),
    nullWords: nulled.map(
      one => `${quoted(one.word)} is null with ${nullOption(one)}, as in other columns`,
    ),
  }
}

/** STRING, or SYMBOL if texts repeat. @param words  how many different texts are null */
function textType(probe: ColumnProbe, nulls: number, words: number): ColumnType {
  const { cells, distinct, longestBytes } = probe
  const filled = cells - nulls
  const different = (distinct.count ?? Infinity) - words
  const comesAgain =
    2 * different <= filled ||
    (filled < fewRows && 4 * different <= 3 * filled && longestBytes <= shortBytes)
  return comesAgain && filled > 0 && longestBytes <= maxSymbolBytes ? { type: 'SYMBOL' } : string
}
