/* What is printed after a failure: its message, and last the command to run next, which is `explain` if no other can help. */
import { asDdbError, attempt, DdbError, errorCodes, InputError } from '../../errors.js'
import type { ErrorCode, Fix } from '../../errors.js'
import type { NeededOptions } from '../../infer/inferred-schema.js'
import type { LoadResult } from '../../load/options.js'
import { parseTableTarget, tableExpression } from '../../load/target/target.js'
import { systemFiles } from '../../platform/system-files.js'
import { commandOptions } from '../options/options.js'
import { commandWords, sameCommand, serverWords, shellText } from '../options/shell-command.js'
import { runCommand, withNeeded, type TypedCall } from '../options/shell-command.js'
import { jsonLine, type Output } from './output.js'
import { isLeftUnanswered, type NextStep } from './run-report.js'

/** The user's call, as far as it was read before something failed. */
export interface UserCall {
  /** undefined until the program has recognized the command's name. */
  command?: TypedCall['command']
  args?: TypedCall['args']
  flags?: TypedCall['flags']
  /** Words of the next command, if the failed command has determined one. */
  next?: readonly string[]
  nextLoads?: boolean
  /** True if rows may be in the table: repeating the command could load them twice. */
  mayHaveStored?: boolean
  /** The folder of journals that the user has named. */
  stateDir?: string | undefined
  /** True under `serve -- CMD`: the server ends with this process, so no command that needs it is printed. */
  serverEnds?: boolean
}

/** Whether a column takes the line, which a file of rejects does not tell: `retry` refuses it. */
export const takesLines = ({ flags }: UserCall): boolean =>
  flags?.get('set')?.some(text => text.includes('{line}')) === true

/** Describes a failure, with the first fix among the error and its causes; its options are flags, such as `--encoding`. */
export function failureOf(error: unknown) {
  const { code, message, exitCode } = asDdbError(error)
  const fixes = chainOf(error).flatMap(one => (one instanceof DdbError ? (one.fix ?? []) : []))
  return { code, message, exitCode, fix: fixes[0] ?? null }
}

/** The error and its causes, which may form a circle. */
function chainOf(error: unknown): Error[] {
  const chain: Error[] = []
  for (let one = error; one instanceof Error && chain.length < 20; one = one.cause) chain.push(one)
  return chain
}

/** Prints a failure; the command to run next is the last line. */
export function printFailure(output: Output, error: unknown, asked: UserCall) {
  const failure = failureOf(error)
  const place = error instanceof InputError ? error.position : undefined
  output.problem(failure.message, failure.code, place)
  // A report about a defect needs the stack.
  if (failure.code === 'DDB_INTERNAL') {
    const lines = chainOf(error).flatMap(one => (one.stack ?? one.message).split('\n').slice(0, 8))
    for (const line of lines.slice(0, 24)) output.note(line, 'dim')
  }
  printAdvice(output, failure, asked)
  return failure
}

/** Prints a failure as a JSON object. If printing fails, the exit code of the first failure still applies. */
export async function writeFailed(output: Output, object: object): Promise<void> {
  await output.writeData(jsonLine(object)).catch(() => undefined)
}

/** @param object  to print as JSON with the error @returns the exit code if a signal interrupted the command @throws the error otherwise */
export async function endFailed(
  output: Output,
  error: unknown,
  object: object | false | undefined,
  interruption?: { readonly exitCode: number | undefined },
): Promise<number> {
  const ended = interruption?.exitCode
  const failure =
    ended === undefined ? error : new DdbError('DDB_INTERRUPTED', 'interrupted', { cause: error })
  const { code, message, exitCode } = failureOf(failure)
  const facts = { exitCode: ended ?? exitCode, error: { code, message } }
  if (object) await writeFailed(output, { ...object, ...facts })
  if (ended === undefined) throw error
  output.problem('interrupted')
  return ended
}

interface Failed {
  readonly code: string
  readonly fix?: Fix | null
}

/** Prints advice for a failure; the last line is a command. */
export function printAdvice(output: Output, failed: Failed, asked: UserCall): void {
  const likely = failed.fix?.options?.['--header']
  const other = likely ? otherHeader(likely === 'yes', asked) : []
  const next = { when: 'next', command: nextCommand(failed, asked) }
  printSteps(output, failed.code, [...other, next], asked)
}

