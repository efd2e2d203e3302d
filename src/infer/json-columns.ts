/* Treats the members of JSON records as columns. A member of a nested object is called `object.member`, as in `mapping.map`; elements of an
   array have numbers, unless the input names them. Rows before a member's first occurrence count as rows without the member. */
import * as ascii from '../parse/ascii.js'
import { InputError } from '../errors.js'
import { elementSeparator } from '../parse/columns/array-column.js'
import { jsonKinds } from '../parse/json/json-kinds.js'
import { JsonScanner } from '../parse/json/json-scanner.js'
import type { FieldCells } from '../parse/columns/template-text.js'
import { maxBlockRows, RecordBlock } from '../parse/record-block.js'
import type { ColumnProbe, SeenKinds } from './column-probe.js'

/** Limit of different members in the records. If there are more, the names themselves are probably data. */
const maxMembers = 4096

/** A member that occurred in the records so far. */
export interface JsonColumn {
  readonly source: string
  readonly probe: ColumnProbe
  readonly kinds: SeenKinds
  /** Number of records with the member, even if it is null. */
  present: number
  /** Start and end of each row's text in the current block. */
  readonly starts: Int32Array
  readonly ends: Int32Array
  /** 1 for each row with a JSON number; undefined if numbers in texts are written like those. */
  readonly numbers: Uint8Array | undefined
  /** Last row of the current block that has the member; −1 if none has it. */
  row: number
}

type NewProbe = (source: string, kinds: SeenKinds) => ColumnProbe

export class JsonColumns {
  readonly columns = new Map<string, JsonColumn>()
  rows = 0
  #arrays = 0
  /** Number of nulls of each member. A null may stand in place of an object. */
  readonly #nullObjects = new Map<string, number>()
  readonly #newProbe: NewProbe
  readonly #hasStyle: boolean
  readonly #scanner: JsonScanner = new JsonScanner(true)
  /** The block that is passed to the probe of each column in turn. */
  #block: RecordBlock | undefined

  /** @param hasStyle  true if numbers in texts are written differently from JSON numbers */
  constructor(newProbe: NewProbe, hasStyle: boolean) {
    this.#newProbe = newProbe
    this.#hasStyle = hasStyle
  }

  /** True if all records are arrays without names. */
  get isByPosition(): boolean {
    return this.rows > 0 && this.#arrays === this.rows
  }

  /**
   * Examines the records of a block.
   * @param names  of the elements of records that are arrays @throws {InputError} DDB_INPUT_MEMBER for too many different members
   */
  look(block: RecordBlock, file: string, names: readonly string[] | undefined): void {
    const scanner = this.#scanner
    // The block's bytes have room for all texts that need decoding.
    scanner.bytes = block.bytes
    scanner.end = block.writtenFrom
    scanner.scratch = block.scratch
    for (const column of this.columns.values()) {
      // Every row is null until its record sets a value.
      column.starts.fill(0, 0, block.rowCount)
      column.ends.fill(0, 0, block.rowCount)
      column.row = -1
    }
    let row = 0
    const member = (p: number, name: string): number =>
      this.#member(p, this.columns.get(name) ?? this.#newColumn(name, block, file), row)
    const element = (p: number, i: number): number => member(p, names?.[i] ?? String(i + 1))
    for (; row < block.rowCount; row++) {
      const start = scanner.skipBlanks(block.recordStarts[row]!)
      if (scanner.bytes[start] === ascii.openBrace) this.#object(start, '', member)
      else {
        if (names === undefined) this.#arrays++
        scanner.items(start, element)
      }
    }
    for (const column of this.columns.values()) this.#show(column, block, file)
    this.rows += block.rowCount
  }

  /** The texts of a member in the last block; all empty if no record has the member. */
  cells(name: string): FieldCells {
    const { starts, ends } = this.columns.get(name) ?? noColumn
    return { starts, ends, first: 0, step: 1 }
  }

