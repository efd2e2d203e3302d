/* The result goes to standard output, all else to standard error. If the reader has gone (EPIPE), the rest is dropped without a failure. */
import { styleText } from 'node:util'
import { hideInData, newSecrets } from '../../client/login/hide-password.js'
import { DdbError } from '../../errors.js'
import { clean, systemCode, visible, wrapped } from './terminal-text.js'
import type { ProcessEnvironment, TerminalOutput } from '../process-environment.js'

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan'

export interface Place {
  readonly file: string
  readonly lineNumber?: number | null | undefined
}

/** Returns the text unchanged if colours are off. */
export type Paint = (style: Style, text: string) => string

export type Output = Readonly<ReturnType<typeof openOutput>>

const program = 'ddb-ingest:'

/** @param noColor  `--no-color` was given */
export function openOutput(processEnvironment: ProcessEnvironment, noColor: boolean) {
  const { stdout, stderr, environment } = processEnvironment
  let isOpen = true
  let failure: DdbError | undefined
  const onFailure = (error: NodeJS.ErrnoException): void => {
    if (error.code === 'EPIPE') isOpen = false
    else {
      const text = `cannot write standard output (${systemCode(error)})`
      failure ??= new DdbError('DDB_OUTPUT_WRITE', text, { cause: error })
    }
  }
  stdout.on('error', onFailure)
  // A failure to write notes cannot be reported either, because reports are notes.
  stderr.on('error', () => undefined)
  const write = async (text: string): Promise<boolean> => {
    if (isOpen && failure === undefined) await written(stdout, text, onFailure)
    if (failure !== undefined) throw failure
    return isOpen
  }
  const paintNote = painter(stderr, environment, noColor)
  const secrets = newSecrets()
  const safe = secrets.hideInSentence
  const isScreen = stderr.isTTY === true && environment['TERM'] !== 'dumb'
  const noteColumns = isScreen ? stderr.columns || 80 : Infinity
  const writeNote = (text: string, style?: Style): void => {
    stderr.write(`${style === undefined ? text : paintNote(style, text)}\n`)
  }
  return {
    /** Writes to standard output at its reader's pace. False if the reader left. @throws {DdbError} DDB_OUTPUT_WRITE */
    write,
    /** Like `write`, for data: exact in files and pipes; on a terminal control characters are escaped. */
    writeData: (text: string) => write(stdout.isTTY ? visible(text) : text),
    /** Writes a text to standard error, without the text's control characters and secrets: one line, which a terminal gets in several. */
    note: (sentence: string, style?: Style): void => {
      for (const line of wrapped(clean(safe(sentence)), noteColumns)) writeNote(line, style)
    },
    /** Writes `label: command` to standard error. The command is never divided, because users copy it. */
    command: (label: string, command: string) => writeNote(clean(safe(`${label}: ${command}`))),
    /** Writes `ddb-ingest: … [CODE]` to standard error, in red if colours are on; in GitHub Actions also as an annotation. */
    problem: (sentence: string, code?: string, place?: Place): void => {
      const text = clean(code === undefined ? safe(sentence) : `${safe(sentence)} [${code}]`)
      const [first = '', ...rest] = wrapped(`${program} ${text}`, noteColumns)
      writeNote(paintNote('red', program) + first.slice(program.length))
      for (const line of rest) writeNote(line)
      if (environment['GITHUB_ACTIONS'] === 'true') stderr.write(annotation(text, place))
    },
    /** From now on notes, problems, `withoutSecrets` and `hide` redact this password. */
    keepSecret: secrets.add,
    /** Redacts the run's passwords in data that a server may have influenced, before the data is shown or stored. */
    withoutSecrets: <Data>(data: Data) => hideInData(data, safe),
    /** Redacts even short passwords in texts that come entirely from a server. */
    hide: secrets.hide,
    paintResult: painter(stdout, environment, noColor),
    /** Width of standard output in columns; undefined if it is not a terminal. */
    resultColumns: stdout.isTTY ? stdout.columns || 80 : undefined,
  }
}

/** A workflow command, which GitHub shows beside the line of the file. */
function annotation(text: string, place: Place | undefined): string {
  const escaped = (value: string): string => value.replaceAll('%', '%25')
  const ofFile = (value: string): string =>
    escaped(value).replaceAll(':', '%3A').replaceAll(',', '%2C')
  const at = [
    ...(place === undefined ? [] : [`file=${ofFile(clean(place.file))}`]),
    ...(place?.lineNumber ? [`line=${place.lineNumber}`] : []),
  ]
  return `::error${at.length > 0 ? ' ' : ''}${at.join(',')}::${escaped(text)}\n`
}

/** Resolves once the text is written, or if the stream fails or closes, because it might never report the end of this write. */
function written(
  stream: TerminalOutput,
  text: string,
  onFailure: (error: NodeJS.ErrnoException) => void,
): Promise<void> {
  return new Promise(resolve => {
    const done = (): void => {
      stream.off('close', done)
      stream.off('error', done)
      resolve()
    }
    stream.on('close', done)
    stream.on('error', done)
    stream.write(text, error => {
      if (error) onFailure(error)
      done()
    })
  })
}

/** --no-color decides first, then FORCE_COLOR, then NO_COLOR, then whether the stream is a terminal with colours. */
function painter(
  stream: { isTTY?: boolean },
  { FORCE_COLOR: forced, NO_COLOR: refused, TERM: kind }: ProcessEnvironment['environment'],
  noColor: boolean,
): Paint {
  const usual = !refused && stream.isTTY === true && kind !== 'dumb'
  const hasColor = !noColor && (forced ? forced !== '0' && forced !== 'false' : usual)
  if (!hasColor) return (_, text) => text
  return (style, text) => styleText(style, text, { validateStream: false })
}
