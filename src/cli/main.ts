/*
  The command line's way in. Nothing is loaded here that --version can do without.
*/
import { processSurroundings, type Surroundings } from './surroundings.js'

/**
 * Runs the command line.
 *
 * @param argv  without node and the script
 * @returns the exit code; never rejects
 */
export async function main(
  argv: readonly string[],
  surroundings: Surroundings = processSurroundings(),
): Promise<number> {
  if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) {
    const { version } = await import('../version.js')
    // A reader that has gone away is no failure.
    surroundings.stdout.on('error', () => undefined)
    surroundings.stdout.write(`${version}\n`)
    return 0
  }
  const { dispatch } = await import('./dispatch.js')
  return dispatch(argv, surroundings)
}