  /** The members that are not objects with members, nor null in some records and such an object in all others. */
  get members(): JsonColumn[] {
    return [...this.columns.values()].filter(
      ({ source, kinds }) =>
        (kinds.values & ~jsonKinds.null) !== 0 ||
        ![...this.columns.keys()].some(other => other.startsWith(`${source}.`)),
    )
  }

  /** True if some row lacks a member. Null in place of the enclosing object does not count. */
  get lacksMembers(): boolean {
    return this.members.some(({ source, present }) => {
      const outer = [...this.#nullObjects].filter(([name]) => source.startsWith(`${name}.`))
      return this.rows > outer.reduce((sum, [, count]) => sum + count, present)
    })
  }

  /** Reads the members of an object; the records were checked before. Returns the position after the object. */
  #object(open: number, prefix: string, member: (p: number, name: string) => number): number {
    const scanner = this.#scanner
    const { bytes } = scanner
    return scanner.items(open, at => {
      const p = scanner.key(at)
      const name = prefix + scanner.text
      const isFull =
        bytes[p] === ascii.openBrace && bytes[scanner.skipBlanks(p + 1)] !== ascii.closeBrace
      return isFull ? this.#object(p, `${name}.`, member) : member(p, name)
    })
  }

  #member(p: number, column: JsonColumn, row: number): number {
    const scanner = this.#scanner
    const { starts, ends, source: name } = column
    if (column.row !== row) column.present++
    column.row = row
    if (scanner.bytes[p] === ascii.openBracket) {
      column.kinds.values |= jsonKinds.array
      starts[row] = scanner.scratch
      const next = scanner.elements(p, elementSeparator, () => {
        column.kinds.elements |= scanner.kind
        return true
      })
      ends[row] = scanner.scratch
      return next
    }
    const next = scanner.value(p)
    const { kind, textStart, textEnd } = scanner
    column.kinds.values |= kind
    const isNull = kind === jsonKinds.null
    starts[row] = textStart
    ends[row] = isNull ? textStart : textEnd
    if (isNull) this.#nullObjects.set(name, (this.#nullObjects.get(name) ?? 0) + 1)
    if (column.numbers !== undefined) column.numbers[row] = kind === jsonKinds.number ? 1 : 0
    return next
  }

  #newColumn(source: string, main: RecordBlock, file: string): JsonColumn {
    if (this.columns.size === maxMembers) {
      throw new InputError(
        'DDB_INPUT_MEMBER',
        `the records of ${file} have more than ${maxMembers} different members: their names are data, which no table has columns for`,
        { file },
      )
    }
    const kinds = { values: 0, elements: 0 }
    const places = (): Int32Array => new Int32Array(main.rowCapacity)
    const column: JsonColumn = {
      ...{ source, kinds, probe: this.#newProbe(source, kinds) },
      ...{ present: 0, row: -1, starts: places(), ends: places() },
      numbers: this.#hasStyle ? new Uint8Array(main.rowCapacity) : undefined,
    }
    column.probe.pass(this.rows)
    this.columns.set(source, column)
    return column
  }

  #show(column: JsonColumn, main: RecordBlock, file: string): void {
    const { bytes, rowCount, rowCapacity, lineNumbers } = main
    const { probe, kinds, starts, ends, numbers: numberCells } = column
    const block = (this.#block ??= new RecordBlock(1, rowCapacity))
    block.clear()
    Object.assign(block, { bytes, rowCount, lineNumbers, starts, ends, numberCells })
    const isArray = (kinds.values & jsonKinds.array) !== 0
    // The probe empties cells that mean null. Columns that templates (`mapping.set`) fill see them empty, too.
    probe.look(block, 0, file, isArray ? String.fromCharCode(elementSeparator) : undefined)
  }
}

const nowhere = new Int32Array(maxBlockRows)
const noColumn = { starts: nowhere, ends: nowhere }
