/* The state of a run without inputs and without a server, for tests of the code that counts rows. */
import type { LoadOptions, RowCounts } from '../../src/load/options.js'
import { checkedOptions } from '../../src/load/checked-options.js'
import { newRun, type Run } from '../../src/load/run.js'
import type { Platform } from '../../src/platform/platform.js'
import { systemPlatform } from '../../src/platform/system-files.js'
import { leapingClock } from './clocks.js'

/** Sets the counts of a run's rows. */
export function count({ state }: Pick<Run, 'state'>, rows: Partial<RowCounts>): void {
  Object.assign(state.rows, rows)
}

/** A run on a clock that leaps to the end of each wait, unless the given machine has a clock. */
export function testRun(change: Partial<LoadOptions> = {}, machine: Partial<Platform> = {}): Run {
  const options: LoadOptions = {
    inputs: ['in.csv'],
    server: { host: '127.0.0.1', port: 1 },
    target: { table: 'target' },
    ...change,
  }
  const platform = { ...systemPlatform, clock: leapingClock(), ...machine }
  return newRun(options, checkedOptions(options, platform.random), platform)
}
