/*
  Tries types with every cell of a column. The first block with values decides which types to try. A later block can only add
  other notations of numbers.
*/
import { UsageError } from '../errors.js'
import { everyColumn } from '../parse/cells/date-format.js'
import type { CellOptions, CellRules } from '../parse/cell-rules.js'
import { formatsReading } from '../parse/cells/written-formats.js'
import type { RecordBlock } from '../parse/record-block.js'
import { hasDateFormat } from '../parse/types/column-types.js'
import type { ColumnType, DataType } from '../protocol/data-type.js'
import { Candidate, type TrialResults } from './candidate.js'
import {
  arrayTypes,
  asFormat,
  notationsFor,
  numberTypes,
  plainTypes,
  type TriedType,
} from './candidate-types.js'
import { digitTypes, isLikely } from './digit-times.js'
import type { TextFacts } from './text-facts.js'

export interface TrialOptions {
  readonly name: string
  readonly rules: CellRules
  /** Facts about the column's texts. Texts of a block are added before any type is tried with the block. */
  readonly facts: TextFacts
  /** True to try also notations of numbers that `load` reads only with an option, such as a decimal comma. */
  readonly findsSpellings: boolean
  /** The user's type; if set, only this type is tried. */
  readonly type: ColumnType | undefined
}

export function arrayDelimiterOf({ arrayDelimiter = ',' }: CellRules): string {
  return arrayDelimiter
}

export class TypeTrials {
  readonly #options: TrialOptions
  #rules: CellRules
  #candidates: Candidate[] = []
  #isDecided = false

  constructor(options: TrialOptions) {
    this.#options = options
    this.#rules = options.rules
  }

