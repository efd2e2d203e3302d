/* The entry point of the command line. It loads nothing that --version does not need. */
import { version } from '../version.js'
import type { ProcessEnvironment } from './process-environment.js'

/** @param argv  without node and the script @returns the exit code; never rejects */
export async function main(
  argv: readonly string[],
  processEnvironment?: ProcessEnvironment,
): Promise<number> {
  if (argv.length === 1 && ['--version', '-V', 'version'].includes(argv[0]!)) {
    const { stdout, stderr } = processEnvironment ?? process
    stdout.on('error', () => undefined)
    const failure = await new Promise<NodeJS.ErrnoException | null | undefined>(resolve => {
      stdout.write(`${version}\n`, resolve)
    })
    // It is not a failure if the reader of the output has gone away.
    if (!failure || failure.code === 'EPIPE') return 0
    stderr.write(
      `ddb-ingest: cannot write standard output (${failure.code}) [DDB_OUTPUT_WRITE]\nnext: ddb-ingest explain DDB_OUTPUT_WRITE\n`,
    )
    const { errorCodes } = await import('../errors.js')
    return errorCodes.DDB_OUTPUT_WRITE
  }
  const { dispatch } = await import('./dispatch.js')
  return dispatch(argv, processEnvironment)
}
