/* `schema`: proposes the columns of a table for the inputs, and the script that creates it. */
import { basename } from 'node:path'
import { DdbError } from '../../errors.js'
import { isCodeName, proposeNames } from '../../infer/column-names.js'
import { checkDfsOnly, createScript, type NewTable } from '../../infer/create-script.js'
import type { ReadingPlace } from '../../infer/findings.js'
import { inferSchema } from '../../infer/infer.js'
import {
  type InferredColumn,
  type InferredSchema,
  neededOptions,
  type NeededOptions,
} from '../../infer/inferred-schema.js'
import { expandInputs } from '../../load/inputs/open-input.js'
import { inferOptions } from '../../load/target/create-target.js'
import { parseTableTarget } from '../../load/target/target.js'
import { systemPlatform } from '../../platform/system-files.js'
import { columnTypeText } from '../../protocol/data-type.js'
import { schemaFromTypes, typesText } from '../../schema/target-schema.js'
import { withArchives } from '../../source/archive/archives.js'
import { sourceNotices } from '../../source/expand-sources.js'
import type { AssumedHeader } from '../../parse/csv/assume-header.js'
import { pathNames } from '../../source/data-files.js'
import { version } from '../../version.js'
import type { Call } from './command.js'
import { inputsOf, refuseSharedFiles, refuseTerminal } from '../files/one-file.js'
import {
  commandWords,
  sameCommand,
  shellText,
  withNeeded,
  type TypedCall,
} from '../options/shell-command.js'
import { defined } from '../options/definition.js'
import type { Settings } from '../options/options.js'
import { endFailed, otherHeader, printSteps } from '../output/failures.js'
import {
  clean,
  clip,
  counted,
  grouped,
  jsonLine,
  type Paint,
  tableLines,
  wrapped,
} from '../output/output.js'
import { startProgress } from '../output/progress.js'

/** @returns the exit code @throws {InputError} for unreadable inputs @throws {UsageError} DDB_USAGE, DDB_NAME */
export async function run(given: Settings<'schema'>, call: Call): Promise<number> {
  const format = given.printJson ? 'json' : given.createScript ? 'create' : given.output
  try {
    const found = await find({ ...given, output: format }, call)
    await print(format, found, call)
    if (found.path !== undefined) {
      call.output.note(
        `the paths differ in a day or a code, which would be lost: --path '${found.path}' makes columns of them`,
      )
    }
    if (found.script instanceof DdbError) call.output.note(found.script.message)
    const { assumedHeader } = found.schema
    const other = assumedHeader ? otherHeader(assumedHeader.isHeader, call.asked) : []
    const next = found.commands.map(command => ({ when: 'next', command }))
    printSteps(call.output, undefined, [...other, ...next], call.asked)
    return 0
  } catch (error) {
    const object = format === 'json' && { schema: 'ddb-ingest/schema/1', version }
    return endFailed(call.output, error, object)
  }
}

type FoundSchema = Awaited<ReturnType<typeof find>>

/**
 * @returns `path`: a pattern for `--path` that turns days and codes in the paths into columns, if there is one. `commands`: none if no
 *   table can be created. `script`: creates the table; the error if no table fits the columns and the user's requirements
 */
async function find(settings: Settings<'schema'>, call: Call) {
  const { processEnvironment, args } = call
  refuseTerminal(settings, call)
  const inputs = await inputsOf(settings, call)
  await refuseSharedFiles(settings, inputs, call)
  const files = withArchives(systemPlatform.files)
  const { options: fields } = settings
  const sources = await expandInputs(inputs, fields.input ?? {}, { files })
  for (const notice of sourceNotices(sources)) call.output.note(notice)
  const paths = [...sources.paths]
  const { stdin } = paths.includes('-') ? processEnvironment : {}
  const input = defined({ ...fields.input, stdin })
  const { sampleFirst: sample, newTypes: types } = settings
  const [source = paths[0]!] = args
  const table =
    settings.newTable ?? tableNameOf(paths.length > 1 && args.length === 1 ? source : paths[0]!)
  const progress = await startProgress(false, call.output, processEnvironment)
  const schema = await inferSchema({
    ...inferOptions({ ...fields, input, target: { table } }, paths, files),
    proposesTruths: true,
    onLook: place => progress.report(lookReport(place)),
    // JSON needs a certain header, because a program that reads JSON would not notice that a header is only assumed.
    assumesHeader: settings.output !== 'json',
    ...defined({ sample }),
    ...(types === undefined ? {} : { types: schemaFromTypes(types).columns }),
  }).finally(progress.stop)
  const keyColumns = settings.key ?? []
  const { flags } = call.sources
  const needed = neededOptions(schema)
  const hasScript = settings.output === 'create'
  const { partition, sortColumns, keepDuplicates, engine, atomic } = settings
  const dfsTarget = defined({ partition, sortColumns, keepDuplicates, engine, atomic })
  const newTable: NewTable = parseTableTarget(table)
  checkDfsOnly(newTable, dfsTarget)
  const needsScript =
    keyColumns.length > 0 || Object.keys(dfsTarget).some(name => name !== 'partition')
  const path = flags.has('path') ? undefined : pathOfParts(paths, schema.columns)
  let script: string | DdbError
  try {
    script = createScript(schema, newTable, keyColumns, undefined, dfsTarget)
  } catch (error) {
    // Even if no table can have the columns, the columns themselves are shown.
    if (!(error instanceof DdbError)) throw error
    script = error
  }
  const commands =
    path !== undefined
      ? [shellText(sameCommand({ command: 'schema', args, flags }, { '--path': path }))]
      : nextCommands({ args, flags }, { table, needed, needsScript, hasScript })
  return { schema, table, path, commands: typeof script === 'string' ? commands : [], script }
}

