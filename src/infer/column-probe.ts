/*
  One column of the input on trial: every cell goes through every type that may still suit, and what the texts look like is
  kept beside it. Memory does not grow with the rows.
*/
import { everyColumn } from '../parse/cells/date-format.js'
import { clippedText } from '../parse/shown-text.js'
import type { CellRules } from '../parse/cell-rules.js'
import { NullTexts } from '../parse/null-texts.js'
import { hasDateFormat } from '../parse/types/column-types.js'
import { UsageError } from '../errors.js'
import { Candidate } from './candidate.js'
import {
  arrayTypes,
  formattedTypes,
  plainTypes,
  unitsPerDay,
  type TriedType,
} from './candidate-types.js'
import { DistinctCount } from './distinct-count.js'
import { TextFacts, type NumberSigns } from './text-facts.js'
import { plainNumbers } from '../parse/cells/number-style.js'
import { RecordBlock } from '../parse/record-block.js'

const point = 46
const comma = 44

/** What a column is tried with. */
export interface ProbeOptions {
  /** In the target, by which rules find it. */
  readonly name: string
  readonly rules: CellRules
  /** Different texts are counted up to this many. */
  readonly maxDistinct: number
  /** The input is delimited text whose first record was not taken for a header. */
  readonly isHeaderless?: boolean
}

/** Everything known of one column. */
export class ColumnProbe {
  readonly name: string
  readonly rules: CellRules
  readonly isHeaderless: boolean
  /** Cells that are null as text, and for types that do not keep blanks. */
  textNulls = 0
  nulls = 0
  cells = 0
  /** Of texts that are not null. */
  textBytes = 0
  longestBytes = 0
  sample: string | undefined
  readonly facts: TextFacts
  readonly distinct: DistinctCount
  /** Some time has an offset, which is not kept. */
  hasOffset = false
  #candidates: Candidate[] = []
  #isDecided = false
  readonly #nullTexts: NullTexts
  #tried: CellRules

  constructor({ name, rules, maxDistinct, isHeaderless = false }: ProbeOptions) {
    this.isHeaderless = isHeaderless
    this.name = name
    this.rules = rules
    this.#tried = { ...rules, onOffset: () => void (this.hasOffset = true) }
    this.facts = new TextFacts(signsOf(rules))
    this.distinct = new DistinctCount(maxDistinct)
    this.#nullTexts = new NullTexts(rules.nullTexts ?? [], rules.nullQuoted ?? false)
  }

  /** Types that were tried to the end, those before which nothing is to be preferred first. */
  get candidates(): readonly Candidate[] {
    return this.#candidates.filter(one => !one.isOut)
  }

  /**
   * Looks at the cells of a field; afterwards, those with a text that means null are empty.
   * @param arrayDelimiter  between the elements, where the format itself says that the cells are arrays
   */
  look(block: RecordBlock, field: number, file: string, arrayDelimiter?: string): void {
    this.#lookAtTexts(block, field)
    this.#nullTexts.apply(block, field, true)
    const before = this.cells - this.nulls
    this.#lookAtValues(block, field)
    if (this.cells - this.nulls === before) return
    if (!this.#isDecided) this.#begin(block, field, file, arrayDelimiter)
    else for (const one of this.candidates) one.read(block, field, file)
  }

  /** Takes note of rows in which the column did not stand. */
  pass(rows: number): void {
    this.cells += rows
    this.nulls += rows
    this.textNulls += rows
  }

  /** Some time has another offset than those before. */
  get hasOtherOffsets(): boolean {
    return this.rules.columnOffsets?.of(this.name).hasOthers === true
  }

  /** The first block that holds something decides what is worth trying. */
  #begin(block: RecordBlock, field: number, file: string, arrayDelimiter?: string): void {
    this.#isDecided = true
    const isArray = arrayDelimiter !== undefined
    if (isArray) this.#tried = { ...this.#tried, arrayDelimiter }
    const groups = isArray ? [arrayTypes] : [plainTypes, formattedTypes, this.#arraysInText()]
    for (const group of groups) {
      this.#candidates = group.flatMap(tried => this.#candidate(tried) ?? [])
      for (const one of this.#candidates) one.read(block, field, file)
      if (this.candidates.some(one => one.fits || one.isNear)) break
    }
    this.#candidates = [...this.candidates]
  }

  /** In delimited text an array looks like any other text, unless it is marked. */
  #arraysInText(): readonly TriedType[] {
    if (this.rules.decimalComma === true) return []
    const isMarked = this.facts.bracketed > 0 || this.rules.arrayDelimiter !== undefined
    return isMarked ? arrayTypes : []
  }

  /** Undefined for a type that the rules of the column exclude. */
  #candidate({ type, array, format }: TriedType): Candidate | undefined {
    if (format !== undefined && hasDateFormat(this.name, type, this.rules)) return undefined
    try {
      return new Candidate(
        this.name,
        array === true ? { type, array } : { type },
        this.#tried,
        format === undefined
          ? { keepsRange: unitsPerDay[type] !== undefined }
          : { format, keepsRange: unitsPerDay[type] !== undefined },
      )
    } catch (error) {
      if (error instanceof UsageError && (array === true || this.#isNamed)) return undefined
      throw error
    }
  }

  /** Rules that name the column exclude what they do not suit. */
  get #isNamed(): boolean {
    const { dateFormats = {}, percentColumns = [] } = this.rules
    return Object.hasOwn(dateFormats, this.name) || percentColumns.includes(this.name)
  }

  /**
   * The format in which somebody says that dates are written, which makes dates of numbers; counts that are said of every
   * column do not.
   */
  get dateFormat(): string | undefined {
    const { dateFormats = {} } = this.rules
    if (Object.hasOwn(dateFormats, this.name)) return dateFormats[this.name]
    const every = Object.hasOwn(dateFormats, everyColumn) ? dateFormats[everyColumn] : undefined
    return every === undefined || /^e/.test(every) ? undefined : every
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
      this.distinct.add(bytes, start, end)
      this.sample ??= clippedText(bytes, start, end)
    }
  }

  #lookAtValues(block: RecordBlock, field: number): void {
    const { bytes, starts, ends, fieldCount, rowCount } = block
    this.cells += rowCount
    for (let row = 0, cell = field; row < rowCount; row++, cell += fieldCount) {
      const start = starts[cell]!
      const end = ends[cell]!
      if (start === end) this.nulls++
      else this.facts.look(bytes, start, end)
    }
  }
}

function signsOf({ decimalComma = false, thousands = '' }: CellRules): NumberSigns {
  return {
    decimal: decimalComma ? comma : point,
    thousands: new TextEncoder().encode(thousands),
  }
}

/** Behind the text something can be read. */
const padding = 8

/** The probe of a column whose every cell is the text, written plainly. */
export function constantProbe(name: string, text: string, rules: CellRules): ColumnProbe {
  const probe = new ColumnProbe({ name, rules: plainNumbers(rules), maxDistinct: 1 })
  const encoded = new TextEncoder().encode(text)
  const bytes = new Uint8Array(encoded.length + padding)
  bytes.set(encoded)
  const block = new RecordBlock(1, 1)
  block.bytes = bytes
  block.view = new DataView(bytes.buffer)
  block.ends[0] = encoded.length
  block.rowCount = 1
  probe.look(block, 0, '`mapping.set`')
  return probe
}
