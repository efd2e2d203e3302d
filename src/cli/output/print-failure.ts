/*
  From a failure to what the user reads and the code the process ends with.
*/
import { DdbError, errorCodes } from '../../errors.js'
import { withFlags } from '../options/reading/field-flags.js'
import type { Output } from './output.js'
import { nextCommand, type Asked } from './advice.js'
import { jsonLine } from './terminal-text.js'

/** What is told of a failure. */
export interface Failure {
  code: string
  message: string
  exitCode: number
}

/** Names a failure; whatever is not one of our errors is a bug of ours. */
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

/** What it means, for people who read another language. */
export function printMeaning(output: Output, code: string): void {
  const meaning = output.words().meaning(code)
  if (meaning !== undefined) output.note(meaning)
}

/** The object of a failure. Where it cannot be written, the failure itself still has its code. */
export async function writeFailed(output: Output, object: object): Promise<void> {
  await output.writeData(jsonLine(object)).catch(() => undefined)
}

/** What to do about it: the last line has the command. */
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

/** What stands before a command. */
export type CommandLabel = 'next' | 'to go on' | 'to look for its rows'

/** A command to be copied. @param label  stands before it where notes are text */
export function tellCommand(output: Output, label: CommandLabel, command: string): void {
  if (!output.event('next', { command })) output.note(`${output.words().tell(label)}: ${command}`)
}

/** What a command alone would not say. */
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
