/*
  Turns a failure into what the user reads, and into the exit code of the process.
*/
import { DdbError, errorCodes } from '../../errors.js'
import { withFlags } from '../options/reading/field-flags.js'
import type { Output } from './output.js'
import { nextCommand, type Asked } from './advice.js'
import { jsonLine } from './terminal-text.js'

export interface Failure {
  code: string
  message: string
  exitCode: number
}

/** Describes a failure; anything that is not one of our errors is our own bug. */
export function failureOf(error: unknown): Failure {
  if (error instanceof DdbError) {
    return { code: error.code, message: withFlags(error.message), exitCode: error.exitCode }
  }
  const reason = error instanceof Error ? error.message : String(error)
  return {
    code: 'DDB_INTERNAL',
    message: `internal error, please report it together with the command that led here: ${reason}`,
    exitCode: errorCodes.DDB_INTERNAL,
  }
}

/** Prints a failure; the command to run next is the last line. */
export function printFailure(output: Output, error: unknown, asked: Asked): Failure {
  const failure = failureOf(error)
  output.problem(failure.message, failure.code)
  printMeaning(output, failure.code)
  if (asked.verbose) {
    for (const line of causesOf(error)) output.note(line, 'dim')
  }
  tellNext(output, failure, asked)
  return failure
}

/** Explains the failure in the reader's language, if that is not English. */
export function printMeaning(output: Output, code: string): void {
  const meaning = output.words().meaning(code)
  if (meaning !== undefined) output.note(meaning)
}

/** Prints the object of a failure. If that fails, the exit code of the first failure still applies. */
export async function writeFailed(output: Output, object: object): Promise<void> {
  await output.writeData(jsonLine(object)).catch(() => undefined)
}

/** Says what to do about it; the last line has the command. */
export function tellNext(
  output: Output,
  { code, message }: Pick<Failure, 'code'> & Partial<Failure>,
  asked: Asked,
): void {
  tellBefore(output, code, asked)
  tellCommand(
    output,
    'next',
    nextCommand(code, { ...asked, ...(message !== undefined && { message }) }),
  )
}

export type CommandLabel = 'next' | 'to go on' | 'to look for its rows'

/** Prints a command that users can copy. @param label  printed before it if notes are text */
export function tellCommand(output: Output, label: CommandLabel, command: string): void {
  if (!output.event('next', { command })) output.note(`${output.words().tell(label)}: ${command}`)
}

/** Adds what the command alone would not tell. */
export function tellBefore(output: Output, code: string, { command }: Asked): void {
  const { tell } = output.words()
  if (code === 'DDB_LOGIN') {
    output.note(
      tell(
        'a password comes from --password-file, --password-stdin or DDB_PASSWORD; else it is asked for',
      ),
    )
  }
  if (code !== 'DDB_CONNECT' || command?.name === 'serve') return
  output.note(
    tell(
      'no DolphinDB server at hand? One is built in: start it, and try again in another terminal',
    ),
  )
}

function causesOf(error: unknown): string[] {
  const lines: string[] = []
  let current = error
  while (current instanceof Error && lines.length < 20) {
    lines.push(
      ...withFlags(current.stack ?? current.message)
        .split('\n')
        .slice(0, 8),
    )
    current = current.cause
  }
  return lines
}
