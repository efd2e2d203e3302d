/*
  The state of a run without inputs and without a server, for tests of the code that counts rows.
*/
import type { RunEvent } from '../../src/load/outcomes/events.js'
import type { EndedRows } from '../../src/load/outcomes/streams.js'
import type { LoadOptions } from '../../src/load/options.js'
import { checkedOptions } from '../../src/load/checked-options.js'
import { newRun, type Run } from '../../src/load/run.js'
import type { Platform } from '../../src/platform/platform.js'
import { systemPlatform } from '../../src/platform/system.js'
import { leapingClock } from './clocks.js'

/** The event that gives these outcomes to rows of batches without a number. */
export function ended(rows: Partial<EndedRows>): RunEvent {
  const nothing = { confirmed: 0, rejected: 0, unconfirmed: 0, unsent: 0 }
  return { kind: 'ended', no: undefined, ...nothing, ...rows }
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
