/* Creates a missing target (`target.create`) from all values of the inputs. A dry run only determines its columns. */
import { ServerError, UsageError, option, usageError } from '../../errors.js'
import { createScript, databaseGuard, tableInDatabase } from '../../infer/create-script.js'
import type { InferOptions } from '../../infer/findings.js'
import { planPartitions, type DfsOptions } from '../../infer/partition-plan.js'
import { inferSchema } from '../../infer/infer.js'
import {
  type InferredSchema,
  neededOptions,
  type NeededOptions,
} from '../../infer/inferred-schema.js'
import { optionTexts } from '../../parse/cells/cell-bytes.js'
import { wait } from '../../platform/clocks.js'
import type { Files } from '../../platform/platform.js'
import { columnTypeText } from '../../protocol/data-type.js'
import { formats } from '../../parse/formats.js'
import { ownText } from '../../schema/cell-source.js'
import { parseVersion, schemaFromTypes } from '../../schema/target-schema.js'
import { ask, type Asking, partsOf, textOf, unlessRefused } from '../connection/server-queries.js'
import { defined } from '../checked-options.js'
import type { Run } from '../run.js'
import { policyIn, policyScript, stateIn, type TargetDescription } from './describe-target.js'
import { tableText, type TableTarget, parseTableTarget, refuseFirst } from './target.js'
import { newPathReader } from '../../source/data-files.js'
import { cellsOf, dialectOf } from '../inputs/detected.js'
import { checkHeaders } from '../inputs/open-input.js'
import type { LoadOptions } from '../options.js'

/** Whether the table exists, even if something else is wrong with it. */
export async function isThere(run: Run): Promise<boolean> {
  const table = tableOf(run)
  const script =
    table.kind === 'dfs'
      ? `existsTable("${table.database}", "${table.table}")`
      : `exec count(*) from objs(true) where shared=true, name="${table.name}"`
  const answer = await run.control!.run(script, { timeoutMs: run.checked.confirmTimeoutMs })
  return answer?.form === 'scalar' && Number(answer.value ?? 0) > 0
}

/** Creates the table, except in a check. @returns its columns @throws {UsageError} DDB_USAGE @throws {InputError} @throws {ServerError} */
export async function createTarget(run: Run): Promise<TargetDescription> {
  const { checked, options, reporter } = run
  const control = run.control!
  const table = tableOf(run)
  const name = `"${tableText(table)}"`
  const schema = await schemaOfInputs(run, name)
  const asking = { session: control, timeoutMs: checked.confirmTimeoutMs }
  const version = parseVersion(textOf(await unlessRefused(ask(asking, 'version()'))) ?? '')
  const dfs = defined({ partition: options.target.partition })
  const script = createScript(schema, table, [], version, dfs)
  const isPlanned = run.watch !== undefined
  let description: TargetDescription = { columns: schema.columns, keyed: false }
  try {
    if (!isPlanned) await control.run(script)
    else if (table.kind === 'dfs') {
      await ask(asking, databaseGuard(table.database))
      description = await plannedTable(asking, schema, dfs)
    }
  } catch (error) {
    if (!(error instanceof ServerError)) throw error
    if (isPlanned || !(await isMadeByOther(run, error))) throw withTable(error, schema, table)
    reporter.notice(`${name} was created by somebody else in the meantime`)
    return description
  }
  tellColumns(run, schema, isPlanned ? `${name} would be created` : `created ${name}`)
  return description
}

