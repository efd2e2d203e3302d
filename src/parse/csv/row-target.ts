/* The part of the target that opening an input needs. Records that fit the target's columns show whether the first record is a header, and
   whether records end with a delimiter or begin with a row name. */
import { DdbError } from '../../errors.js'
import { isNullAt } from '../../protocol/element.js'
import type { InputShape, MappingRules } from '../../schema/cell-source.js'
import { mapColumns } from '../../schema/column-mapping.js'
import type { TargetColumn, TargetSchema } from '../../schema/target-schema.js'
import { BufferPool } from '../columns/buffer-pool.js'
import { MappedColumns } from '../mapped-columns.js'
import type { CellRules } from '../cell-rules.js'
import type { Known } from '../input-reader.js'
import { RecordBlock } from '../record-block.js'
import { cellTypeOf } from '../types/column-types.js'
import { slackBytes } from '../window.js'

export interface RowTarget {
  readonly schema: TargetSchema
  readonly mapping: MappingRules
  readonly cells: CellRules
}

/** Number of fields in a record if fields fill the columns in order; undefined if the mapping says otherwise. */
export function fieldsByPosition({ schema, mapping }: RowTarget): number | undefined {
  const { match, map = {}, set = {}, ignoreExtra, allowMissing } = mapping
  const isLoose = ignoreExtra === true || allowMissing === true || Object.keys(map).length > 0
  if (match !== 'position' || isLoose) return undefined
  return schema.columns.filter(({ name }) => !Object.hasOwn(set, name)).length
}

/** The target for one input. @param isFound  true if a decimal comma was detected in the input */
export function withDecimalComma(
  { schema, mapping, cells }: RowTarget,
  isFound: boolean,
): RowTarget {
  const { value } = decimalCommaFor(isFound, cells, schema.columns)
  return { schema, mapping, cells: { ...cells, decimalComma: value } }
}

/** @param isFound  true if a decimal comma was detected in the input */
export function decimalCommaFor(
  isFound: boolean,
  { decimalComma, thousands }: Pick<CellRules, 'decimalComma' | 'thousands'>,
  columns: readonly TargetColumn[],
): Known<boolean> {
  if (decimalComma !== undefined) return { value: decimalComma, how: 'given' }
  // `1,5` is two elements if the target has arrays. It is not a decimal if the user gave the comma another meaning.
  const isOther = thousands === ',' || columns.some(({ type }) => type.array === true)
  return { value: !isOther && isFound, how: 'found' }
}

/**
 * Tests whether records fit the target. Keeps none of them.
 * @param records  the fields of each record; at least one record
 * @returns `misfit`: the reason why some record would not become a row; undefined if all records would become rows. `hasValues`: true if
 *   there is none, and some field has a value other than null for a column that refuses ordinary words, such as a column of numbers
 */
export function testFit(
  { schema, mapping: rules, cells }: RowTarget,
  shape: InputShape,
  records: readonly (readonly Uint8Array[])[],
) {
  let mapping
  try {
    mapping = mapColumns(schema, shape, rules)
  } catch (error) {
    if (error instanceof DdbError) return { misfit: error.message, hasValues: false }
    throw error
  }
  const block = blockOf(shape.fieldCount, records)
  const own = { ...cells, lenient: false, columnOffsets: undefined }
  const columns = new MappedColumns({ mapping, rules: own }, new BufferPool())
  columns.read(block, 0)
  const refused = block.refusedBy.findIndex(column => column !== 0)
  if (refused >= 0) return { misfit: columns.faultOf(block, refused).message, hasValues: false }
  const found = columns.take(records.length, [])
  const hasValues = mapping.columns.some(
    ({ type, source }, i) =>
      source.kind === 'field' &&
      cellTypeOf(type.type)?.takesNames !== true &&
      records.some((_, row) => !isNullAt(found[i]!, row)),
  )
  return { misfit: undefined, hasValues }
}

function blockOf(fieldCount: number, records: readonly (readonly Uint8Array[])[]): RecordBlock {
  const block = new RecordBlock(fieldCount, records.length)
  block.rowCount = records.length
  let at = 0
  for (const [row, fields] of records.entries()) {
    block.recordStarts[row] = at
    for (let field = 0; field < fieldCount; field++) {
      block.starts[row * fieldCount + field] = at
      at += fields[field]?.length ?? 0
      block.ends[row * fieldCount + field] = at
    }
    block.recordEnds[row] = at
  }
  const cells = records.flatMap(fields => fields.slice(0, fieldCount))
  block.bytes = new Uint8Array(Buffer.concat([...cells, new Uint8Array(slackBytes)]))
  return block
}
