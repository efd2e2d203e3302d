/*
  Examines one column of the inputs: tries every cell with every type that may still fit, and records what the texts look like.
  Memory does not grow with the number of rows.
*/
import { option } from '../errors.js'
import { clippedText } from '../parse/shown-text.js'
import type { CellRules } from '../parse/cell-rules.js'
import { TemplateText } from '../parse/columns/template-column.js'
import { NullTexts } from '../parse/null-texts.js'
import type { ColumnType } from '../protocol/data-type.js'
import type { Candidate } from './candidate.js'
import { DistinctCount } from './distinct-count.js'
import { NullWords } from './null-words.js'
import { TextFacts } from './text-facts.js'
import { givenFormat, TypeTrials } from './type-trials.js'
import { plainNumbers } from '../parse/cells/number-style.js'
import { RecordBlock } from '../parse/record-block.js'

export interface ProbeOptions {
  /** Name of the column in the target, to which rules may refer. */
  readonly name: string
  readonly rules: CellRules
  /** The probe counts different texts only up to this limit. */
  readonly maxDistinct: number
  /** True for delimited text whose first record was not taken for a header. */
  readonly isHeaderless?: boolean
  /** True if the probe may suggest options: for words that mean null, and for notations of numbers. */
  readonly findsSpellings?: boolean
  /** The user's type for the column. */
  readonly type?: ColumnType | undefined
}

const keptTexts = 3

export class ColumnProbe {
  readonly name: string
  readonly rules: CellRules
  readonly isHeaderless: boolean
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
  /** Undefined if the probe does not look for words for null. */
  readonly nullWords: NullWords | undefined
  /** The first few distinct texts of the column, shortened. */
  readonly texts: string[] = []
  readonly type: ColumnType | undefined
  /** Place of the last record that was examined. */
  lastRecord: { readonly file: string; readonly lineNumber: number } | undefined
  readonly #trials: TypeTrials
  readonly #nullTexts: NullTexts

  constructor({ name, rules, maxDistinct, ...options }: ProbeOptions) {
    const { isHeaderless = false, findsSpellings = false, type } = options
    this.isHeaderless = isHeaderless
    this.name = name
    this.rules = rules
    this.type = type
    this.facts = new TextFacts(rules)
    const tried = { ...rules, onOffset: () => void (this.hasOffset = true) }
    this.#trials = new TypeTrials({ name, rules: tried, facts: this.facts, findsSpellings, type })
    this.distinct = new DistinctCount(maxDistinct)
    this.nullWords = findsSpellings ? new NullWords() : undefined
    this.#nullTexts = new NullTexts(rules.nullTexts ?? [])
  }

  /** Types that may still fit, preferred types first. If the user gave a type, all types that were tried. */
  get candidates(): readonly Candidate[] {
    return this.#trials.candidates
  }

  /**
   * Examines the cells of a field. Cells that mean null are empty afterwards.
   * @param arrayDelimiter  separator of the elements; set if the input's format marks the cells as arrays
   */
  look(block: RecordBlock, field: number, file: string, arrayDelimiter?: string): void {
    if (block.rowCount === 0) return
    this.lastRecord = { file, lineNumber: block.lineNumbers[block.rowCount - 1]! }
    this.#lookAtTexts(block, field)
    this.#nullTexts.apply(block, field, true)
    this.nullWords?.setAside(block, field)
    if (arrayDelimiter !== undefined) this.facts.areArrays = true
    const before = this.cells - this.nulls
    this.#lookAtValues(block, field)
    if (this.cells - this.nulls > before) this.#trials.read(block, field, file, arrayDelimiter)
    this.nullWords?.putBack(block)
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

  /** True if the column's times have different offsets. */
  get hasOtherOffsets(): boolean {
    return this.rules.columnOffsets?.of(this.name).hasOthers === true
  }

  /** The user's date format for the column. */
  get dateFormat(): string | undefined {
    return givenFormat(this.name, this.rules, this.facts)
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
      this.texts.push(clippedText(bytes, start, end))
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

/** The probe of a column whose cells are all this literal text. */
export function constantProbe(name: string, text: string, rules: CellRules): ColumnProbe {
  const probe = new ColumnProbe({ name, rules: plainNumbers(rules), maxDistinct: 1 })
  const row = new RecordBlock(1, 1)
  row.rowCount = 1
  const composed = new TemplateText([{ kind: 'constant', text }], 1).compose(row, [])
  probe.look(composed, 0, option('mapping.set'))
  return probe
}
