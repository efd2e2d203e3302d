/*
  Derives from a run's options how to read its inputs.
*/
import { givenDialect } from '../../parse/csv/csv-dialect.js'
import type { RowTarget } from '../../parse/csv/row-target.js'
import type { InputReader } from '../../parse/input-reader.js'
import type { ReaderOptions } from '../../parse/formats.js'
import type { InputShape } from '../../schema/cell-source.js'
import type { TargetSchema } from '../../schema/target-schema.js'
import { newPathReader } from '../../source/path/input-texts.js'
import type { LoadOptions } from '../options.js'

/** The options that the user gave; all other properties are detected. */
export function dialectOf({ input = {} }: Pick<LoadOptions, 'input'>): ReaderOptions {
  const { format, jsonPath } = input
  return {
    ...(format === undefined ? {} : { format }),
    ...(jsonPath === undefined ? {} : { jsonPath }),
    ...givenDialect(input),
  }
}

/** Properties of an input that are known before its first row is read. */
export function shapeOf(reader: InputReader, file: string): InputShape {
  return {
    file,
    kind: reader.recordKind,
    names: reader.fieldNames,
    fieldCount: reader.fieldCount,
    headerLineNumber: reader.headerLineNumber,
    emptyFields: reader.emptyFields,
  }
}

/**
 * The columns that an input's records will fill; undefined if they are unknown.
 * @throws {InputError} DDB_INPUT_COLUMN for a path that does not match
 */
export function rowTarget(
  { mapping = {}, cells = {}, input = {} }: Pick<LoadOptions, 'input' | 'mapping' | 'cells'>,
  schema: TargetSchema,
  path: string,
): RowTarget | undefined {
  if (schema.columns.length === 0) return undefined
  const { arrayDelimiter } = input
  const rules = { ...cells, ...(arrayDelimiter === undefined ? {} : { arrayDelimiter }) }
  const { parts } = newPathReader(input).read(path)
  return { schema, mapping: { ...mapping, parts }, cells: rules }
}
