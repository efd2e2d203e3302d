/* A run with a journal as one plain object, which `runs --json` prints, and as text: all runs as a table, or one run in detail. */
import { addressText } from '../../client/failure.js'
import { isInDoubt } from '../../load/journal/changed-run.js'
import { unconfirmedRows, type RecordedRun } from '../../load/journal/recorded-run.js'
import { resumedInputs, streamIn } from '../../load/journal/run-history.js'
import type { KnownRun } from '../../load/journal/journals.js'
import { pathHere } from '../../load/rejects/reject-path.js'
import { confirmationWords } from '../../load/options.js'
import type { ConfirmUsed, LoadResult, RowCounts } from '../../load/options.js'
import { runCommand } from '../options/shell-command.js'
import type { LinesOfRows } from '../../load/outcomes/pieces.js'
import type { ResumePoint } from '../../parse/batch.js'
import { clean, counted, fieldLines, grouped, type Paint, tableLines } from './output.js'

/** Every field is always present; unknown values are null. Times are in ISO 8601, in UTC. */
export type RunReport = ReturnType<typeof reportOf>

/** @param command  resumes the run @param ways  what to do if `command` alone cannot resume the run */
export function reportOf(known: KnownRun, command: string, ways: readonly NextStep[]) {
  const { run, journal, state, holder } = known
  const { server, target } = run.options
  const progressOf = inputProgress(journal)
  const lastEnd = journal.begun.findLast(({ end }) => end !== undefined)?.end
  const rows = rowsOf(known)
  const { error = null } = lastEnd ?? {}
  const isBad = rows.rejected > 0 && (journal.rejects?.files.length ?? 0) === 0
  // Resuming would fail again, because the journal keeps the options that were refused, or that did not suit the first rows.
  const isMisuse = error && journal.isUntouched && (error.code === 'DDB_USAGE' || isBad)
  const possible = state !== 'running' && state !== 'finished' && ways.length === 0 && !isMisuse
  return {
    runId: known.runId,
    state,
    startedAt: run.startedAt,
    /** Of the last process that recorded its end, like `exitCode`. */
    endedAt: lastEnd?.at ?? null,
    exitCode: codeOf(lastEnd),
    target: {
      host: addressText(server.host, server.port),
      table: target.table ?? null,
      function: target.function ?? null,
    },
    confirmUsed: journal.used ?? null,
    /** Rows of all processes together, so no row counts as skipped. */
    rows,
    /** Progress in each input; bytes count the content, decompressed and as UTF-8. */
    inputs: journal.inputs.map(({ path, fingerprint }, index) => {
      const { settled, isDone, uncertain } = progressOf(index)
      const { offsetBytes, lineNumber, records } = settled
      return {
        path,
        /** Stored size, perhaps compressed. */
        sizeBytes: fingerprint.sizeBytes,
        /** The position before which no rows are left to send, and no outcome is left to ask for. */
        settled: { offsetBytes, lineNumber, rows: records },
        isDone,
        rejected: journal.rejects?.byInput[path]?.rejected ?? 0,
        uncertain,
      }
    }),
    processes: journal.begun.map(({ startedAt, end }) => ({
      startedAt,
      endedAt: end?.at ?? null,
      status: end?.status ?? null,
      exitCode: codeOf(end),
      error: end?.error ?? null,
    })),
    holder: holder ?? null,
    rejects: { files: journal.rejects?.files.map(({ path, rows }) => ({ path, rows })) ?? [] },
    journal: { path: known.path, tornBytes: known.tornBytes },
    folder: run.folder === '' ? null : run.folder,
    /** If `ways` is not empty, `command` alone cannot resume the run. */
    resume: { possible, command: possible ? command : null, ways },
  }
}

/** Null for a process that a signal ended: the journal does not know which one. */
const codeOf = (end: KnownRun['journal']['end']): number | null =>
  end === undefined || end.status === 'interrupted' ? null : end.exitCode

/** Prefers the counts in the record of the run's end, which include rows that were read but are in no batch. */
function rowsOf({ journal }: KnownRun): Omit<RowCounts, 'skipped'> {
  if (journal.end !== undefined) {
    const { skipped, confirmed, ...others } = journal.end.rows
    return { ...others, confirmed: confirmed + skipped }
  }
  const { confirmed, filtered, unconfirmed, rejected, unsent } = journal.rows()
  const read = confirmed + filtered + unconfirmed + rejected + unsent
  return { read, confirmed, filtered, unconfirmed, rejected, unsent }
}

/** A command, and the words before it: in which case to use it. */
export interface NextStep {
  readonly when: string
  readonly command: string
}

/** True if the run ended without an error, but the server's answers about some rows were lost. */
export function isLeftUnanswered(
  { status, error }: { readonly status: LoadResult['status']; readonly error?: object | null },
  used: ConfirmUsed | undefined,
): boolean {
  return status === 'unconfirmed' && !error && used === 'answers'
}

