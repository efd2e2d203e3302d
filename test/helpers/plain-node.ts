/* Starts programs in the way in which users start them. tap adds a loader and coverage to every Node process that a test starts, and that
   takes longer than most of these programs. Coverage is not lost, because other tests run the same lines in their own process. */

/** Command and arguments that start Node without tap's additions. Signals to the process reach the program. */
export const plainNode = (argv: readonly string[]): [command: string, args: string[]] => [
  'sh',
  ['-c', 'unset NODE_OPTIONS; exec "$0" "$@"', process.execPath, ...argv],
]
