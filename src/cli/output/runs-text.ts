/*
  Runs with a journal, for a person: all of them as a table, or one with everything that is known of it.
*/
import { confirmationWords } from '../../load/transport/confirmations.js'
import type { Paint } from './output.js'
import type { InputReport, RunReport } from './run-report.js'
import { clean, counted, grouped, tableLines } from './terminal-text.js'

const heads = ['run', 'state', 'began', 'target']
const counts = ['read', 'confirmed', 'unconfirmed', 'rejected', 'unsent'] as const

/** A line for each run, below their headings. */
export function runsTable(runs: readonly RunReport[], paint: Paint): string {
  const rows = runs.map(({ runId, state, startedAt, target, rows, resume }) => [
    ...[runId, state, timeText(startedAt), targetText(target)].map(clean),
    ...counts.map(name => grouped(rows[name])),
    // The last one, and never cut: it is there to be copied.
    clean(resume.command ?? ''),
  ])
  const isCount = (column: number): boolean => counts[column - heads.length] !== undefined
  const [head, ...lines] = tableLines([[...heads, ...counts, 'to go on'], ...rows], isCount)
  return [paint('bold', head!), ...lines].map(line => `${line}\n`).join('')
}

/** One run in detail. */
export function runText(run: RunReport, paint: Paint): string {
  const { rows, holder, confirmUsed, journal } = run
  const by = confirmUsed === null ? '' : `, ${confirmationWords[confirmUsed]}`
  const lines = [
    ['target', `${targetText(run.target)}${by}`],
    ['rows', rowsText(rows)],
    ...run.inputs.flatMap(input => inputLines(input)),
    ...run.processes.map((one, i) => [
      `process ${i + 1}`,
      `began ${timeText(one.startedAt)}, ${
        one.endedAt === null
          ? i === run.processes.length - 1 && holder !== null
            ? `works on it as process ${holder.pid}`
            : 'was killed'
          : `ended ${timeText(one.endedAt)}: ${endText(one)}`
      }`,
    ]),
    ...run.rejects.files.map(({ path, rows }) => ['rejects', `${counted(rows, 'row')} in ${path}`]),
    ...(run.folder === null ? [] : [['folder', run.folder]]),
    ['journal', `${journal.path}${tornText(run)}`],
    ...(run.resume.command === null ? [] : [['to go on', run.resume.command]]),
  ] as const
  const body = tableLines(lines.map(([name, text]) => [name, clean(text)])).map(
    line => `  ${line}\n`,
  )
  return `${paint('bold', `${clean(run.runId)}: ${run.state}`)}\n${body.join('')}`
}

/** The code that a signal ends with is not known to the journal. */
function endText({ status, exitCode }: RunReport['processes'][number]): string {
  return status === 'interrupted' ? status : `${status}, exit code ${exitCode}`
}

function rowsText({ read, ...places }: RunReport['rows']): string {
  const { confirmed, unconfirmed, rejected, unsent } = places
  const parts = Object.entries({ confirmed, unconfirmed, rejected, unsent })
  return `read ${grouped(read)} = ${parts.map(([name, count]) => `${name} ${grouped(count)}`).join(' + ')}`
}

function inputLines({ path, settled, isDone, uncertain }: InputReport): string[][] {
  const far = isDone
    ? 'done'
    : `settled up to byte ${grouped(settled.offsetBytes)}, line ${grouped(settled.lineNumber)} (${counted(settled.rows, 'row')})`
  return [
    ['input', `${path}: ${far}`],
    ...uncertain.map(({ firstLine, lastLine, startBytes, endBytes, rows }) => [
      'not known',
      `${counted(rows, 'row')} of lines ${grouped(firstLine)} to ${grouped(lastLine)} (bytes ${grouped(startBytes)} to ${grouped(endBytes)})`,
    ]),
  ]
}

function targetText({ table, function: called, host }: RunReport['target']): string {
  return `${table ?? called ?? '-'} on ${host}`
}

/** To the second. */
function timeText(isoTime: string): string {
  return isoTime.replace(/\.\d+Z$/, 'Z')
}

/** While a process writes its last record may not be whole yet. */
function tornText({ state, journal: { tornBytes } }: RunReport): string {
  return tornBytes === 0 || state === 'running'
    ? ''
    : `, without ${counted(tornBytes, 'byte')} at its end that are no whole record`
}