/** The command for the less likely answer to whether the first record is a header; none for a pipe. @param isHeader  the likely answer */
export function otherHeader(isHeader: boolean, asked: UserCall): NextStep[] {
  const known = knownCall(asked, { options: { '--header': isHeader ? 'no' : 'yes' } })
  if (known === undefined || !hasFiles(known) || asked.mayHaveStored) return []
  if (asked.serverEnds && needsServer(known.command)) return []
  const when = `if the first record is a ${isHeader ? 'row' : 'header'}`
  return [{ when, command: shellText(fixed(known)) }]
}

/** Prints the steps. Advice in words, if there is some for the code, comes first. */
export function printSteps(
  output: Output,
  code: string | undefined,
  steps: readonly NextStep[],
  { command }: UserCall,
): void {
  if (code === 'DDB_LOGIN')
    output.note('give the password with --password-file or DDB_PASSWORD, or at the prompt')
  if (code === 'DDB_CONNECT' && command !== 'serve') {
    const builtIn = 'One is built in: start it, and try again in another terminal'
    output.note(`no DolphinDB server at hand? ${builtIn}`)
  }
  for (const step of steps) output.command(step.when, step.command)
}

/** A call whose command is known, and what would help. */
interface Known extends TypedCall {
  readonly mayHaveStored?: boolean
  readonly fix: Fix | null
}

/** Words of a command that helps; undefined if the call lacks something that the command needs. */
type Advice = (asked: Known) => readonly string[] | undefined

function knownCall(asked: UserCall, fix: Fix | null = null): Known | undefined {
  const { command, args = [], flags = new Map() } = asked
  if (command === undefined) return undefined
  const known = new Set(Object.values(commandOptions[command]).map(({ name }) => `--${name}`))
  const options = Object.entries(fix?.options ?? {}).filter(([flag]) => known.has(flag))
  const own = fix && { ...fix, options: Object.fromEntries(options) }
  return { ...asked, command, args, flags, fix: own }
}

/** True for standard input, a named pipe or a device: nothing can read the same bytes again. */
export function isReadOnce(path: string): boolean {
  const status = attempt(() => systemFiles.statusNow(path))
  return path === '-' || (status !== undefined && !status.isFile && !status.isFolder)
}

const hasFiles = ({ args, flags }: Known): boolean =>
  flags.has('files-from') || (args.length > 0 && !args.some(isReadOnce))

const isLoad = ({ command }: Known): boolean => command === 'load' || command === 'check'

const isFixed = ({ fix }: Known): boolean => Object.keys(fix?.options ?? {}).length > 0

/** The command with the options that would help. @param without  flags to leave out */
const fixed = (asked: Known, without: Readonly<Record<string, null>> = {}): string[] =>
  sameCommand(asked, { ...without, ...asked.fix?.options })

/** The same command, except for loads from a pipe and `exec` (scripts have effects and may hold passwords). */
const again: Advice = asked => {
  if (asked.mayHaveStored) return look(asked)
  const isOnce = asked.command === 'exec' || (isLoad(asked) && !hasFiles(asked))
  return isOnce ? undefined : sameCommand(asked)
}

const usage: Advice = asked =>
  isFixed(asked) && hasFiles(asked) && !asked.mayHaveStored
    ? fixed(asked)
    : [asked.command, isLoad(asked) ? '--help-all' : '--help']

/** `check`, which shows column by column what the load would do, with the options that would help. A load that it prints would repeat rows. */
const check: Advice = asked => {
  if (asked.mayHaveStored && asked.command === 'load') return look(asked)
  if (!hasFiles(asked)) return undefined
  if (!isFixed(asked) && asked.command !== 'load') return undefined
  return isLoad(asked) ? fixed({ ...asked, command: 'check' }, { '--json': null }) : fixed(asked)
}

const decode: Advice = asked => {
  const isGiven = asked.fix === null && asked.flags.has('encoding')
  return check(isGiven ? { ...asked, fix: { options: { '--encoding': null } } } : asked)
}

