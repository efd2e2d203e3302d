/*
  Suggests the command to run after a failure: the last line of every error. If no other command can help, suggests
  `explain`, which prints what the user can do.
*/
import type { ErrorCode } from '../../errors.js'
import type { NeededOptions } from '../../infer/needed-options.js'
import { parseTableTarget, tableExpression } from '../../load/target/target.js'
import { loadOnlyOptions } from '../options/load-options.js'
import type { OptionTable } from '../options/reading/definition.js'
import { completedCommand, sameCommand, serverWords, shellText } from '../options/shell-command.js'

/** The user's call, as far as it was read before something failed. */
export interface UserCall {
  /** undefined until the program has recognized the command's name. */
  command?: { readonly name: string; readonly options: OptionTable }
  args?: readonly string[]
  flags?: ReadonlyMap<string, readonly string[]>
  /** The next command, if the failed command has determined one. */
  next?: string
  /** True if rows may be in the table: repeating the command could load them twice. */
  mayHaveStored?: boolean
  /** The message of the failure, which may name the value of an option. */
  message?: string
}

type Known = Required<Pick<UserCall, 'command' | 'args' | 'flags'>> & UserCall

type Advice = (asked: Known) => string | undefined

/** Suggests the same command, except for loads from a pipe and `exec` (scripts have effects and may hold passwords). */
const again: Advice = asked => {
  if (asked.mayHaveStored) return look(asked)
  const isOnce = asked.command.name === 'exec' || (isLoad(asked) && !hasFiles(asked))
  return isOnce ? undefined : sameCommand(asked)
}

/** Suggests `check`, which shows column by column what the load would do, with the options that the message names. */
const check: Advice = asked => {
  if (!isLoad(asked) || !hasFiles(asked)) return undefined
  const { without, further } = foundOptions(asked)
  if (asked.command.name === 'check' && further.length + without.length === 0) return undefined
  const others = ['dry-run', 'summary', ...loadOnlyOptions, ...without]
  return sameCommand({ ...asked, name: 'check' }, others, further)
}

/** Repeats the command with the encoding that the message names. For `load`, suggests `check` instead. */
const decode: Advice = asked => {
  if (isLoad(asked)) return check(asked)
  const { without, further } = foundOptions(asked)
  return further.length === 0 || !hasFiles(asked) ? undefined : sameCommand(asked, without, further)
}

/** Reads suggestions from the message: options to add (`further`), and options of the call to leave out (`without`). */
function foundOptions({ message = '', flags }: Known): { without: string[]; further: string[] } {
  const encoding = /It may be ([\w-]+)[^]*name the right one/.exec(message)?.[1]
  if (encoding !== undefined) return { without: ['encoding'], further: ['--encoding', encoding] }
  if (flags.has('encoding') && message.includes('text in the encoding')) {
    return { without: ['encoding'], further: [] }
  }
  const line = /the table begins in line (\d+)(?!, the header)/.exec(message)?.[1]
  if (line !== undefined && !flags.has('skip-lines')) {
    return { without: [], further: ['--skip-lines', String(Number(line) - 1)] }
  }
  const [, source, target] =
    /\(nearest: ([^,)]+)[^]*: map it with --map ([^,]*)=SOURCE,/.exec(message) ?? []
  if (source === undefined || flags.has('map')) return { without: [], further: [] }
  return { without: [], further: ['--map', `${target}=${source}`] }
}

