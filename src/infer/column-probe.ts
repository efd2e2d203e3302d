/* Examines one column of the inputs: tries every cell with every reading that may still fit, and records what the texts look like. The
   first block with values decides which readings to try. A later block can only add other notations of numbers. Memory does not grow with
   the rows. */
import { UsageError } from '../errors.js'
import { clippedText } from '../parse/cells/cell-bytes.js'
import type { CellRules } from '../parse/cell-rules.js'
import { NullTexts } from '../parse/types/cell-types.js'
import type { ColumnType } from '../protocol/data-type.js'
import { hasDateFormat } from '../parse/types/column-types.js'
import {
  arrayReadings,
  Candidate,
  digitFormatsFor,
  formatReadings,
  formatsDroppingIn,
  formatsIn,
  givenFormat,
  isNumber,
  notationReadings,
  plain,
  plainReadings,
  type Reading,
  readingsAs,
} from './candidate.js'
import { DistinctCount, shapes, TextFacts } from './text-facts.js'
import type { RecordBlock } from '../parse/record-block.js'

/** Words that mean null even in a column of texts. */
export const sureNulls: readonly string[] = [
  ...['N/A', 'n/a', '#N/A', 'NULL', 'null', 'Null', '\\N', '(null)', '<NA>', '#NULL!'],
  ...['NaN', 'nan', 'NAN', '--', '---', '\u2014'],
]
/** Words that may mean something else: NA is Namibia, `-` a direction, `.` a strand of DNA. */
const otherWords = ['NA', 'na', 'None', 'none', 'nil', '-', '.', '?', '*']

const words = [...sureNulls, ...otherWords]
const wordTexts = new NullTexts(words)

export interface ProbeOptions {
  /** Name of the column in the target, to which rules may refer. */
  readonly name: string
  readonly rules: CellRules
  /** The probe counts different texts only up to this limit. */
  readonly maxDistinct: number
  /** What is known of the kinds of JSON values; undefined for texts, which always have a type. */
  readonly kinds?: SeenKinds
  /** Set for fields of delimited text: only they may suggest options for words that mean null and for notations of numbers. */
  readonly isHeaderless?: boolean
  /** The user's type for the column. */
  readonly type?: ColumnType | undefined
}

/** Kinds of the JSON values and of the array elements in a column, as bits (`jsonKinds`). */
export interface SeenKinds {
  values: number
  elements: number
}

/** A word for null, and the number of cells that have it. */
export interface NullWord {
  readonly word: string
  readonly cells: number
}

type Cells = Parameters<Candidate['read']>

const keptTexts = 3

export class ColumnProbe {
  readonly name: string
  readonly rules: CellRules
  readonly kinds: SeenKinds | undefined
  readonly isHeaderless: boolean | undefined
  /** The first text without quotes that begins or ends with blanks, among `texts`. */
  paddedText: string | undefined
  /** Cells that are null as text (`textNulls`), and cells that are null for types that ignore blanks (`nulls`). */
  textNulls = 0
  nulls = 0
  cells = 0
  /** Total and longest length of the texts that are not null. */
  textBytes = 0
  longestBytes = 0
  readonly facts: TextFacts
  readonly distinct: DistinctCount
  /** True if a time in the column has a time zone offset, which no column stores. */
  hasOffset = false
  /** The first few distinct texts of the column, shortened. */
  readonly texts: string[] = []
  readonly type: ColumnType | undefined
  lastRecord: { readonly file: string; readonly lineNumber: number } | undefined
  readonly #nullTexts: NullTexts
  /** Number of cells with each of the words for null. */
  readonly #wordCells: number[] = words.map(() => 0)
  /** The rules with which readings are tried. */
  #triedRules: CellRules
  #candidates: Candidate[] = []
  #isDecided = false