/** A new table of the name that the user gave: rows in a table with a similar name could be in the wrong one. */
const tables: Advice = asked => {
  const { flags, mayHaveStored } = asked
  const table = flags.get('table')?.at(-1)
  if (!isLoad(asked) || table === undefined || !hasFiles(asked)) return undefined
  // The table was there, so its rows may be gone.
  if (mayHaveStored === true) return look(asked)
  if (['create', 'transform', 'follow', 'key-columns'].some(one => flags.has(one))) return undefined
  return sameCommand(asked, { '--create': table.startsWith('dfs://') ? 'dfs' : 'stream' })
}

/** Finds out which rows are in the table: an audit, or for a pipe, which cannot be read again, their number. A shard is repeated. */
const look: Advice = asked => {
  const { flags } = asked
  if (flags.has('shard')) return sameCommand(asked)
  const table = flags.get('table')?.at(-1)
  if (isLoad(asked) && hasFiles(asked) && (table ?? flags.get('confirm-table')) !== undefined) {
    const isNull = flags.get('on-error')?.at(-1) === 'null'
    const ofLoad = ['--json', '--trace', '--quiet', ...(isNull ? [] : ['--on-error'])]
    // Types of a new table are in the table by now.
    if (flags.has('create')) ofLoad.push('--types')
    const left = Object.fromEntries(ofLoad.map(flag => [flag, null]))
    const isChanged = flags.has('transform') || flags.has('function')
    const kept = isChanged ? { '--columns': 'COLUMN' } : {}
    return sameCommand({ ...asked, command: 'audit' }, { ...left, ...kept })
  }
  if (table === undefined) return undefined
  const script = `exec count(*) from ${tableExpression(parseTableTarget(table))}`
  return ['exec', '-e', script, ...serverWords(flags)]
}

const lookIfStored: Advice = asked => (asked.mayHaveStored ? look(asked) : undefined)

const runs: Advice = ({ flags, args, command }) => {
  const name = flags.get('run-id')?.at(-1) ?? (command === 'resume' ? args[0] : undefined)
  const folder = flags.get('state-dir')?.at(-1)
  const where = folder === undefined ? [] : ['--state-dir', folder]
  return name === undefined ? undefined : ['runs', name, ...where]
}

/** Only logs in: with a user, or with another source for the password. */
const login: Advice = ({ flags }) => {
  const change = flags.has('user') ? ['password-file', 'FILE'] : ['user', 'admin']
  return ['exec', '-e', '1', ...serverWords(new Map(flags).set(change[0]!, [change[1]!]))]
}

const advice: Readonly<Partial<Record<ErrorCode, Advice>>> = {
  DDB_USAGE: usage,
  DDB_RUN_CHANGED: runs,
  DDB_RUN_MISSING: () => ['runs'],
  DDB_INPUT_READ: lookIfStored,
  DDB_INPUT_ENCODING: decode,
  DDB_INPUT_QUOTE: check,
  DDB_INPUT_RECORD_TOO_LONG: check,
  DDB_INPUT_FIELD_COUNT: check,
  DDB_INPUT_COLUMN: check,
  DDB_INPUT_CELL: check,
  DDB_INPUT_RANGE: check,
  DDB_INPUT_JSON: check,
  DDB_INPUT_MEMBER: check,
  DDB_INPUT_LIMIT: check,
  DDB_STRING_HAS_NUL: check,
  DDB_SERVER_REFUSED_ROW: check,
  DDB_TARGET: tables,
  // If `serve` itself failed: a free port.
  DDB_CONNECT: asked =>
    asked.command === 'serve' ? sameCommand(asked, { '--port': '0' }) : ['serve'],
  DDB_CONNECTION_LOST: look,
  DDB_UNCONFIRMED: look,
  DDB_EXPECTATION: check,
  DDB_LOGIN: login,
  DDB_TIMEOUT: again,
  // Does not suggest repeating a named run: with a different state folder, its rows would be stored twice.
  DDB_LOCKED: asked => (runs(asked) === undefined ? again(asked) : undefined),
  DDB_UNAVAILABLE: again,
  DDB_INTERRUPTED: lookIfStored,
}

