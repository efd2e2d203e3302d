/*
  Turns a failure into messages for the user, and into the exit code of the process.
*/
import { DdbError, errorCodes } from '../../errors.js'
import { UnclearHeader } from '../../parse/csv/decide-header.js'
import { withFlags } from '../options/reading/field-flags.js'
import type { Output } from './output.js'
import { commandWithOption, nextCommand, type UserCall } from './advice.js'
import { jsonLine } from './terminal-text.js'

export interface Failure {
  code: string
  message: string
  exitCode: number
}

/** Describes a failure. Any error that is not a DdbError is a bug of this program. */
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
export function printFailure(output: Output, error: unknown, asked: UserCall): Failure {
  const failure = failureOf(error)
  output.problem(failure.message, failure.code)
  // A report about a defect needs the stack.
  if (failure.code === 'DDB_INTERNAL') {
    for (const line of causesOf(error)) output.note(line, 'dim')
  }
  printAdvice(output, failure, headerAsked(output, error, asked))
  return failure
}

/** If the header is uncertain, prints the command for the less likely case, and sets `next` to the likely command. */
function headerAsked(output: Output, error: unknown, asked: UserCall): UserCall {
  const unclear = chainOf(error).find(one => one instanceof UnclearHeader)
  if (unclear === undefined || asked.mayHaveStored === true) return asked
  const answers = [unclear.likely, unclear.likely === 'yes' ? 'no' : 'yes'] as const
  const [likely, other] = answers.map(answer => commandWithOption(asked, 'header', answer))
  if (likely === undefined || other === undefined) return asked
  printCommand(
    output,
    unclear.likely === 'yes' ? 'if the first record is a row' : 'if the first record is a header',
    other,
  )
  return { ...asked, next: likely }
}

/** Prints a failure as a JSON object. If printing fails, the exit code of the first failure still applies. */
export async function writeFailed(output: Output, object: object): Promise<void> {
  await output.writeData(jsonLine(object)).catch(() => undefined)
}

/** Prints advice for a failure; the last line is a command. */
export function printAdvice(
  output: Output,
  { code, message }: Pick<Failure, 'code'> & Partial<Failure>,
  asked: UserCall,
): void {
  printHints(output, code, asked)
  printCommand(
    output,
    'next',
    nextCommand(code, { ...asked, ...(message !== undefined && { message }) }),
  )
}

export type CommandLabel =
  | 'next'
  | 'to go on'
  | 'to look for the rows of this run'
  | 'if the first record is a row'
  | 'if the first record is a header'

/** Prints a command that users can copy. */
export function printCommand(output: Output, label: CommandLabel, command: string): void {
  output.note(`${label}: ${command}`)
}

/** Prints advice in words, before the command to run next. */
export function printHints(output: Output, code: string, { command }: UserCall): void {
  if (code === 'DDB_LOGIN') {
    output.note('give the password with --password-file or DDB_PASSWORD, or at the prompt')
  }
  if (code !== 'DDB_CONNECT' || command?.name === 'serve') return
  output.note(
    'no DolphinDB server at hand? One is built in: start it, and try again in another terminal',
  )
}

/** The error and its causes, which may form a circle. */
function chainOf(error: unknown): Error[] {
  const chain: Error[] = []
  for (let one = error; one instanceof Error && chain.length < 20; one = one.cause) chain.push(one)
  return chain
}

function causesOf(error: unknown): string[] {
  const lines = chainOf(error).flatMap(one =>
    withFlags(one.stack ?? one.message)
      .split('\n')
      .slice(0, 8),
  )
  return lines.slice(0, 24)
}