export interface ProposedTable {
  readonly table: string
  readonly needed: NeededOptions
  /** True if the table has properties that `load --create` cannot give it. */
  readonly needsScript: boolean
  readonly hasScript: boolean
}

/** The commands that create the table and fill it: one if `load` itself can create it, otherwise two. @param flags  of `schema` */
export function nextCommands(
  { args, flags }: Pick<TypedCall, 'args' | 'flags'>,
  { table, needed, needsScript, hasScript }: ProposedTable,
): string[] {
  const isStdin = args.includes('-') || flags.get('files-from')?.at(-1) === '-'
  const isMade = hasScript || needsScript || isStdin
  const target = ['table', [table]] as const
  const create = ['create', isMade ? [] : [table.startsWith('dfs://') ? 'dfs' : 'stream']] as const
  const without = (...names: string[]) => names.map(name => [name, []] as const)
  const printing = without('json', 'no-color')
  const left = isMade ? [...printing, ...without('types', 'partition')] : printing
  const ofLoad = withNeeded(new Map([target, create, ...flags, create, ...left]), needed)
  const load = shellText(commandWords({ command: 'load', args, flags: ofLoad }))
  if (hasScript || !isMade || isStdin) return [load]
  const output = ['output', ['create']] as const
  const ofSchema = new Map([target, ...flags, ...without('create'), output, ...printing])
  const schema = shellText(commandWords({ command: 'schema', args, flags: ofSchema }))
  return [`${schema} | ddb-ingest exec -`, load]
}

/** `trades` for `/data/trades.csv.gz`. */
function tableNameOf(path: string): string {
  const base = path === '-' ? 'data' : basename(path).replace(/(?:\.[A-Za-z]+){1,2}$/, '')
  return proposeNames([base])[0]!
}

async function print(format: Settings<'schema'>['output'], found: FoundSchema, { output }: Call) {
  const { schema } = found
  if (format === 'table') {
    await output.write(schemaText(schema, output.paintResult, output.resultColumns))
  } else if (format === 'types') {
    await output.writeData(`${typesText(schema)}\n`)
    for (const line of noteLines(schema)) output.note(line)
  } else if (format === 'json') await output.writeData(jsonLine(objectOf(found)))
  else if (found.script instanceof DdbError) throw found.script
  else await output.writeData(found.script)
}

/** Printed by `--json`; every field is always present. */
function objectOf({ schema, table, commands, script }: FoundSchema): Record<string, unknown> {
  const { inputs, rows, isComplete, estimatedRows, rejected, firstReject, leftOut } = schema
  return {
    schema: 'ddb-ingest/schema/1',
    version,
    exitCode: 0,
    table,
    inputs,
    rows: { read: rows, isComplete, estimated: estimatedRows, rejected },
    firstReject: firstReject ?? null,
    columns: schema.columns.map(column => ({
      name: column.name,
      source: column.source ?? null,
      type: columnTypeText(column.type),
      dateFormat: column.needs.dateFormats?.[column.name] ?? null,
      nulls: column.nulls,
      distinct: column.distinct ?? null,
      sample: column.sample ?? null,
      warnings: column.warnings,
    })),
    leftOut,
    types: typesText(schema),
    script: typeof script === 'string' ? script : null,
    commands,
    error: null,
  }
}

