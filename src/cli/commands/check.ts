/* `check`, and `load --dry-run`: reports what a load would do, and prints a command that does exactly that. */
import { extname } from 'node:path'
import { errorCodes, usageError } from '../../errors.js'
import { check } from '../../load/check/check.js'
import {
  newCheckResult,
  type CheckedField,
  type CheckOptions,
  type CheckResult,
} from '../../load/check/check-observer.js'
import { journalPath } from '../../load/journal/journals.js'
import { watched, type Call } from './command.js'
import { inputsOf, refuseSharedFiles, refuseTerminal } from '../files/one-file.js'
import { withFiles } from '../files/output-files.js'
import { loadOptions, type Settings } from '../options/options.js'
import { defined, type OptionDefinition, findValue } from '../options/definition.js'
import { loadOptionsOf } from '../options/login.js'
import { journalOf } from './runs/known-run.js'
import {
  addressesText,
  commandWords,
  flagsOf,
  isFile,
  passRejects,
  shellText,
} from '../options/shell-command.js'
import { adviseNeededOptions, printAdvice } from '../output/failures.js'
import { clean, clip, counted, grouped, type Paint, tableLines, wrapped } from '../output/output.js'
import { codeTexts, emptyResult } from '../output/summary.js'
import { detectedText } from '../../load/inputs/detected.js'
import { bytesText } from '../../parse/cells/cell-bytes.js'

/** @returns the exit code; failures of the check itself are in its result, not thrown */
export async function run(settings: Settings<'check'>, call: Call): Promise<number> {
  refuseTerminal(settings, call)
  refuseOfLoad(call)
  const failed = (error: unknown): CheckResult =>
    newCheckResult(emptyResult(settings.options, new Date(), error))
  // A file in the environment is for loads: a check writes only the file of the flag.
  const file = call.sources.flags.has('json') ? settings.json?.file : undefined
  const json = { print: settings.json?.print ?? false, ...defined({ file }) }
  return withFiles(call, { ...settings, json }, failed, async files => {
    const inputs = await inputsOf(settings, call)
    const { folder } = journalOf(settings, call.processEnvironment) ?? {}
    const journal = folder && settings.runId && journalPath(folder, settings.runId)
    await refuseSharedFiles(defined({ ...settings, json, journal }), inputs, call)
    const asked = await loadOptionsOf(settings, inputs, call, await files.open())
    const options: CheckOptions = {
      ...{ ...asked, ...defined({ sampleRows: settings.sample }) },
      onNeeded: (needed, isWhole) => adviseNeededOptions(call.asked, needed, isWhole),
    }
    const found = await watched(settings.quiet, call, watch => check({ ...options, ...watch }))
    const hidden = call.output.withoutSecrets(found)
    // Texts of cells are the user's own, and asterisks in them would show the password.
    const shown = hidden.inputs.map((one, i) => {
      const { fields } = found.inputs[i]!
      const cellOf = (at: number) => ({ text: fields[at]!.text, value: fields[at]!.value })
      return { ...one, fields: one.fields.map((field, at) => ({ ...field, ...cellOf(at) })) }
    })
    const result = { ...hidden, inputs: shown }
    result.commands = commandsOf(result, settings, call)
    return files.publish(
      result,
      () => tell(call, result),
      () => show(call, result),
    )
  })
}

/** Loads that get further: none if an input or the target does not fit, and none that lacks options which the check has found. */
function commandsOf(
  result: CheckResult,
  settings: Settings<'check'>,
  { args, sources, asked: { next, nextLoads, serverEnds } }: Call,
): string[] {
  if (serverEnds || (result.status !== 'fits' && result.status !== 'rejects')) return []
  if (next !== undefined) return nextLoads ? [shellText(next)] : []
  const given = args.length > 0 || settings.filesFrom !== undefined ? args : ['-']
  return result.frozen.map((_, index) =>
    loadCommand(index, result, settings, { args: given, sources }),
  )
}

const ofOutput = ['dry-run', 'quiet', 'trace', 'no-color']
/** Options that two loads cannot share. */
const ofOne = ['run-id', 'rejects', 'json', 'metrics-file', 'report']

