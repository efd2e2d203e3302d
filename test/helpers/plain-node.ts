/*
  Programs started as a user starts them. tap adds a loader and coverage to every Node process that a test starts, which
  takes longer than most of these programs. Other tests run the same lines in their own process.
*/

/**
 * Command and arguments that start Node without tap's additions. The process keeps its number, so a signal reaches the
 * program.
 */
export const plainNode = (argv: readonly string[]): [command: string, args: string[]] => [
  'sh',
  ['-c', 'unset NODE_OPTIONS; exec "$0" "$@"', process.execPath, ...argv],
]