/** The server evaluates the schemes, so that a check counts rows outside of them as for an existing table. */
async function plannedTable(
  asking: Asking,
  schema: InferredSchema,
  dfs: DfsOptions,
): Promise<TargetDescription> {
  const { columns } = schema
  const { levels } = planPartitions(schema, dfs, false)
  const schemes = levels.map(({ kind, scheme }) =>
    kind === 'HASH' ? scheme.slice(scheme.lastIndexOf(' '), -1) : scheme,
  )
  const script = `${policyScript}(${['ddbIngestPolicy', ...schemes].join(', ')})`
  const [policy, ...found] = partsOf(await ask(asking, script))
  const dimensions = levels.map(({ columnName, kind }, i) => {
    const scheme = found[i]
    const columnIndex = columns.findIndex(({ name }) => name === columnName)
    const own = kind === 'HASH' ? columns[columnIndex]?.type.type : undefined
    const type = scheme?.form === 'vector' && scheme.type !== 'ANY' ? scheme.type : own
    return { columnName, columnIndex, kind, type, scheme }
  })
  const state = { ...stateIn([]), newValues: policyIn(policy) }
  return { columns, keyed: false, isDivided: true, partition: { dimensions }, state }
}

/** If another process has just made the database, waits a little for the table. */
async function isMadeByOther(run: Run, error: ServerError): Promise<boolean> {
  for (let looks = databaseExists(error) ? 12 : 1; ; looks--) {
    if (await isThere(run)) return true
    if (looks === 1 || run.ending.stopped) return false
    await wait(run.platform.clock, 250, run.ending.leaving)
  }
}

const databaseExists = ({ serverMessage }: ServerError): boolean =>
  serverMessage.includes('is there already, with partitions')

async function schemaOfInputs(run: Run, name: string): Promise<InferredSchema> {
  const { options, platform, reporter, ending, sources } = run
  const { paths, sizes } = sources
  const { create, method } = options.target
  const once = paths.find((_, i) => sizes[i] === undefined)
  refuseFirst({
    [`${option('target.create')} reads its input twice, which "${once}" does not allow: load a file, or make the table first`]:
      once !== undefined,
    [`an upsert needs a key, and ${option('target.create')} stream makes a table without one: make the table first`]:
      create === 'stream' && method === 'upsert',
  })
  reporter.notice(`there is no table ${name}: looking at the inputs for its columns`)
  const schema = await inferSchema({
    ...inferOptions(options, paths, platform.files),
    stopped: () => ending.stopped,
    onLook: reporter.looking,
  }).finally(() => reporter.looking(undefined))
  if (ending.failure !== undefined) throw ending.failure
  await checkOptions(run, schema)
  return schema
}

/** If the database exists, the error says how to create the table: only its owner knows the partition columns. Others stay as they are. */
function withTable(error: ServerError, schema: InferredSchema, table: TableTarget): ServerError {
  if (table.kind !== 'dfs' || !databaseExists(error)) return error
  return new ServerError(
    error.serverMessage,
    'DDB_SERVER',
    `"${table.database}" already exists, with its own partitions. Create the table in it, with its partition columns for COLUMN ` +
      `(a TSDB database also needs sortColumns), then load without ${option('target.create')}: ${tableInDatabase(schema, table.database, table.table)}`,
  )
}

/** Limit of columns and warnings in notices; an input may have thousands. */
const toldColumns = 30
const toldWarnings = 10

function tellColumns(run: Run, schema: InferredSchema, what: string): void {
  const { notice } = run.reporter
  const { columns, totals } = schema
  for (const said of totals?.said ?? []) notice(said)
  const told = columns.map(({ name, type }) => `${name} ${columnTypeText(type)}`)
  const more = columns.length - toldColumns
  const names = told.slice(0, toldColumns).join(', ')
  notice(`${what}: ${names}${more > 0 ? ` and ${more} more columns` : ''}`)
  const ofColumns = columns.flatMap(({ name, warnings: own }) => own.map(one => `${name}: ${one}`))
  const warnings = [...leftTexts(schema), ...ofColumns]
  for (const warning of warnings.slice(0, toldWarnings)) notice(warning)
  const untold = warnings.length - toldWarnings
  if (untold > 0) notice(`and ${untold} more warnings, which \`ddb-ingest schema\` lists`)
}

const leftTexts = ({ leftOut }: InferredSchema): string[] =>
  leftOut.map(({ source, reason }) => `${source}: left out, ${reason}`)

/** Only a table can be created (`parseTarget`). */
const tableOf = ({ options }: Run): TableTarget => parseTableTarget(options.target.table!)