/** Suggests the table that the user meant, or a new DFS table, or the call without a table, which lists the tables. */
const tables: Advice = asked => {
  if (!isLoad(asked) || !asked.flags.has('table') || !hasFiles(asked)) return undefined
  const [table = '', near] =
    /no table "([^"]*)"[^]*Did you mean "([^"]*)"/.exec(asked.message ?? '')?.slice(1) ?? []
  if (near !== undefined) {
    const meant = table.slice(0, table.lastIndexOf('/') + 1) + near
    return sameCommand(asked, ['table', 'create'], ['--table', meant])
  }
  const isNew = asked.flags.get('table')?.at(-1)?.startsWith('dfs://') && !asked.flags.has('create')
  return isNew
    ? sameCommand(asked, [], ['--create', 'dfs'])
    : sameCommand(asked, ['table', 'create'])
}

/** True if the inputs can be read again, unlike data from a pipe. */
const hasFiles = ({ args, flags }: Known): boolean =>
  flags.has('files-from') || (args.length > 0 && !args.includes('-'))

/** Suggests counting the rows of the table. */
const look: Advice = ({ flags }) => {
  const table = flags.get('table')?.at(-1)
  if (table === undefined) return undefined
  const script = `exec count(*) from ${tableExpression(parseTableTarget(table))}`
  return shellText(['exec', '-e', script, ...serverWords(flags)])
}

const runs: Advice = ({ flags, args, command }) => {
  const name = flags.get('run-id')?.at(-1) ?? (command.name === 'resume' ? args[0] : undefined)
  const folder = flags.get('state-dir')?.at(-1)
  const where = folder === undefined ? [] : ['--state-dir', folder]
  return name === undefined ? undefined : shellText(['runs', name, ...where])
}

/** Suggests a command that only logs in. After a wrong password, adds another source for the password. */
const login: Advice = ({ flags, message = '' }) =>
  shellText([
    ...['exec', '-e', '1', ...serverWords(flags)],
    ...(flags.has('user') ? [] : ['--user', 'admin']),
    ...(/password/i.test(message) ? ['--password-file', 'FILE'] : []),
  ])

/** If no server answered, suggests starting the embedded server. If `serve` itself failed, suggests a free port. */
const serve: Advice = asked =>
  asked.command.name === 'serve'
    ? sameCommand(asked, ['port'], ['--port', '0'])
    : (/"(ddb-ingest serve[\w -]*)"/.exec(asked.message ?? '')?.[1] ?? 'ddb-ingest serve')

const isLoad = ({ command: { name } }: Known): boolean => name === 'load' || name === 'check'

const explained: Advice = () => undefined

/** Code → command that helps; undefined if the call lacks something that the command needs. */
const advice: Readonly<Record<ErrorCode, Advice>> = {
  DDB_USAGE: ({ command: { name } }) => shellText([name, isLong(name) ? '--help-all' : '--help']),
  DDB_NAME: tables,
  DDB_RUN_CHANGED: runs,
  DDB_RUN_MISSING: () => 'ddb-ingest runs',
  DDB_RUN_DAMAGED: explained,
  DDB_INPUT_MISSING: explained,
  DDB_INPUT_READ: explained,
  DDB_INPUT_TRUNCATED: explained,
  DDB_INPUT_ENCODING: decode,
  DDB_INPUT_FORMAT: explained,
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
  DDB_SERVER_REFUSED_ROW: explained,
  DDB_SCRIPT: explained,
  DDB_SERVER: explained,
  DDB_TARGET: tables,
  DDB_CONFIG: explained,
  DDB_CONNECT: serve,
  DDB_CONNECTION_LOST: look,
  DDB_UNCONFIRMED: look,
  DDB_EXPECTATION: asked => (asked.mayHaveStored ? look(asked) : check(asked)),
  DDB_LOGIN: login,
  DDB_PRIVILEGE: explained,
  DDB_PROTOCOL: explained,
  DDB_TLS: explained,
  DDB_LIMIT: explained,
  DDB_ASYNC_SESSION: explained,
  DDB_CLOSED: explained,
  DDB_TASK: explained,
  DDB_TIMEOUT: again,
  // Does not suggest repeating a named run: with a different state folder, its rows would be stored twice.
  DDB_LOCKED: asked => (runs(asked) === undefined ? again(asked) : undefined),
  DDB_TARGET_CHANGED: explained,
  DDB_UNPROVEN: explained,
  DDB_UNAVAILABLE: again,
  DDB_OUTPUT_CREATE: explained,
  DDB_OUTPUT_WRITE: explained,
  DDB_INTERRUPTED: asked => (asked.mayHaveStored ? look(asked) : undefined),
  DDB_INTERNAL: explained,
}

const isLong = (name: string): boolean => name === 'load' || name === 'check'

/** The same command with one more option; undefined if its input cannot be read again. */
export function commandWithOption(asked: UserCall, name: string, text: string): string | undefined {
  const { command, args = [], flags = new Map() } = asked
  if (command === undefined || !hasFiles({ ...asked, command, args, flags })) return undefined
  return sameCommand({ command, args, flags }, [name], [`--${name}`, text])
}

/** Options of `check` that `load` would understand differently, or not at all. */
const ofCheck = ['dry-run', 'sample', 'summary']

/**
 * Stores the next command: this call plus the options that it lacks.
 * @param loads  true if a check has found that all rows would load with these options
 */
export function adviseNeededOptions(asked: UserCall, needed: NeededOptions, loads = false): void {
  const { command, args = [], flags = new Map<string, readonly string[]>() } = asked
  if (command === undefined || !isLong(command.name)) return
  const kept = loads ? new Map([...flags].filter(([flag]) => !ofCheck.includes(flag))) : flags
  const name = loads ? 'load' : command.name
  asked.next = completedCommand({ command, args, flags: kept, name }, needed)
}

export function nextCommand(code: string, asked: UserCall): string {
  if (asked.next !== undefined) return asked.next
  const { command, args = [], flags = new Map() } = asked
  if (command === undefined && code === 'DDB_USAGE') return 'ddb-ingest --help'
  const known = command && { ...asked, command, args, flags }
  return (known && advice[code as ErrorCode](known)) ?? `ddb-ingest explain ${code}`
}