/**
 * @param changed  inputs that have changed @param commands  to resume the run, audit it, and abandon it
 * @returns one command for each possible case if only the user can know the case; none if `resume` is always right
 */
export function waysToResume(
  { journal }: Pick<KnownRun, 'journal'>,
  changed: readonly string[],
  { resume, audit, clean }: Readonly<Record<'resume' | 'audit' | 'clean', string>>,
): NextStep[] {
  const { end, used, isUntouched, isForgotten } = journal
  const giveUp = {
    when: 'to give the run up, and keep the rows that it has stored',
    command: clean,
  }
  const startOver = (unless: string): NextStep => ({
    when: `to load all rows again${unless}`,
    command: `${resume} --restart`,
  })
  if ((changed.length > 0 || end?.error?.code === 'DDB_RUN_CHANGED') && !isUntouched) {
    const files = changed.length === 1 ? `"${changed[0]}"` : 'the inputs of the run'
    return [
      { when: `after restoring ${files} with the same modification time (cp -p)`, command: resume },
      startOver(
        '; first remove the rows of the run from the table, unless new rows replace them by key',
      ),
      giveUp,
    ]
  }
  if (isInDoubt(end?.error) || isForgotten) {
    const again = { when: 'after the rows of the run are in the table again', command: resume }
    return [
      { when: 'to find out which rows are there', command: audit },
      ...(isForgotten ? [] : [again]),
      startOver(', if the table has none of them'),
      giveUp,
    ]
  }
  if (isUntouched) return []
  // The journal of a run in sync mode says that it has receipts.
  const proof = journal.run?.options.delivery?.mode === 'sync' ? 'answers' : used
  if (end === undefined || !isLeftUnanswered(end, proof)) return []
  return [
    {
      when: 'if none of the rows of unknown outcome is in the table',
      command: `${resume} --on-doubt resend`,
    },
    { when: 'if all rows of unknown outcome are in the table', command: clean },
  ]
}

/** A line per run, and commands to resume runs. @param columns  width of the terminal; undefined leaves lines whole */
export function runsTable(runs: RunReport[], paint: Paint, columns?: number, stateDir?: string) {
  const heads = ['run', 'state', 'began', 'read', 'confirmed', 'others', 'target']
  const rows = runs.map(
    ({ runId, state, startedAt, rows: { read, confirmed, ...others }, target }) =>
      [
        ...[runId, state, `${startedAt.slice(0, 16).replace('T', ' ')}Z`],
        ...[grouped(read), grouped(confirmed)],
        Object.entries(others)
          .filter(([, count]) => count > 0)
          .map(([name, count]) => `${grouped(count)} ${name}`)
          .join(', '),
        targetText(target),
      ].map(clean),
  )
  const isCount = (column: number): boolean => column === 3 || column === 4
  const [head, ...lines] = tableLines([heads, ...rows], isCount, columns)
  // Users copy commands, so they are never cut.
  const commands = runs.flatMap(({ runId, resume: { command, ways } }) =>
    ways.length > 0 ? runCommand('runs', runId, stateDir) : (command ?? []),
  )
  const goingOn = commands.map(command => `  ${clean(command)}`)
  if (goingOn.length > 0) goingOn.unshift('', 'to go on:')
  return [paint('bold', head!), ...lines, ...goingOn].map(line => `${line}\n`).join('')
}

/** Names of the lines whose texts are never divided, because users copy them. */
const unbroken: ReadonlySet<string> = new Set(['folder', 'journal', 'to go on', 'to repair', ''])

