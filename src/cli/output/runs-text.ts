/*
  Writes runs that have a journal as text: all of them as a table, or one run in detail.
*/
import { confirmationWords } from '../../load/transport/confirmations.js'
import { shellText } from '../options/shell-command.js'
import type { Paint } from './output.js'
import type { InputReport, RunReport } from './run-report.js'
import { clean, counted, fieldLines, grouped, tableLines } from './terminal-text.js'

/** Column of the table → width of the narrowest terminal that shows the column; 0: every terminal shows it. */
const heads = {
  run: 0,
  state: 0,
  began: 70,
  read: 0,
  confirmed: 0,
  others: 0,
  target: 80,
}

/** A line per run, and commands to resume runs. @param columns  width of the terminal; undefined leaves lines whole */
export function runsTable(
  runs: readonly RunReport[],
  paint: Paint,
  columns: number | undefined,
): string {
  const shown = Object.entries(heads)
    .filter(([, least]) => (columns ?? Infinity) >= least)
    .map(([name]) => name as keyof typeof heads)
  const rows = runs.map(run => {
    const cells = cellsOf(run)
    return shown.map(name => clean(cells[name]))
  })
  const isCount = (column: number): boolean => ['read', 'confirmed'].includes(shown[column]!)
  const [head, ...lines] = tableLines([shown, ...rows], isCount, columns)
  // Users copy commands, so they are never cut.
  const commands = runs
    .flatMap(({ runId, resume: { command, ways } }) =>
      ways.length > 0 ? shellText(['runs', runId]) : (command ?? []),
    )
    .map(clean)
  const goingOn =
    commands.length === 0 ? [] : ['', 'to go on:', ...commands.map(command => `  ${command}`)]
  return [paint('bold', head!), ...lines, ...goingOn].map(line => `${line}\n`).join('')
}

function cellsOf(run: RunReport): Readonly<Record<keyof typeof heads, string>> {
  const { runId, state, startedAt, rows, target } = run
  return {
    run: runId,
    state,
    began: timeText(startedAt)
      .replace('T', ' ')
      .replace(/:\d\dZ$/, 'Z'),
    read: grouped(rows.read),
    confirmed: grouped(rows.confirmed),
    others: othersText(rows),
    target: targetText(target),
  }
}

function othersText({ filtered, unconfirmed, rejected, unsent }: RunReport['rows']): string {
  return Object.entries({ filtered, unconfirmed, rejected, unsent })
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${grouped(count)} ${name}`)
    .join(', ')
}

/** One run: its state, the reason and the next step, then the details. */
export function runText(run: RunReport, paint: Paint, columns: number | undefined): string {
  const { rows, holder, confirmUsed, journal, rejects, resume } = run
  const by = confirmUsed === null ? '' : `, ${confirmationWords[confirmUsed]}`
  const error = holder === null ? (run.processes.at(-1)?.error ?? null) : null
  const [repaired] = resume.possible ? [] : rejects.files
  const lines = [
    ...(error === null ? [] : [['why', `${error.message} [${error.code}]`]]),
    ...(resume.command === null ? [] : [['to go on', resume.command]]),
    ...resume.ways.flatMap(({ when, command }, i) => [
      [i === 0 ? 'either' : 'or', `${when}:`],
      ['', command],
    ]),
    ...(repaired === undefined ? [] : [['to repair', shellText(['retry', repaired.path])]]),
    ['target', `${targetText(run.target)}${by}`],
    ['rows', rowsText(rows)],
    ...inputsLines(run.inputs),
    ...run.processes.map((one, i) => [
      `process ${i + 1}`,
      `began ${timeText(one.startedAt)}, ${
        one.endedAt === null
          ? i === run.processes.length - 1 && holder !== null
            ? `is still active as process ${holder.pid}`
            : 'was killed'
          : `ended ${timeText(one.endedAt)}: ${endText(one)}`
      }`,
    ]),
    ...rejects.files.map(({ path, rows }) => ['rejects', `${counted(rows, 'row')} in ${path}`]),
    ...(run.folder === null ? [] : [['folder', run.folder]]),
    ['journal', `${journal.path}${tornText(run)}`],
  ] as const
  const cleaned = lines.map(([name, text]) => [name, clean(text)] as const)
  const body = fieldLines(cleaned, columns, name => unbroken.has(name))
  return `${paint('bold', `${clean(run.runId)}: ${run.state}`)}\n${body.map(line => `${line}\n`).join('')}`
}

/** Names of the lines whose texts are never divided, because users copy them. */
const unbroken: ReadonlySet<string> = new Set(['folder', 'journal', 'to go on', 'to repair', ''])

/** A journal contains no exit code of a process that a signal ended. */
function endText({ status, exitCode }: RunReport['processes'][number]): string {
  return status === 'interrupted' ? status : `${status}, exit code ${exitCode}`
}

function rowsText({ read, ...places }: RunReport['rows']): string {
  const { confirmed, filtered, unconfirmed, rejected, unsent } = places
  const parts = Object.entries({ confirmed, filtered, unconfirmed, rejected, unsent })
  return `read ${grouped(read)} = ${parts.map(([name, count]) => `${name} ${grouped(count)}`).join(' + ')}`
}

const mostInputs = 5

function inputsLines(inputs: readonly InputReport[]): string[][] {
  if (inputs.length <= mostInputs) return inputs.flatMap(inputLines)
  const marked = inputs.filter(({ rejected, uncertain }) => rejected > 0 || uncertain.length > 0)
  const done = inputs.filter(({ isDone }) => isDone).length
  const more =
    marked.length > mostInputs ? `; ${grouped(marked.length)} have rejects or uncertain rows` : ''
  return [
    [
      'inputs',
      `${grouped(inputs.length)}, ${grouped(done)} of them done${more}: --files lists all`,
    ],
    ...marked.slice(0, mostInputs).flatMap(inputLines),
  ]
}

function inputLines({ path, settled, isDone, rejected, uncertain }: InputReport): string[][] {
  const far = isDone
    ? 'done'
    : `settled up to byte ${grouped(settled.offsetBytes)}, line ${grouped(settled.lineNumber)} (${counted(settled.rows, 'row')})`
  const bad = rejected === 0 ? '' : `, ${counted(rejected, 'row')} rejected`
  return [
    ['input', `${path}: ${far}${bad}`],
    ...uncertain.map(({ firstLine, lastLine, startBytes, endBytes, rows }) => [
      'not known',
      `${counted(rows, 'row')} of lines ${grouped(firstLine)} to ${grouped(lastLine)} (bytes ${grouped(startBytes)} to ${grouped(endBytes)})`,
    ]),
  ]
}

function targetText({ table, function: called, host }: RunReport['target']): string {
  return `${table ?? called ?? '-'} on ${host}`
}

function timeText(isoTime: string): string {
  return isoTime.replace(/\.\d+Z$/, 'Z')
}

/** While a process writes, its last record may be incomplete. */
function tornText({ state, journal: { tornBytes } }: RunReport): string {
  return tornBytes === 0 || state === 'running'
    ? ''
    : `, without ${counted(tornBytes, 'byte')} at its end that are an incomplete record`
}
