/*
  The next step after a run: the command that resumes the run, looks for its rows, or loads repaired rejects.
*/
import { errorCodes } from '../../errors.js'
import type { LoadResult } from '../../load/options.js'
import { shellText } from '../options/shell-command.js'
import { nextCommand, type UserCall } from './advice.js'
import type { Output } from './output.js'
import { isLeftUnanswered } from './ways-to-resume.js'
import { printHints, printCommand, type CommandLabel } from './print-failure.js'

/** A command, and the words printed before it on standard error. */
export interface NextStep {
  readonly label: CommandLabel
  readonly command: string
}

/** undefined if nothing is left to do. */
export function nextStep(result: LoadResult, asked: UserCall): NextStep | undefined {
  const { resume, error, rows, rejects } = result
  if (resume.look !== null)
    return { label: 'to look for the rows of this run', command: resume.look }
  const step = (command: string): NextStep => ({ label: 'next', command })
  if (resume.possible && resume.command !== null) {
    return isLeftUnanswered({ ...result, used: result.confirm.used })
      ? step(nextCommand('DDB_RUN_CHANGED', asked))
      : { label: 'to go on', command: resume.command }
  }
  if (error !== null) return step(nextCommand(error.code, { ...asked, message: error.message }))
  if (result.exitCode === 0) return undefined
  // The run itself went well; only its result could not be printed or stored.
  if (result.exitCode === errorCodes.DDB_OUTPUT_WRITE) {
    return step(nextCommand('DDB_OUTPUT_WRITE', asked))
  }
  if (rows.unconfirmed > 0) return step(nextCommand('DDB_UNCONFIRMED', asked))
  const [file] = rejects.files
  if (file !== undefined) return step(shellText(['retry', file.path]))
  return step(nextCommand('DDB_INPUT_CELL', asked))
}

export function tellNextStep(
  output: Output,
  result: LoadResult,
  next: NextStep | undefined,
  asked: UserCall,
): void {
  if (next === undefined) return
  const { error, resume } = result
  if (error !== null && resume.look === null) printHints(output, error.code, asked)
  if (resume.restart !== null)
    output.note(`to load all rows again, if the table has none of them: ${resume.restart}`)
  printCommand(output, next.label, next.command)
}
