/*
  `load` and `check` without a target: lists the server's tables, starting with those that fit the first file's header.
*/
import type { Trace } from '../../client/trace.js'
import { inferSchema } from '../../infer/infer.js'
import type { InferredSchema } from '../../infer/inferred-schema.js'
import { connectServer } from '../../load/connection/connect.js'
import type { MappingOptions, ServerTarget } from '../../load/options.js'
import { inferOptions } from '../../load/target/infer-options.js'
import { listTables, type ListedTable } from '../../load/target/table-list.js'
import { systemPlatform } from '../../platform/system.js'
import { dataExtensions } from '../../parse/formats.js'
import { columnTypeText } from '../../protocol/data-type.js'
import { mapColumns } from '../../schema/column-mapping.js'
import { expandSources } from '../../source/expand-sources.js'
import { addressText, sameCommand, shellText } from '../options/shell-command.js'
import { fieldsOf } from '../options/reading/definition.js'
import { loadOptions, serverOf, type LoadSettings } from '../options/load-options.js'
import { failureOf } from '../output/failures.js'
import { clean, clip, counted, wrapped } from '../output/terminal-text.js'
import type { Call } from './command.js'

/** Users wait less patiently for a list than for a load. */
const longestMs = 3_000

/** A longer list is useless, and each table costs a request. */
const mostTables = 100
const mostShown = 20

/** Number of records read: enough to know the members of JSON records. */
const recordsLookedAt = 100

interface Fit {
  readonly table: ListedTable
  /** Columns of the table that the file lacks. */
  readonly missing: readonly string[]
  readonly extra: readonly string[]
  readonly isFit: boolean
}

/** Prints the tables and the next command on standard error. The caller reports that the target is missing. */
export async function offerTables(
  settings: LoadSettings,
  call: Call,
  trace: Trace | undefined,
): Promise<void> {
  const { table, function: called, quiet } = settings
  if (table !== undefined || called !== undefined || quiet === true) return
  const { output, asked } = call
  try {
    const file = await firstFile(settings, call)
    const server = await serverOf(settings, call, trace)
    const tables = await tablesOf(server)
    const where = addressText(server)
    if (tables.length === 0) {
      return output.note(`${where} has no table that this user may see`)
    }
    const fits = tables.map(one => fitOf(one, file?.schema, file?.path ?? '', settings))
    fits.sort((a, b) => Number(b.isFit) - Number(a.isFit) || a.missing.length - b.missing.length)
    output.note(`Tables of ${where}${file === undefined ? '' : `, for ${file.path}`}:`, 'bold')
    const columns = call.processEnvironment.stderr.columns ?? 80
    for (const fit of fits.slice(0, mostShown)) tellFit(fit, file !== undefined, columns, call)
    const more = fits.length - mostShown
    if (more > 0) output.note(`  and ${counted(more, 'more table')}`)
    if (server.user === undefined) {
      output.note('  after a login you may see more tables: --user NAME')
    }
    asked.next = nextOf(fits, file, call)
  } catch (error) {
    output.note(`the tables of the server cannot be listed: ${failureOf(error).message}`)
  }
}

/** The command to use next. It names the table only if exactly one table fits. */
function nextOf([best, other]: readonly Fit[], file: LookedAt | undefined, call: Call): string {
  const { command, args = [], flags = new Map() } = call.asked
  if (best?.isFit === true && command !== undefined) {
    const name = other?.isFit === true ? 'TABLE' : best.table.name
    return sameCommand({ command, args, flags }, ['table'], ['--table', name])
  }
  return file === undefined ? 'ddb-ingest load --help' : shellText(['schema', file.path])
}

interface LookedAt {
  readonly path: string
  readonly schema: InferredSchema
}

/** The first file; undefined if there is none, or its columns are unknown. Reads no pipe, because the load needs it. */
async function firstFile(settings: LoadSettings, { args }: Call): Promise<LookedAt | undefined> {
  const { files } = systemPlatform
  const sources = args.filter(source => source !== '-')
  if (sources.length === 0) return undefined
  const { input, cells } = fieldsOf(loadOptions, settings)
  try {
    const { paths } = await expandSources(sources, {
      extensions: dataExtensions,
      include: input?.include,
      files,
    })
    const path = paths.at(0)
    if (path === undefined) return undefined
    const options = inferOptions(
      { input: input ?? {}, cells: cells ?? {}, target: { table: 't' } },
      [path],
      files,
    )
    return { path, schema: await inferSchema({ ...options, sample: recordsLookedAt }) }
  } catch {
    // The load will report the failure, once the user has named a table.
    return undefined
  }
}

async function tablesOf(server: ServerTarget): Promise<ListedTable[]> {
  const timeoutMs = Math.min(server.connectTimeoutMs ?? longestMs, longestMs)
  const deadlineMs = systemPlatform.clock.nowMs() + timeoutMs
  const session = await connectServer(systemPlatform, server, { deadlineMs })
  try {
    return await listTables({ session, timeoutMs }, mostTables)
  } finally {
    await session.close().catch(() => undefined)
  }
}

function fitOf(
  table: ListedTable,
  schema: InferredSchema | undefined,
  file: string,
  settings: LoadSettings,
): Fit {
  if (schema === undefined) return { table, missing: [], extra: [], isFit: false }
  const { mapping = {} } = fieldsOf(loadOptions, settings)
  const sources = schema.columns.map(({ source }) => source)
  const names = sources.every(source => source !== undefined) ? sources : undefined
  const isFit = isMapped(table, { file, names, fieldCount: sources.length }, mapping)
  const given = new Set(names?.map(name => name.toLowerCase()))
  const wanted = new Set(table.columns.map(({ name }) => name.toLowerCase()))
  const missing = table.columns
    .map(({ name }) => name)
    .filter(name => !given.has(name.toLowerCase()))
  const extra = (names ?? []).filter(name => !wanted.has(name.toLowerCase()))
  return { table, isFit, missing: isFit ? [] : missing, extra: isFit ? [] : extra }
}

function isMapped(
  { columns }: ListedTable,
  shape: { file: string; names: readonly string[] | undefined; fieldCount: number },
  mapping: MappingOptions,
): boolean {
  try {
    mapColumns({ columns }, { ...shape, kind: 'fields' }, mapping)
    return true
  } catch {
    return false
  }
}

function tellFit(fit: Fit, isKnown: boolean, columns: number, { output }: Call): void {
  const { table, isFit } = fit
  const verdict = isFit ? 'fits' : isKnown ? misfitText(fit) : ''
  output.note(
    clip(`  ${clean(table.name)}  ${verdict}`.trimEnd(), columns),
    isFit ? 'green' : undefined,
  )
  const list = table.columns.map(({ name, type }) => `${name} ${columnTypeText(type)}`).join(', ')
  const lines = wrapped(clean(list), columns - 6)
  for (const line of lines.slice(0, 3)) output.note(`      ${line}`, 'dim')
  if (lines.length > 3) output.note(`      … ${counted(table.columns.length, 'column')}`, 'dim')
}

function misfitText({ table, missing, extra }: Fit): string {
  if (table.columns.length === missing.length) return 'has no column of the file'
  const parts = [
    ...(missing.length === 0 ? [] : [`the file lacks ${missing.join(', ')}`]),
    ...(extra.length === 0 ? [] : [`the file also has ${extra.join(', ')}`]),
  ]
  return parts.join('; ')
}