export function nextCommand({ code, fix }: Failed, asked: UserCall): string {
  const known = knownCall(asked, fix)
  if (known === undefined && code === 'DDB_USAGE') return 'ddb-ingest --help'
  if (fix?.command !== undefined) return fix.command
  const words = asked.next ?? (known && advice[code as ErrorCode]?.(known))
  const isOver = asked.serverEnds && needsServer(words?.[0])
  return shellText(words === undefined || isOver ? ['explain', code] : words)
}

/** True for the name of a command that reads or fills tables of a server. */
const needsServer = (name = ''): boolean =>
  ['load', 'check', 'resume', 'retry', 'audit', 'exec'].includes(name)

/** Stores the next command: this call with the options that it lacks. @param loads  true if a check has read all rows: a load may follow */
export function adviseNeededOptions(asked: UserCall, needed: NeededOptions, loads = false): void {
  const known = knownCall(asked)
  if (known === undefined || !isLoad(known)) return
  const command = loads ? 'load' : known.command
  // A load would understand these options of a check differently.
  const ofCheck = loads ? ['dry-run', 'json'] : []
  const kept = [...known.flags].filter(([flag]) => !ofCheck.includes(flag))
  asked.nextLoads = command === 'load'
  asked.next = commandWords({ ...known, command, flags: withNeeded(new Map(kept), needed) })
}

/** The steps after a run, the most useful one last; none if nothing is left to do. */
export function nextSteps(result: LoadResult, asked: UserCall): NextStep[] {
  const last = lastStep(result, asked)
  if (last === undefined) return []
  const { audit, restart } = result.resume
  const isAudit = audit === null || audit === last.command || asked.serverEnds
  const again = 'to load all rows again, if the table has none of them'
  const retries = result.rejects.files.map(({ path }) => runCommand('retry', path, asked.stateDir))
  const further = last.command === retries.shift() ? retries : []
  return [
    ...further.map(command => ({ when: 'next', command })),
    ...(restart === null ? [] : [{ when: again, command: restart }]),
    ...(isAudit ? [] : [{ when: findOut, command: audit }]),
    last,
  ]
}

const findOut = 'to find out which rows are there'
/** Codes of inputs whose rest may be impossible to read. Before the repair, an audit would fail at the same place. */
const brokenCodes = /^DDB_INPUT_(READ|ENCODING|JSON|QUOTE|RECORD_TOO_LONG)$/
const afterRepair = 'to find the rows that are not stored yet, after you have repaired the input'

function lastStep(result: LoadResult, asked: UserCall): NextStep | undefined {
  const { resume, error, rows, rejects, exitCode, confirm } = result
  // Without an error the run itself went well; perhaps only its result could not be printed or stored.
  const unknown = rows.unconfirmed > 0 ? 'DDB_UNCONFIRMED' : undefined
  const code = exitCode === errorCodes.DDB_OUTPUT_WRITE ? 'DDB_OUTPUT_WRITE' : unknown
  const next = (command: string): NextStep => ({ when: 'next', command })
  // The rows that were left out are all that a check is to show.
  const isLeftOut = error === null && code === undefined
  const call = isLeftOut ? { ...asked, mayHaveStored: false } : asked
  const command = nextCommand(error ?? { code: code ?? 'DDB_INPUT_CELL' }, call)
  const isAudit = command.startsWith('ddb-ingest audit ')
  const isBroken = error !== null && brokenCodes.test(error.code)
  const usual = isAudit && isBroken ? { when: afterRepair, command } : next(command)
  if (!asked.serverEnds) {
    const [file] = rejects.files
    if (resume.restart !== null && resume.audit !== null) {
      return { when: findOut, command: resume.audit }
    }
    // If its input stops a named load, an option may be missing, and a resumed run would lack it, too.
    const isBad = asked.command === 'load' && exitCode === errorCodes.DDB_INPUT_CELL && !file
    if (resume.possible && resume.command !== null && (asked.mayHaveStored || !isBad)) {
      return isLeftUnanswered(result, confirm.used)
        ? next(nextCommand({ code: 'DDB_RUN_CHANGED' }, asked))
        : { when: 'to go on', command: resume.command }
    }
    if (isLeftOut && exitCode !== 0 && file && !takesLines(asked))
      return next(runCommand('retry', file.path, asked.stateDir))
  }
  return error === null && exitCode === 0 ? undefined : usual
}
