/*
  From a failure to what the user reads and the code the process ends with.
*/
import { DdbError, errorCodes } from '../../errors.js'
import { withFlags } from '../options/reading/field-flags.js'
import type { Output } from './output.js'
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

/** Prints a failure with what helps to go on. */
export function printFailure(
  output: Output,
  error: unknown,
  { verbose }: { verbose: boolean },
): Failure {
  const failure = failureOf(error)
  output.problem(failure.message, failure.code)
  for (const hint of hintsFor(failure)) output.note(hint)
  if (verbose) {
    for (const line of causesOf(error)) output.note(line, 'dim')
  }
  return failure
}

/** The object of a failure. Where it cannot be written, the failure itself still has its code. */
export async function writeFailed(output: Output, object: object): Promise<void> {
  await output.writeData(jsonLine(object)).catch(() => undefined)
}

/** What to type next, where there is something. */
export function hintsFor(failure: { code: string; message: string }): string[] {
  if (failure.code !== 'DDB_CONNECT') return []
  return [
    'No DolphinDB server at hand? This one is built in: ddb-ingest serve   (then try again in another terminal)',
  ]
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
