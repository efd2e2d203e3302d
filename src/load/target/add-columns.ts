/*
  Adds columns that the input has and the target lacks (`target.addColumns`), before anything is loaded. The types come from looking at
  every value.
*/
import type { Session } from '../../client/open-session.js'
import { UsageError } from '../../errors.js'
import { inferSchema } from '../../infer/infer.js'
import type { InferredSchema } from '../../infer/inferred-schema.js'
import { neededOptions } from '../../infer/needed-options.js'
import { formats } from '../../parse/formats.js'
import { columnTypeText } from '../../protocol/data-type.js'
import type { TargetColumn } from '../../schema/target-schema.js'
import { expandInputs } from '../inputs/expand-inputs.js'
import type { Run } from '../run.js'
import { checkFiles, missingOptions } from './create-target.js'
import { inferOptions } from './infer-options.js'
import type { TableTarget } from './target.js'

/**
 * Adds the missing columns; a dry run only reports them.
 *
 * @returns the columns that were added, or would be
 * @throws {UsageError} DDB_USAGE for inputs that cannot be read twice or have no column names; also if the run needs more options to
 *   fill the columns
 * @throws {ServerError} with the server's message
 */
export async function addColumns(
  run: Run,
  control: Session,
  table: TableTarget,
  known: readonly TargetColumn[],
): Promise<readonly TargetColumn[]> {
  const schema = await newColumns(run, known)
  if (schema.columns.length === 0) return []
  const script = addScript(table, schema.columns)
  const isSent = run.watch === undefined
  run.reporter.notice(`${isSent ? 'adding' : 'would add'} columns: ${script}`)
  if (isSent) await control.run(script)
  return schema.columns.map(({ name, type }) => ({ name, type }))
}

/** Columns that a table for the inputs would have and the target lacks. */
async function newColumns(run: Run, known: readonly TargetColumn[]): Promise<InferredSchema> {
  const { options, platform } = run
  const { files } = platform
  const paths = [...(await expandInputs(options.inputs, options.input ?? {}, { files })).paths]
  await checkFiles(paths, files, 'target.addColumns')
  const found = inferOptions(options, paths, files)
  const common = { ...found, isPlain: true }
  const first = withoutKnown(await inferSchema({ ...common, sample: 1 }), known)
  const hasMembers = first.inputs.some(({ format }) => formats[format].records === 'members')
  // All records of delimited text have the fields of the header.
  if (first.columns.length === 0 && !hasMembers) return first
  const all = await inferSchema({ ...common, stopped: () => run.ending.stopped })
  if (run.ending.failure !== undefined) throw run.ending.failure
  const schema = withoutKnown(all, known)
  if (schema.columns.length > 0) checkNew(run, schema, hasMembers)
  return schema
}

function withoutKnown(schema: InferredSchema, known: readonly TargetColumn[]): InferredSchema {
  const names = new Set(known.map(({ name }) => name.toLowerCase()))
  const columns = schema.columns.filter(({ name }) => !names.has(name.toLowerCase()))
  return {
    ...schema,
    columns,
    needsAllowMissing: false,
    leftOut: [],
    table: undefined,
    rejected: 0,
  }
}

function checkNew(run: Run, schema: InferredSchema, hasMembers: boolean): void {
  const { options } = run
  const { set = {} } = options.mapping ?? {}
  const unnamed = schema.columns.find(
    ({ name, source }) => source === undefined && !Object.hasOwn(set, name),
  )
  if (unnamed !== undefined || schema.needsPosition || options.mapping?.match === 'position') {
    throw new UsageError(
      'DDB_USAGE',
      '`target.addColumns` adds columns by name: the input needs a header without repeated names',
    )
  }
  const needed = neededOptions(schema)
  const missing = missingOptions(run, needed, !hasMembers)
  if (missing.length === 0) return
  options.onNeeded?.(needed)
  throw new UsageError(
    'DDB_USAGE',
    `nothing was added: to fill new columns this run and later ones also need ${missing.join(', ')}`,
  )
}

/** Needs no quoting, as all names are identifiers. */
function addScript(table: TableTarget, columns: readonly TargetColumn[]): string {
  const target =
    table.kind === 'dfs' ? `loadTable("${table.database}", "${table.table}")` : table.name
  const names = columns.map(({ name }) => `"${name}"`).join(', ')
  const types = columns.map(({ type }) => columnTypeText(type)).join(', ')
  return `addColumn(${target}, [${names}], [${types}])`
}