function assumedText({ isHeader, field }: AssumedHeader): string {
  const shown = clip(clean(field), sampleWidth)
  const [kind, like] = isHeader ? ['header', 'name of a column'] : ['row', 'value']
  return `assumed, as nothing proves it: the first record is a ${kind}, because "${shown}" looks like a ${like}`
}

const sampleWidth = 40
const heads = ['column', 'type', 'nulls', 'different', 'sample']

export function schemaText(schema: InferredSchema, paint: Paint, columns?: number): string {
  const isCount = (column: number): boolean => column === 2 || column === 3
  const [head, ...rows] = tableLines([heads, ...schema.columns.map(cellsOf)], isCount, columns)
  const notes = noteLines(schema).flatMap(line => wrapped(line, columns ?? Infinity))
  return [paint('bold', head!), ...rows, ...notes].map(line => `${line}\n`).join('')
}

function cellsOf({ name, type, nulls, distinct, sample }: InferredColumn): string[] {
  return [
    clean(name),
    columnTypeText(type),
    grouped(nulls),
    distinct === undefined ? 'many' : grouped(distinct),
    clip(clean(sample ?? ''), sampleWidth),
  ]
}

export function noteLines(schema: InferredSchema): string[] {
  const { columns, leftOut, rows, isComplete, estimatedRows, rejected, firstReject } = schema
  const seen = isComplete
    ? `${counted(rows, 'record')}, all of them`
    : `the first ${counted(rows, 'record')}${estimatedRows > rows ? ` of about ${grouped(estimatedRows)}` : ''}`
  const warnings = columns.flatMap(({ name, warnings }) =>
    warnings.map(warning => `${name}: ${warning}`),
  )
  return [
    `looked at ${seen}`,
    ...(schema.assumedHeader === undefined ? [] : [assumedText(schema.assumedHeader)]),
    ...(schema.quotes === undefined ? [] : [schema.quotes.said]),
    ...(schema.totals?.said ?? []),
    ...(rejected === 0
      ? []
      : [`${counted(rejected, 'record')} cannot be read; the first: ${firstReject!}`]),
    ...warnings,
    ...leftOut.map(({ source, reason }) => `${source}: left out, ${reason}`),
  ].map(clean)
}

const dayText = /^\d{8}$|^\d{4}-\d\d-\d\d$/
const codeText = /^(?:(?:sh|sz|bj|SH|SZ|BJ)?\d{5,6}|[A-Z]{1,6}\d{0,4})(?:\.[A-Za-z]{1,4})?$/

/** Examines at most this many paths; more paths would show nothing new. */
const mostPaths = 10_000

/**
 * Finds a pattern (`--path`) that turns days and codes in the names of folders and files into columns.
 * @param paths  of all inputs @param columns  of the content. If one of them holds days, the pattern has no `{day}`; likewise for `{code}`
 * @returns a pattern for the parts that are days or codes in every path and that differ; undefined if there are none
 */
export function pathOfParts(
  paths: readonly string[],
  columns: readonly Pick<InferredColumn, 'name' | 'days'>[],
): string | undefined {
  const names = paths.slice(0, mostPaths).map(pathNames)
  const [first] = names
  if (first === undefined || names.some(one => one.length !== first.length)) return undefined
  const taken = new Set(columns.map(({ name }) => name.toLowerCase()))
  if (columns.some(({ days }) => days !== undefined)) taken.add('day')
  if (columns.some(({ name }) => isCodeName(name))) taken.add('code')
  const segments = first.map((text, i) => {
    const texts = new Set(names.map(one => one[i]!))
    if (texts.size === 1) return /[*?[{]/.test(text) ? '*' : text
    const isFile = i === first.length - 1
    const suffix = isFile ? (/(?:\.[A-Za-z]\w*){1,2}$/.exec(text)?.[0] ?? '') : ''
    const bare = [...texts].map(one =>
      one.endsWith(suffix) ? one.slice(0, one.length - suffix.length) : '',
    )
    const name = bare.every(one => dayText.test(one))
      ? 'day'
      : bare.every(one => codeText.test(one))
        ? 'code'
        : undefined
    if (name === undefined || taken.has(name)) return '*'
    taken.add(name)
    return `{${name}}${suffix}`
  })
  const from = segments.findIndex(segment => segment.startsWith('{'))
  return from < 0 ? undefined : segments.slice(from).join('/')
}

/** What `schema` reads, for a terminal, because a slow pipe would look like a hang. */
export const lookReport = ({ number, count, source }: ReadingPlace) => ({
  phase: 'looking' as const,
  elapsedMs: 0,
  input: { number, count },
  get bytesRead() {
    return source?.bytesRead ?? 0
  },
  get totalBytes() {
    return source?.totalBytes
  },
})