/** One run: its state, the reason and the next step, then the details. */
export function runText(run: RunReport, paint: Paint, columns?: number, stateDir?: string) {
  const { rows, holder, confirmUsed, processes, rejects, resume, folder, journal } = run
  const lines: [name: string, text: string][] = []
  const error = processes.at(-1)?.error
  if (holder === null && error) lines.push(['why', `${error.message} [${error.code}]`])
  if (resume.command !== null) lines.push(['to go on', resume.command])
  for (const [i, { when, command }] of resume.ways.entries())
    lines.push([i === 0 ? 'either' : 'or', `${when}:`], ['', command])
  for (const { path } of resume.possible ? [] : rejects.files) {
    const whole = pathHere({ folder: folder ?? '' }, path)
    lines.push(['to repair', runCommand('retry', whole, stateDir)])
  }
  const by = confirmUsed === null ? '' : `, ${confirmationWords[confirmUsed]}`
  const { read, confirmed, filtered, unconfirmed, rejected, unsent } = rows
  const places = Object.entries({ confirmed, filtered, unconfirmed, rejected, unsent })
  const sum = places.map(([name, count]) => `${name} ${grouped(count)}`).join(' + ')
  lines.push(['target', `${targetText(run.target)}${by}`])
  lines.push(['rows', `read ${grouped(read)} = ${sum}`], ...inputsLines(run))
  for (const [i, { startedAt, endedAt, status, exitCode }] of processes.entries()) {
    const code = exitCode === null ? '' : `, exit code ${exitCode}`
    const isActive = i === processes.length - 1 && holder !== null
    const end =
      endedAt !== null
        ? `ended ${timeText(endedAt)}: ${status}${code}`
        : isActive
          ? `is still active as process ${holder.pid}`
          : 'was killed'
    lines.push([`process ${i + 1}`, `began ${timeText(startedAt)}, ${end}`])
  }
  for (const { path, rows: count } of rejects.files)
    lines.push(['rejects', `${counted(count, 'row')} in ${path}`])
  if (folder !== null) lines.push(['folder', folder])
  // While a process writes, its last record may be incomplete.
  const isTorn = journal.tornBytes > 0 && run.state !== 'running'
  const torn = `, without ${counted(journal.tornBytes, 'byte')} at its end that are an incomplete record`
  lines.push(['journal', `${journal.path}${isTorn ? torn : ''}`])
  const head = paint('bold', `${clean(run.runId)}: ${run.state}`)
  const body = fieldLines(lines, columns, name => unbroken.has(name))
  return [head, ...body].map(line => `${line}\n`).join('')
}

const mostInputs = 5

function inputsLines({ inputs }: RunReport): [name: string, text: string][] {
  const isMany = inputs.length > mostInputs
  const marked = inputs.filter(({ rejected, uncertain }) => rejected > 0 || uncertain.length > 0)
  const lines = (isMany ? marked.slice(0, mostInputs) : inputs).flatMap(
    ({ path, settled: { offsetBytes, lineNumber, rows }, isDone, rejected, uncertain }) => {
      const far = `${isDone ? 'done' : 'settled'} up to byte ${grouped(offsetBytes)}, line ${grouped(lineNumber)} (${counted(rows, 'row')})`
      const bad = rejected === 0 ? '' : `, ${counted(rejected, 'row')} rejected`
      const doubts = uncertain.map(
        range =>
          `${counted(range.rows, 'row')} of lines ${grouped(range.firstLine)} to ${grouped(range.lastLine)} (bytes ${grouped(range.startBytes)} to ${grouped(range.endBytes)})`,
      )
      return [
        ['input', `${path}: ${far}${bad}`] as [string, string],
        ...doubts.map((text): [string, string] => ['not known', text]),
      ]
    },
  )
  if (!isMany) return lines
  const done = inputs.filter(({ isDone }) => isDone).length
  const more =
    marked.length > mostInputs ? `; ${grouped(marked.length)} have rejects or uncertain rows` : ''
  const count = `${grouped(inputs.length)}, ${grouped(done)} of them done${more}: --files lists all`
  return [['inputs', count], ...lines]
}

function targetText({ table, function: called, host }: RunReport['target']): string {
  return `${table ?? called ?? '-'} on ${host}`
}

function timeText(isoTime: string): string {
  return isoTime.replace(/\.\d+Z$/, 'Z')
}

/** @returns a function of the number of an input: the progress that the journal records */
export function inputProgress(journal: RecordedRun) {
  const resumed = resumedInputs(journal)
  return (input: number) => {
    const { from, records, done } = resumed(input)
    /** `settled`: the place before which no rows are left to send, and no outcome is left to ask for. `isDone`: nothing is left of the input. */
    const settled = { ...from, records }
    return { settled, isDone: done !== undefined, uncertain: uncertainRanges(journal, input, from) }
  }
}

/** Ascending; neighbouring ranges are merged. Lines are those of whole batches: part of a batch has no line numbers of its own. */
function uncertainRanges(journal: RecordedRun, input: number, { lineNumber }: ResumePoint) {
  const { open } = journal.streams.get(streamIn(journal, input)) ?? {}
  const found: (Omit<LinesOfRows, 'file'> & { readonly rows: number })[] = []
  let line = lineNumber
  for (const batch of open?.values() ?? []) {
    for (const { input: own, startBytes, endBytes, endLine, rows: sent } of batch.ranges) {
      if (own !== input) continue
      const firstLine = line
      line = endLine
      // If a batch has rows of several inputs, all its rows of unknown outcome may belong to this input.
      const rows = Math.min(sent, unconfirmedRows(batch))
      if (rows === 0) continue
      const lastLine = Math.max(firstLine, endLine - 1)
      const last = found.at(-1)
      if (last?.endBytes === startBytes) {
        found[found.length - 1] = { ...last, endBytes, lastLine, rows: last.rows + rows }
      } else found.push({ startBytes, endBytes, firstLine, lastLine, rows })
    }
  }
  return found
}
