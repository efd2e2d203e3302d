/*
  Programs started as a user starts them. tap puts a loader and the measuring of coverage before every Node that a test
  starts, which takes longer than most of these programs do; other tests run the same lines in their own process.
*/

/** Command and arguments that start Node without these. The process keeps its number: a signal reaches the program. */
export const plainNode = (argv: readonly string[]): [command: string, args: string[]] => [
  'sh',
  ['-c', 'unset NODE_OPTIONS; exec "$0" "$@"', process.execPath, ...argv],
]