/** The load at `index` of those that the check proposes, with every given and every detected setting. */
export function loadCommand(
  index: number,
  { frozen, inputs: checked }: Pick<CheckResult, 'frozen' | 'inputs'>,
  settings: Settings<'check'>,
  { args, sources }: Pick<Call, 'args' | 'sources'>,
): string {
  const { inputs, ...detected } = frozen[index]!
  const flags = new Map(
    Object.values<OptionDefinition>(loadOptions).map(one => [
      one.name,
      findValue(one, sources)?.texts ?? [],
    ]),
  )
  const given = new Map(flagsOf(settings.options))
  for (const [name, texts] of flagsOf(detected)) {
    // A setting that the check did not change stays as the user wrote it.
    if (String(texts) !== String(given.get(name))) flags.set(name, texts)
  }
  flags.set('host', [addressesText(settings.host)])
  flags.set('json', flags.get('json')!.filter(isFile))
  const isOnly = frozen.length === 1
  // A list from standard input cannot be read again.
  const isAsGiven = isOnly && settings.filesFrom !== '-'
  // Folders and lists are replaced by the files that they select.
  const left = isAsGiven ? ofOutput : [...ofOutput, 'include', 'files-from']
  for (const name of left) flags.set(name, [])
  const own = checked.filter(({ path }) => inputs.includes(path))
  const rows = own.reduce((sum, input) => sum + input.rows, 0)
  const rejected = own.reduce((sum, input) => sum + input.rejected, 0)
  const isWhole = own.every(input => input.isWhole)
  // The limit applied to the inputs of all these loads together, so each load gets the count of its own inputs.
  if (!isOnly && isWhole) {
    if (settings.limit !== undefined) flags.set('limit', [String(rows)])
    if (settings.expectRows !== undefined) flags.set('expect-rows', [String(rows - rejected)])
  }
  passRejects(flags, rejected, isWhole)
  for (const name of index === 0 ? [] : ofOne) {
    flags.set(
      name,
      flags.get(name)!.map(text => numbered(text, index + 1, name)),
    )
  }
  return shellText(commandWords({ command: 'load', args: isAsGiven ? args : inputs, flags }))
}

/** `r-2.csv` for `r.csv`. */
function numbered(text: string, number: number, name: string): string {
  if (name === 'run-id') return `${text.slice(0, 60)}-${number}`
  const extension = extname(text)
  return `${text.slice(0, text.length - extension.length)}-${number}${extension}`
}

function tell({ output, asked }: Call, result: CheckResult): void {
  for (const notice of result.notices) output.note(notice)
  if (result.error !== null) {
    output.problem(result.error.message, result.error.code, result.problems[0])
    printAdvice(output, result.error, asked)
  } else if (result.exitCode === errorCodes.DDB_OUTPUT_WRITE) {
    printAdvice(output, { code: 'DDB_OUTPUT_WRITE' }, asked)
  } else if (asked.next !== undefined && !asked.serverEnds) {
    output.command('next', shellText(asked.next))
  }
}

async function show({ output, asked }: Call, result: CheckResult): Promise<void> {
  await output.write(checkText(result, output.paintResult, output.resultColumns))
  if (result.commands.length === 0) return
  const several = 'the inputs are read in different ways, so it takes several loads:'
  const one = asked.next ? 'to load with the options found:' : 'to load exactly this way:'
  const title = result.commands.length === 1 ? one : several
  await output.write(`\n${output.paintResult('bold', title)}\n`)
  for (const command of result.commands) await output.writeData(`${command}\n`)
}

/** @throws {UsageError} DDB_USAGE for flags that only loads have, which send rows to draw and to count; the environment may set them */
function refuseOfLoad({ sources: { flags } }: Call): void {
  const given = ['report', 'metrics-file'].find(name => flags.has(name))
  if (given === undefined) return
  throw usageError(
    `--${given} is for loads, and a check loads nothing: leave it out. --json[=FILE] has the result of a check`,
  )
}

const columnHeads = ['column', 'type', 'value', 'nulls', 'bad'] as const
const cellColumns = 32
const shownTables = 3
const shownInputs = 20

/**
 * How each column is read, where rows would be stored and what is wrong: the result without the `load` commands.
 * @param columns  width of the terminal; undefined leaves lines whole
 */
export function checkText(result: CheckResult, paint: Paint, columns = Infinity): string {
  const parts = [
    [sentence(result)],
    ...inputParts(result, columns),
    result.columns.flatMap(({ name, first, last }) =>
      first ? [`${name}: ${first} to ${last}`] : [],
    ),
    problemLines(result),
    remedyLines(result),
  ].filter(lines => lines.length > 0)
  const texts = parts.map((lines, part) => {
    const folded = lines.map(clean).flatMap(line => wrapped(line, columns, indentOf(line)))
    return folded.map(line => `${part === 0 ? paint('bold', line) : line}\n`).join('')
  })
  return texts.join('\n')
}

