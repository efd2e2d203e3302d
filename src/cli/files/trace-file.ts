/*
  Writes the --trace file: one line per message, immediately, so that the last line shows the last message even if the
  process is killed.
*/
import { closeSync, constants, openSync, writeSync } from 'node:fs'
import type { Trace } from '../../client/trace.js'
import { DdbError } from '../../errors.js'
import type { Output } from '../output/output.js'
import { clean, systemCode } from '../output/terminal-text.js'

export interface TraceFile {
  readonly trace: Trace
  /** If lines are missing, reports the reason. */
  close(): void
}

/**
 * @param output  redacts all passwords of the run, on every connection
 * @returns undefined if no trace was requested @throws {DdbError} DDB_OUTPUT_CREATE
 */
export function openTrace(
  { trace }: { trace?: string },
  { withoutSecrets, note }: Pick<Output, 'withoutSecrets' | 'note'>,
): TraceFile | undefined {
  if (trace === undefined) return undefined
  const fd = open(trace)
  let failure: string | undefined
  return {
    trace: {
      write(line) {
        if (failure !== undefined) return
        try {
          writeSync(fd, `${withoutSecrets(line)}\n`)
        } catch (error) {
          // A failing trace must not end the run.
          failure = `the trace in ${clean(trace)} ends early (${systemCode(error)})`
        }
      },
    },
    close() {
      closeSync(fd)
      if (failure !== undefined) note(failure)
    },
  }
}

/** Opens for appending. A new file is accessible to its owner only, and links are followed only in /dev. */
function open(path: string): number {
  const { O_APPEND, O_CREAT, O_NOFOLLOW, O_WRONLY } = constants
  try {
    // `/dev/stderr` is a link that must be followed.
    const follow = path.startsWith('/dev/') ? 0 : O_NOFOLLOW
    return openSync(path, O_WRONLY | O_APPEND | O_CREAT | follow, 0o600)
  } catch (error) {
    throw new DdbError(
      'DDB_OUTPUT_CREATE',
      `cannot write the trace ${clean(path)} (${systemCode(error)}): name a file that can be written`,
      { cause: error },
    )
  }
}