/** @throws {UsageError} DDB_USAGE, with the missing options, if later runs would not load the inputs, or mistake a header */
async function checkOptions(run: Run, schema: InferredSchema): Promise<void> {
  const { sources } = run
  const { columns, inputs, firstReject = [] } = schema
  const needed = neededOptions(schema, run.options.cells?.lenient)
  // JSON members fill only columns with exactly the same name.
  const hasMembers = inputs.some(({ format }) => formats[format].records === 'members')
  const missing = missingOptions(run, needed, !hasMembers)
  // Unclear headers are reported before rows that do not fit.
  if (missing.every(one => one.startsWith('`rejects.'))) {
    const planned = { ...run, target: { columns, keyed: false } }
    await checkHeaders(planned, { ...sources, names: sources.paths }).catch((cause: unknown) => {
      if (!(cause instanceof UsageError)) throw cause
      throw usageError(`nothing was created: ${cause.message}`, { cause })
    })
  }
  if (missing.length === 0) return
  const bad = columns.flatMap(({ name, refused, warnings }) =>
    refused > 0 ? [`${name}: ${warnings[0]}`] : [],
  )
  const why = needed.rejects === 0 ? [] : [...bad, firstReject].flat()
  const left = needed.mapping.ignoreExtra === true ? leftTexts(schema) : []
  for (const one of [...left.slice(0, toldWarnings), ...why]) run.reporter.notice(one)
  run.options.onNeeded?.(needed)
  throw usageError(
    `nothing was created: to fill the table that suits the input, this run and later ones also need ${missing.join(', ')}`,
  )
}

/** The options that a run still needs to fill the columns. @param anyCase  whether a header that differs only in case fills the column */
export function missingOptions(
  { checked, options: { mapping = {} } }: Pick<Run, 'checked' | 'options'>,
  needed: NeededOptions,
  anyCase: boolean,
): string[] {
  const isFound = ([name, source]: readonly [string, string]): boolean => {
    const own = ownText(mapping.map, name)
    return own === source || (anyCase && !own && name.toLowerCase() === source.toLowerCase())
  }
  const { rejects } = needed
  const unfit = rejects === 1 ? '1 row that does' : `${rejects} rows that do`
  const { map = {}, ...others } = needed.mapping
  const lacking = Object.entries(others).filter(
    ([name, value]) => mapping[name as keyof typeof others] !== value,
  )
  return [
    ...Object.entries(map).flatMap(pair =>
      isFound(pair) ? [] : optionTexts('mapping', { map: Object.fromEntries([pair]) }),
    ),
    ...optionTexts('cells', needed.cells),
    ...optionTexts('input', needed.input),
    ...optionTexts('mapping', Object.fromEntries(lacking)),
    // Without a rejects file, a bad row would leave the new table empty or half filled.
    ...(rejects > 0 && checked.onError === 'stop'
      ? [`${option('rejects.file')} FILE for ${unfit} not fit`]
      : []),
  ]
}

/** @param options  `target` names the table to be created @param paths  paths of the inputs, one by one */
export function inferOptions(
  options: Pick<LoadOptions, 'input' | 'mapping' | 'cells' | 'target'>,
  paths: readonly string[],
  files: Files,
): InferOptions {
  const { input = {}, mapping = {}, target } = options
  const { compression, encoding, stdin } = input
  const { create, types } = target
  const own =
    create === undefined || types === undefined ? undefined : schemaFromTypes(types).columns
  return {
    paths,
    files,
    source: { compression, encoding, stdin },
    reader: dialectOf(options),
    cells: cellsOf(options),
    map: mapping.map ?? {},
    set: mapping.set ?? {},
    names: newPathReader(input),
    byPosition: mapping.match === 'position',
    ignoreExtra: mapping.ignoreExtra,
    intoDfs: target.table !== undefined && parseTableTarget(target.table).kind === 'dfs',
    ...defined({ types: own, sample: input.limit }),
  }
}
