/*
  Tries types with every cell of a column. The first block with values decides which types to try. Later blocks can only add other
  notations of numbers.
*/
import { UsageError } from '../errors.js'
import { everyColumn } from '../parse/cells/date-format.js'
import type { CellRules } from '../parse/cell-rules.js'
import type { RecordBlock } from '../parse/record-block.js'
import { hasDateFormat } from '../parse/types/column-types.js'
import type { ColumnType, DataType } from '../protocol/data-type.js'
import { Candidate } from './candidate.js'
import {
  arrayTypes,
  numberTypes,
  plainTypes,
  unitsPerDay,
  type TriedType,
} from './candidate-types.js'
import type { NumberFlags } from './number-spelling.js'
import type { TextFacts } from './text-facts.js'
import { formatsFor } from './written-dates.js'

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
  #flags: NumberFlags | undefined
  #blocks = 0

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
    if (!this.#isDecided) this.#begin(block, field, file, arrayDelimiter)
    else {
      this.#addSpellings()
      for (const one of this.candidates) one.read(block, field, file)
    }
    this.#blocks++
  }

  #begin(block: RecordBlock, field: number, file: string, arrayDelimiter?: string): void {
    this.#isDecided = true
    const { type, facts } = this.#options
    const isArray = arrayDelimiter !== undefined
    if (isArray) this.#rules = { ...this.#rules, arrayDelimiter }
    const plain = type === undefined ? plainTypes : [type]
    const digits = facts.digitTimes.fittingDigits.flatMap(({ types, format }) =>
      types.map(one => ({ type: one, format })),
    )
    const groups: (() => readonly TriedType[])[] = isArray
      ? [() => (type === undefined ? arrayTypes : [type])]
      : [() => [...plain, ...digits], () => formatsFor(block, field), () => this.#arraysInText()]
    for (const [i, group] of groups.entries()) {
      const tried = type === undefined ? group() : triedAs(type, group())
      const found = tried.flatMap(one => this.#candidate(one) ?? [])
      if (i === 0 && !isArray) found.push(...this.#spellings([]))
      for (const one of found) one.read(block, field, file)
      this.#candidates.push(...found.filter(one => type !== undefined || !one.isRuledOut))
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

  /** Adds candidates for a new notation of numbers, once a number needs it and all earlier numbers fit it. */
  #addSpellings(): void {
    const before = this.#flags
    const { facts, findsSpellings } = this.#options
    const { flags } = facts.numbers
    const isKnown =
      flags?.thousands === before?.thousands &&
      flags?.decimalComma === before?.decimalComma &&
      flags?.isPercent === before?.isPercent
    if (!findsSpellings || flags === undefined || isKnown) return
    // In a column of percentages, every text needs a percent sign. If some number has a decimal point, no comma is a
    // decimal comma.
    if (flags.isPercent !== (before?.isPercent ?? false)) return
    if (flags.decimalComma && before?.decimalComma !== true && facts.hasFraction) return
    this.#candidates.push(...this.#spellings(this.#candidates))
  }

  /** Candidates for the number notation that was found last. Each continues the counts of its type's last candidate. */
  #spellings(before: readonly Candidate[]): Candidate[] {
    const { flags } = this.#options.facts.numbers
    if (flags === undefined || !this.#options.findsSpellings) return []
    this.#flags = flags
    const { type: said } = this.#options
    const types = flags.isPercent ? numberTypes.slice(-1) : numberTypes
    const wanted: readonly ColumnType[] =
      said === undefined
        ? types.map(type => ({ type }))
        : numbers.test(said.type) && said.array !== true
          ? [said]
          : []
    return wanted.flatMap(wantedType => {
      const one = this.#spelled(wantedType, flags)
      if (one === undefined) return []
      const { type } = wantedType
      const last = before.findLast(other => other.type.type === type && other.format === undefined)
      if (last !== undefined) one.continueFrom(last)
      return this.#blocks === 0 || last?.isRuledOut === false ? [one] : []
    })
  }

  /** A candidate for this notation; undefined if the rules give one of its separators a different meaning. */
  #spelled(type: ColumnType, flags: NumberFlags): Candidate | undefined {
    try {
      return this.#newCandidate(type, { flags })
    } catch (error) {
      if (error instanceof UsageError) return undefined
      throw error
    }
  }

  /** A candidate for the type; undefined if the rules of the column exclude it. */
  #candidate({ format, ...type }: TriedType): Candidate | undefined {
    const { name } = this.#options
    try {
      // The user gave a different format for the column.
      if (format !== undefined && hasDateFormat(name, type.type, this.#rules)) return undefined
      const own = format === undefined ? {} : { format }
      return this.#newCandidate(type, own)
    } catch (error) {
      const isSaid = this.#options.type !== undefined
      const isExcluded = isSaid ? format !== undefined : type.array === true || this.#isNamed
      if (error instanceof UsageError && isExcluded) return undefined
      throw error
    }
  }

  #newCandidate(
    type: ColumnType,
    own: { readonly format?: string; readonly flags?: NumberFlags },
  ): Candidate {
    const keepsRange = type.array !== true && unitsPerDay[type.type] !== undefined
    return new Candidate(this.#options.name, type, this.#rules, { ...own, keepsRange })
  }

  /** True if a rule names the column; types that do not suit the rule are then not tried. */
  get #isNamed(): boolean {
    const { name, rules } = this.#options
    const { dateFormats = {}, percentColumns = [] } = rules
    return Object.hasOwn(dateFormats, name) || percentColumns.includes(name)
  }
}

const numbers = /^(?:CHAR|SHORT|INT|LONG|FLOAT|DOUBLE|DECIMAL\d+)$/

/** In each list, a type can hold every value of the types before it. */
const widerTypes: readonly (readonly DataType[])[] = [
  ['DATE', 'DATETIME', 'TIMESTAMP', 'NANOTIMESTAMP'],
  ['MINUTE', 'SECOND', 'TIME', 'NANOTIME'],
]

/** Also tries formats of narrower types than the user's type, because the user's type holds all their values. */
function triedAs(said: ColumnType, tried: readonly TriedType[]): TriedType[] {
  const order = widerTypes.find(types => types.includes(said.type)) ?? [said.type]
  const found = new Map<string | undefined, TriedType>()
  for (const { type, format } of tried) {
    const place = order.indexOf(type)
    const isHeld = place >= 0 && place <= order.indexOf(said.type)
    if (format === undefined ? type === said.type : isHeld)
      found.set(format, { ...said, ...(format === undefined ? {} : { format }) })
  }
  return [...found.values()]
}

/**
 * The user's date format for a column. A format for all columns does not count if it begins with `epoch` or `excel`. A
 * time of day for all columns counts only if the column's name and digits suggest one.
 */
export function givenFormat(
  name: string,
  { dateFormats = {} }: CellRules,
  { digitTimes }: TextFacts,
): string | undefined {
  if (Object.hasOwn(dateFormats, name)) return dateFormats[name]
  const every = Object.hasOwn(dateFormats, everyColumn) ? dateFormats[everyColumn] : undefined
  if (every === undefined || /^e/.test(every)) return undefined
  // Nearly any number could be a time of day without leading zeros.
  const isTime = digitTimes.fitting.some(({ format, isSure }) => format === every && !isSure)
  return isTime && !digitTimes.mayBe(name).includes(every) ? undefined : every
}