  constructor({ name, rules, maxDistinct, kinds, isHeaderless, type }: ProbeOptions) {
    this.name = name
    this.rules = rules
    this.kinds = kinds
    this.isHeaderless = isHeaderless
    this.type = type
    this.facts = new TextFacts(rules)
    this.#triedRules = { ...rules, onOffset: () => void (this.hasOffset = true) }
    this.distinct = new DistinctCount(maxDistinct)
    this.#nullTexts = new NullTexts(rules.nullTexts ?? [])
  }

  /** Readings that may still fit, preferred ones first. If the user gave a type, all readings that were tried. */
  get candidates(): readonly Candidate[] {
    if (this.type !== undefined) return this.#candidates
    return this.#candidates.filter(one => !one.isRuledOut)
  }

  /** Examines a field, and empties cells that mean null. @param arrayDelimiter  set if the input's format marks the cells as arrays */
  look(block: RecordBlock, field: number, file: string, arrayDelimiter?: string): void {
    if (block.rowCount === 0) return
    this.lastRecord = { file, lineNumber: block.lineNumbers[block.rowCount - 1]! }
    this.#lookAtTexts(block, field)
    this.#nullTexts.apply(block, field, true)
    const aside: [cell: number, end: number][] = []
    if (this.isHeaderless !== undefined) {
      wordTexts.apply(block, field, true, (word, cell, end) => {
        this.#wordCells[word]!++
        aside.push([cell, end])
      })
    }
    if (arrayDelimiter !== undefined) this.facts.areArrays = true
    const before = this.cells - this.nulls
    this.#lookAtValues(block, field)
    if (this.cells - this.nulls > before) {
      if (this.#isDecided) this.#goOn(block, field, file)
      else this.#begin(arrayDelimiter, block, field, file)
    }
    // A template (a text of `mapping.set` with names of fields) may contain the field, and there the word need not mean null.
    for (const [cell, end] of aside) block.ends[cell] = end
  }

  /** The words for null in unquoted cells. An option of `load` makes them null in columns of numbers, dates and truth values. */
  get nullWords(): readonly NullWord[] {
    const counted = words.map((word, i) => ({ word, cells: this.#wordCells[i]! }))
    return counted.filter(({ cells }) => cells > 0)
  }

  /** The first text that is not null, shortened. */
  get sample(): string | undefined {
    return this.texts[0]
  }

  /** Counts a null for each of these rows, which lack the column. */
  pass(rows: number): void {
    this.cells += rows
    this.nulls += rows
    this.textNulls += rows
  }

  get dateFormat(): string | undefined {
    return givenFormat(this, this.rules)
  }

  #lookAtTexts(block: RecordBlock, field: number): void {
    const { bytes, starts, ends, fieldCount, rowCount } = block
    for (let row = 0, cell = field; row < rowCount; row++, cell += fieldCount) {
      const start = starts[cell]!
      const end = ends[cell]!
      if (start === end) {
        this.textNulls++
        continue
      }
      const length = end - start
      this.textBytes += length
      if (length > this.longestBytes) this.longestBytes = length
      const isNew = this.distinct.add(bytes, start, end)
      if (!isNew || this.texts.length === keptTexts) continue
      const text = clippedText(bytes, start, end)
      this.texts.push(text)
      const isPadded = this.isHeaderless !== undefined && /^[ \t]+\S|\S[ \t]+$/.test(text)
      if (isPadded && !block.isQuoted(row, cell)) this.paddedText ??= text
    }
  }

  #lookAtValues(block: RecordBlock, field: number): void {
    const { bytes, starts, ends, fieldCount, rowCount } = block
    this.cells += rowCount
    for (let row = 0, cell = field; row < rowCount; row++, cell += fieldCount) {
      if (starts[cell] === ends[cell]) this.nulls++
      else this.facts.look(bytes, starts[cell]!, ends[cell]!)
    }
  }

  #begin(arrayDelimiter: string | undefined, ...cells: Cells): void {
    const [block, field] = cells
    const isArray = arrayDelimiter !== undefined
    this.#isDecided = true
    if (isArray) this.#triedRules = { ...this.#triedRules, arrayDelimiter }
    for (const readings of this.#groups(block, field, isArray)) {
      this.#try(readings, {}, ...cells)
      if (this.#candidates.some(one => one.fits)) break
    }
  }

  /** The readings to try with the first block, until one fits. */
  *#groups(block: RecordBlock, field: number, isArray: boolean): Generator<readonly Reading[]> {
    const { type, facts, name, rules } = this
    const own = type && [{ type, options: plain }]
    if (isArray) {
      yield own ?? arrayReadings
      return
    }
    const hasDigits = facts.most(shapes.wholeDigits) > 0 || facts.has(shapes.code)
    const digits = hasDigits ? digitFormatsFor(name, type !== undefined) : []
    yield [...(own ?? plainReadings), ...formatReadings(name, digits)]
    yield this.#notations(false)
    yield formatReadings(name, formatsIn(block, field))
    // Brackets or an option mark arrays, because an array in delimited text looks like any other text.
    const isMarked = facts.hasArrays || rules.arrayDelimiter !== undefined
    if (isMarked && rules.decimalComma !== true && type === undefined) yield arrayReadings
    const isZoned = (rules.timeZone ?? 'none') !== 'none'
    if (type !== undefined)
      yield formatReadings(name, formatsDroppingIn(block, field, type.type, isZoned))
  }

  #goOn(...cells: Cells): void {
    const { candidates } = this
    const number = candidates.findLast(one => one.isPlain && isNumber(one.type))
    const before = candidates.some(one => one.isNotation) ? undefined : number?.results
    for (const one of candidates) one.read(...cells)
    if (before !== undefined && number!.refused > before.refused)
      this.#try(this.#notations(true), before, ...cells)
  }