  /** Candidates that may still fit, preferred types first. If the user gave a type, all candidates. */
  get candidates(): readonly Candidate[] {
    if (this.#options.type !== undefined) return this.#candidates
    return this.#candidates.filter(one => !one.isRuledOut)
  }

  /** @param arrayDelimiter  separator of the elements; set if the input's format marks the cells as arrays */
  read(block: RecordBlock, field: number, file: string, arrayDelimiter?: string): void {
    if (!this.#isDecided) {
      this.#begin(block, field, file, arrayDelimiter)
      return
    }
    const { candidates } = this
    const plain = candidates.findLast(one => one.isPlain && isNumber(one.type))
    if (plain === undefined || candidates.some(one => one.isNotation)) {
      for (const one of candidates) one.read(block, field, file)
      return
    }
    const { tried, refused, firstOdd, oddTexts } = plain
    for (const one of candidates) one.read(block, field, file)
    if (plain.refused === refused) return
    const before = { tried, refused, firstOdd, oddTexts }
    this.#candidates.push(...this.#notations(block, field, file, before))
  }

  #begin(block: RecordBlock, field: number, file: string, arrayDelimiter?: string): void {
    this.#isDecided = true
    const { type, facts } = this.#options
    const isArray = arrayDelimiter !== undefined
    if (isArray) this.#rules = { ...this.#rules, arrayDelimiter }
    const plain = type === undefined ? plainTypes : [type]
    const hasDigits = facts.wholeDigits > 0 || facts.codeText !== undefined
    const digits = hasDigits ? digitTypes : []
    const groups: (() => readonly TriedType[])[] = isArray
      ? [() => (type === undefined ? arrayTypes : [type])]
      : [() => [...plain, ...digits], () => formatsFor(block, field), () => this.#arraysInText()]
    for (const [i, group] of groups.entries()) {
      const tried = type === undefined ? group() : triedAs(type, group())
      const found = tried.flatMap(one => this.#candidate(one) ?? [])
      for (const one of found) one.read(block, field, file)
      this.#candidates.push(...found)
      if (i === 0 && !found.some(one => one.fits))
        this.#candidates.push(...this.#notations(block, field, file))
      if (type === undefined) this.#candidates = [...this.candidates]
      if (this.#candidates.some(one => one.fits)) break
    }
  }

  /** Tries arrays only if brackets or an option mark them, because an array in delimited text looks like any other text. */
  #arraysInText(): readonly TriedType[] {
    const { rules, facts, type } = this.#options
    if (rules.decimalComma === true || type !== undefined) return []
    const isMarked = facts.bracketed > 0 || rules.arrayDelimiter !== undefined
    return isMarked ? arrayTypes : []
  }

  /**
   * Candidates for other notations of numbers, if a text may need one, which have read the block, too. Notations that
   * refuse as many texts as plain numbers are left out.
   */
  #notations(block: RecordBlock, field: number, file: string, before?: TrialResults): Candidate[] {
    const { name, type: said, facts, findsSpellings } = this.#options
    if (!findsSpellings || !facts.isMarked) return []
    const plain = this.#candidates.filter(one => one.isPlain && isNumber(one.type))
    const fewest = Math.min(...plain.map(one => one.refused))
    const found = notationsFor(name).flatMap(options => {
      const { percentColumns, decimalComma = false } = options
      // Earlier numbers had no percent signs, and may have had points.
      if (
        before !== undefined &&
        (percentColumns !== undefined || (decimalComma && facts.hasFraction))
      )
        return []
      const types = percentColumns === undefined ? numberTypes : numberTypes.slice(-1)
      const wanted =
        said === undefined ? types.map(type => ({ type })) : isNumber(said) ? [said] : []
      return wanted.flatMap(type => this.#newCandidate(type, options, true) ?? [])
    })
    for (const one of found) {
      if (before !== undefined) Object.assign(one, before)
      one.read(block, field, file)
    }
    return found.filter(one => one.refused < fewest)
  }

  /** A candidate for the type; undefined if the rules of the column exclude it. */
  #candidate({ format, ...type }: TriedType): Candidate | undefined {
    const { name, type: said } = this.#options
    const own = format === undefined ? {} : { dateFormats: { [name]: format } }
    const mayFail = said !== undefined ? format !== undefined : type.array === true || this.#isNamed
    return this.#newCandidate(type, own, mayFail)
  }

  /** @param mayFail  true if rules that do not suit the type only exclude it */
  #newCandidate(type: ColumnType, options: CellOptions, mayFail: boolean): Candidate | undefined {
    const { name } = this.#options
    try {
      // The user gave a different format for the column.
      if (options.dateFormats && hasDateFormat(name, type.type, this.#rules)) return undefined
      return new Candidate(name, type, this.#rules, options)
    } catch (error) {
      if (error instanceof UsageError && mayFail) return undefined
      throw error
    }
  }

  /** True if a rule names the column; types that do not suit the rule are then not tried. */
  get #isNamed(): boolean {
    const { name, rules } = this.#options
    const { dateFormats = {}, percentColumns = [] } = rules
    return Object.hasOwn(dateFormats, name) || percentColumns.includes(name)
  }
}

const isNumber = ({ type, array }: ColumnType): boolean => array !== true && numbers.test(type)
const numbers = /^(?:CHAR|SHORT|INT|LONG|FLOAT|DOUBLE|DECIMAL\d+)$/

/** In each list, a type can hold every value of the types before it. */
const widerTypes: readonly (readonly DataType[])[] = [
  ['DATE', 'DATETIME', 'TIMESTAMP', 'NANOTIMESTAMP'],
  ['MINUTE', 'SECOND', 'TIME', 'NANOTIME'],
]

/** True if a column of type `wide` can hold every value of the type `narrow`. */
function holdsValuesOf(wide: DataType, narrow: DataType): boolean {
  const order = widerTypes.find(types => types.includes(wide)) ?? [wide]
  const place = order.indexOf(narrow)
  return place >= 0 && place <= order.indexOf(wide)
}

/** Also tries formats of narrower types than the user's type, because the user's type holds all their values. */
function triedAs(said: ColumnType, tried: readonly TriedType[]): TriedType[] {
  const found = new Map<string | undefined, TriedType>()
  for (const { type, format } of tried) {
    if (format === undefined ? type === said.type : holdsValuesOf(said.type, type))
      found.set(format, { ...said, ...(format === undefined ? {} : { format }) })
  }
  return [...found.values()]
}

/** How many first texts of a field to examine. Formats that fit none of them are not tried with the whole column. */
const firstTexts = 5

/** Lists the formats that fit at least one of a field's first texts, preferred formats first. */
function formatsFor(block: RecordBlock, field: number): readonly TriedType[] {
  const { bytes, starts, ends, fieldCount, rowCount } = block
  const cells = Array.from({ length: rowCount }, (_, row) => row * fieldCount + field)
  const filled = cells.filter(cell => starts[cell] !== ends[cell]).slice(0, firstTexts)
  const found = filled.flatMap(cell => formatsReading(bytes, starts[cell]!, ends[cell]!))
  return [...new Set(found)].flatMap(asFormat)
}

/**
 * The user's date format for a column. A format for all columns does not count if it begins with `epoch` or `excel`. A
 * time of day for all columns counts only if the column's name and digits suggest one.
 */
export function givenFormat(
  name: string,
  { dateFormats = {} }: CellRules,
  facts: TextFacts,
): string | undefined {
  if (Object.hasOwn(dateFormats, name)) return dateFormats[name]
  const every = Object.hasOwn(dateFormats, everyColumn) ? dateFormats[everyColumn] : undefined
  if (every === undefined || /^e/.test(every)) return undefined
  // Nearly any number could be a time of day without leading zeros.
  return isLikely(every, { name, facts }) ? every : undefined
}
