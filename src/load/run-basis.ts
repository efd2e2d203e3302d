/* What a run has from its beginning, and its other parts build on. */
import type { Platform } from '../platform/platform.js'
import type { ReadObserver } from './check/check-observer.js'
import type { CheckedOptions } from './checked-options.js'
import type { RowStore } from './inputs/rows.js'
import type { LoadOptions } from './options.js'
import type { RunState } from './outcomes/run-state.js'
import type { Reporter, RunEnding } from './run-ending.js'

export interface RunBasis {
  readonly state: RunState
  readonly options: LoadOptions
  readonly platform: Platform
  /** `mode` and `connections` may change before the first batch, to suit server and target. */
  checked: CheckedOptions
  /** Set for a dry run: observes rows instead of sending them. */
  readonly watch: ReadObserver | undefined
  /** The rows that a program writes; undefined if the run reads inputs. */
  readonly rows: RowStore | undefined
  readonly reporter: Reporter
  readonly ending: RunEnding
}
