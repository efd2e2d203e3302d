/*
  Adds columns that the input has and the target lacks (`target.addColumns`), before the load. Reads every value to choose their types.
*/
import type { Session } from '../../client/open-session.js'
import { DdbError, UsageError } from '../../errors.js'
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
 * @returns the columns that were added, or would be
 * @throws {UsageError} DDB_USAGE for inputs that cannot be read twice or have no column names; also if the run needs
 *   more options to fill the columns
 * @throws {ServerError} with the server's message
 */
export async function addColumns(
  run: Run,
  control: Session,
  table: TableTarget,
  known: readonly TargetColumn[],
): Promise<readonly TargetColumn[]> {
  const columns = await newColumns(run, known)
  if (columns.length === 0) return []
  const script = addScript(table, columns)
  const isSent = run.watch === undefined
  run.reporter.notice(`${isSent ? 'adding' : 'would add'} columns: ${script}`)
  if (isSent) await control.run(script)
  return columns
}

/** Columns that a table for the inputs would have, and that the target lacks. */
async function newColumns(run: Run, known: readonly TargetColumn[]): Promise<TargetColumn[]> {
  const { options, platform, reporter } = run
  const { files } = platform
  const all = [...(await expandInputs(options.inputs, options.input ?? {}, { files })).paths]
  await checkFiles(all, files, 'target.addColumns')
  const columns: TargetColumn[] = []
  const done = doneInputs(run)
  const paths = all.filter(path => !done.has(path))
  const existing = namesOf(known)
  try {
    for (const group of (await alikeFiles(run, paths, known)).values()) {
      const found = { ...inferOptions(options, group, files), isPlain: true, existing }
      const schema = withoutKnown(
        await inferSchema({
          ...found,
          stopped: () => run.ending.stopped,
          onLook: reporter.looking,
        }),
        [...known, ...columns],
      )
      if (run.ending.failure !== undefined) throw run.ending.failure
      if (schema.columns.length > 0) checkNew(run, schema, hasMembers(schema))
      columns.push(...schema.columns.map(({ name, type }) => ({ name, type })))
    }
  } finally {
    reporter.looking(undefined)
  }
  return columns
}

/** Inputs that earlier processes have read to their end. */
function doneInputs({ history: { journal, resumption } }: Run): ReadonlySet<string> {
  const done = new Set<string>()
  // If an input is read again, its last reading counts.
  for (const [i, { path }] of (journal?.inputs ?? []).entries()) {
    if (resumption.resumed(i)?.isDone === true) done.add(path)
    else done.delete(path)
  }
  return done
}

/**
 * Files that may have new columns, grouped by the names of these columns. In delimited text, all records have the
 * fields of their header, so the header shows the new columns. Later files may have more fields than the first.
 */
async function alikeFiles(
  { options, platform: { files }, reporter, ending }: Run,
  paths: readonly string[],
  known: readonly TargetColumn[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const existing = namesOf(known)
  const groups = new Map<string, string[]>()
  for (const [i, path] of paths.entries()) {
    if (ending.stopped) break
    reporter.looking({ number: i + 1, count: paths.length, source: undefined })
    const found = { ...inferOptions(options, [path], files), isPlain: true, sample: 1, existing }
    const first = await inferSchema(found).catch((error: unknown) => {
      // With several files, leaves out a faulty file here. The load reports the fault when it reads the file.
      if (error instanceof DdbError && paths.length > 1) return undefined
      throw error
    })
    if (first === undefined) continue
    const names = withoutKnown(first, known).columns.map(({ name }) => name)
    if (names.length === 0 && !hasMembers(first)) continue
    const key = hasMembers(first) ? '' : names.join('\n')
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [path])
    else group.push(path)
  }
  return groups
}

function namesOf(columns: readonly TargetColumn[]): ReadonlySet<string> {
  return new Set(columns.map(({ name }) => name))
}

function hasMembers({ inputs }: InferredSchema): boolean {
  return inputs.some(({ format }) => formats[format].records === 'members')
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

function checkNew(run: Run, schema: InferredSchema, isJson: boolean): void {
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
  const missing = missingOptions(run, needed, !isJson)
  if (missing.length === 0) return
  options.onNeeded?.(needed)
  throw new UsageError(
    'DDB_USAGE',
    `nothing was added: to fill new columns this run and later ones also need ${missing.join(', ')}`,
  )
}

/** The names need no quoting, because all of them are identifiers. */
function addScript(table: TableTarget, columns: readonly TargetColumn[]): string {
  const target =
    table.kind === 'dfs' ? `loadTable("${table.database}", "${table.table}")` : table.name
  const names = columns.map(({ name }) => `"${name}"`).join(', ')
  const types = columns.map(({ type }) => columnTypeText(type)).join(', ')
  return `addColumn(${target}, [${names}], [${types}])`
}
