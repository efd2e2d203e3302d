/*
  How a run reads its inputs, as its options and a look at each input decide. All inputs are looked at before the first row is sent, because
  later an unfit one would end a run that is partly loaded.
*/
import { DdbError, InputError, usageError } from '../../errors.js'
import { newTextCheck } from '../../parse/check-texts.js'
import { givenDialect } from '../../parse/csv/csv-dialect.js'
import type { RowTarget } from '../../parse/csv/row-target.js'
import { openReader, type ReaderOptions } from '../../parse/formats.js'
import type { InputReader } from '../../parse/input-reader.js'
import type { Files } from '../../platform/platform.js'
import type { InputShape } from '../../schema/cell-source.js'
import { mapColumns } from '../../schema/column-mapping.js'
import { inputColumns } from '../../schema/set-columns.js'
import type { TargetSchema } from '../../schema/target-schema.js'
import { fileBytes, openSource } from '../../source/open-source.js'
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

/** At most this many inputs are checked in advance; further inputs are checked when their turn comes. */
export const maxCheckedHeaders = 100

/** Errors that the check ignores, because their cause may be gone when the input's turn comes. */
const readFailures: ReadonlySet<string> = new Set([
  'DDB_INPUT_MISSING',
  'DDB_INPUT_READ',
  'DDB_INPUT_TRUNCATED',
])

/**
 * @param paths  pipes among them are skipped, because they cannot be read twice
 * @param names  the names of the inputs, for messages, and for columns that contain parts of the names
 * @throws {InputError} DDB_INPUT_COLUMN if an input does not fit; any error of reading a first record
 * @throws {UsageError} DDB_USAGE if it is unclear whether a first record is a header
 */
export async function checkHeaders(
  files: Files,
  options: LoadOptions,
  schema: TargetSchema,
  paths: readonly string[],
  names: readonly string[] = paths,
): Promise<void> {
  for (const [i, path] of paths.entries()) {
    try {
      await lookAtHeader(files, options, schema, path, names[i]!)
    } catch (error) {
      if (error instanceof DdbError && !readFailures.has(error.code)) throw error
    }
  }
}

async function lookAtHeader(
  files: Files,
  options: LoadOptions,
  schema: TargetSchema,
  path: string,
  name: string,
): Promise<void> {
  if (path === '-' || (await fileBytes(path, files)) === undefined) return
  const { compression, encoding } = options.input ?? {}
  const source = await openSource(path, { name, files, compression, encoding })
  try {
    const target = rowTarget(options, schema, name)
    const reader = await openReader(source, { ...dialectOf(options), target })
    mapColumns(schema, shapeOf(reader, source.name), target?.mapping)
  } finally {
    await source.close()
  }
}

/** The error for an unfit header of a later input; advises what to do about earlier inputs that were sent. */
export function laterHeaderError(error: unknown): unknown {
  const isMisfit =
    error instanceof DdbError && (error.code === 'DDB_INPUT_COLUMN' || error.code === 'DDB_USAGE')
  if (!isMisfit) return error
  const message = `${error.message}. The inputs before it were sent: load it and those after it in a separate run`
  if (error instanceof InputError) {
    return new InputError('DDB_INPUT_COLUMN', message, error.position, { cause: error })
  }
  return usageError(message, { cause: error })
}

/** @throws {InputError} DDB_INPUT_COLUMN if a text in an input's name is not a value of the column it fills */
export function checkInputTexts(
  { input, mapping, cells = {} }: LoadOptions,
  target: TargetSchema,
  names: Iterable<string>,
): void {
  if (input?.path === undefined && mapping?.set === undefined) return
  const reader = newPathReader(input)
  const checks = new Map<string, ReturnType<typeof newTextCheck> | undefined>()
  for (const name of names) {
    const { parts, texts } = reader.read(name)
    const key = parts.join('/')
    if (!checks.has(key)) {
      const columns = inputColumns(target, { ...mapping, parts })
      checks.set(key, columns.length === 0 ? undefined : newTextCheck(columns, cells))
    }
    checks.get(key)?.(name, texts)
  }
}