  /** Other notations of numbers, if a text may need one. @param isLate  true if plain numbers have fitted earlier blocks */
  #notations(isLate: boolean): readonly Reading[] {
    const { facts, name, rules } = this
    if (this.isHeaderless === undefined || !facts.has(shapes.marked)) return []
    const given = rules.thousands
    return notationReadings(name).filter(({ options }) => {
      const { percentColumns, decimalComma = false, thousands = given } = options
      // Earlier numbers had no percent signs, and may have had points.
      const isNew = percentColumns !== undefined || (decimalComma && facts.hasFraction)
      // The user's separator applies to all columns, so no column may ask for another one.
      return (given === undefined || thousands === given) && !(isLate && isNew)
    })
  }

  /**
   * Tries the readings that the column's rules admit. Leaves out notations that refuse as many texts as plain numbers.
   * @param before  what plain numbers have found in earlier blocks
   */
  #try(readings: readonly Reading[], before: Partial<Candidate['results']>, ...cells: Cells): void {
    const { type } = this
    const numbers = this.#candidates.filter(one => one.isPlain && isNumber(one.type))
    const fewest = Math.min(...numbers.map(one => one.refused))
    const wanted = type === undefined ? readings : readingsAs(type, readings)
    const found = wanted.flatMap(one => this.#candidate(one) ?? [])
    for (const one of found) Object.assign(one, before).read(...cells)
    this.#candidates.push(...found.filter(one => !one.isNotation || one.refused < fewest))
    this.#candidates = [...this.candidates]
  }

  #candidate(reading: Reading): Candidate | undefined {
    const { name, type: said } = this
    const { type, options } = reading
    const { dateFormats = {}, percentColumns = [] } = this.rules
    const isNamed = Object.hasOwn(dateFormats, name) || percentColumns.includes(name)
    // Rules that do not suit the reading only exclude it, unless nothing but the type could be wrong.
    const isOwn = said !== undefined || (type.array !== true && !isNamed)
    const isSure = isOwn && Object.keys(options).length === 0
    try {
      // The user gave a different format for the column.
      if (options.dateFormats && hasDateFormat(name, type.type, this.#triedRules)) return undefined
      return new Candidate(name, reading, this.#triedRules)
    } catch (error) {
      if (error instanceof UsageError && !isSure) return undefined
      throw error
    }
  }
}