/** Lines after the first are indented by four more columns. */
const indentOf = (line: string): string => ' '.repeat(line.search(/\S|$/) + 4)

function sentence({ rows, status, target, inputs, columns }: CheckResult): string {
  const into = `${target.table ?? target.function ?? '-'} on ${target.host}`
  const read = counted(rows.read, 'row')
  if (columns.length === 0) {
    return `The columns of ${into} are not known: this is how the inputs are read (${read} looked at).`
  }
  const looked = inputs.every(input => input.isWhole) ? read : `${read} that were looked at`
  if (status === 'fits') return `All ${looked} would load into ${into}.`
  const unfit = rows.unfit === 0 ? '' : `, ${grouped(rows.unfit)} are in inputs that do not fit`
  return `${grouped(rows.fit)} of ${looked} would load into ${into}: ${grouped(rows.rejected)} would be rejected${unfit}.`
}

function inputParts({ inputs, columns }: CheckResult, width: number): string[][] {
  const seen = new Set<string>()
  const parts = inputs.slice(0, shownInputs).map(input => {
    const shape = JSON.stringify(
      input.fields.map(({ source, position, column }) => [source, position, column]),
    )
    const isNew = input.fields.length > 0 && !seen.has(shape) && seen.size < shownTables
    if (isNew) seen.add(shape)
    return [inputText(input), ...(isNew ? table(input.fields, columns, width) : [])]
  })
  const more = inputs.length - parts.length
  return more > 0 ? [...parts, [`and ${counted(more, 'more input')}`]] : parts
}

function inputText(input: CheckResult['inputs'][number]): string {
  const { path, format, compression, bytes, rows, rejected, detected, isWhole } = input
  if (format === null) return `${path}: was not read`
  const kind = [format, compression === 'none' ? null : compression].filter(Boolean).join(', ')
  const bad = rejected === 0 ? '' : `, ${grouped(rejected)} rejected`
  const found = detected === null ? '' : `; ${detectedText(detected)}`
  return `${path}: ${kind}, ${bytesText(bytes)} read, ${isWhole ? '' : 'first '}${counted(rows, 'row')}${bad}${found}`
}

function table(fields: readonly CheckedField[], columns: CheckResult['columns'], width: number) {
  // If the inputs do not fit the table, no field has a known column, and only the texts of the fields are shown.
  const isKnown = fields.some(({ column }) => column !== null)
  const heads = ['input', 'text', ...(isKnown ? columnHeads : [])]
  const rows = fields.map(field => {
    const column = columns.find(({ name }) => name === field.column)
    const counts = column === undefined ? ['', ''] : [grouped(column.nulls), badText(column)]
    const known = [field.column ?? '(left out)', column?.type ?? '', field.value ?? '', ...counts]
    return [placeText(field), field.text ?? '', ...(isKnown ? known : [])].map(text =>
      clip(clean(text), cellColumns),
    )
  })
  return tableLines([heads, ...rows], column => column >= 5, width - 2).map(line => `  ${line}`)
}

function badText({ rejected, coerced }: CheckResult['columns'][number]): string {
  return coerced === 0 ? grouped(rejected) : `${grouped(rejected)}, ${grouped(coerced)} made null`
}

function placeText({ source, position, column, text }: CheckedField): string {
  if (source !== null) return source
  if (position !== null) return `field ${position}`
  return column === null || text === '' ? '(nothing)' : '(set)'
}

function problemLines({ problems, rows, rejects }: CheckResult): string[] {
  if (problems.length === 0) return []
  const lines = problems.map(({ file, lineNumber, columnName, message }) => {
    const column = columnName === null ? '' : `, column ${columnName}`
    return `  ${file}, line ${grouped(lineNumber)}${column}: ${message}`
  })
  const more = rows.rejected - lines.length
  return [
    `${counted(rows.rejected, 'row')} would be rejected (${codeTexts(rejects.byCode).join(', ')})`,
    ...lines,
    ...(more > 0 ? [`  and ${grouped(more)} more`] : []),
  ]
}

function remedyLines({ remedies }: CheckResult): string[] {
  if (remedies.length === 0) return []
  const title = 'texts that do not fit their columns, and the options that read them:'
  return [title, ...remedies.map(text => `  ${text}`)]
}
