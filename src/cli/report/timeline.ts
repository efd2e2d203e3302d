/*
  The progress of a run over time, in bounded memory: the data of the --report charts.
*/
import type { LoadReport } from '../../load/options.js'

/** Progress since the run began: time in ms, and rows. */
export interface Moment {
  readonly elapsedMs: number
  readonly sentRows: number
  readonly confirmedRows: number
}

export interface Timeline {
  add(this: void, report: LoadReport): void
  moments(): readonly Moment[]
}

const mostMoments = 400

/** Drops every second moment whenever there are too many: memory does not grow with the length of a run. */
export function newTimeline(): Timeline {
  let moments: Moment[] = []
  let latest: Moment | undefined
  let every = 1
  let seen = 0
  return {
    add({ elapsedMs, sentRows, rows: { confirmed: confirmedRows } }) {
      latest = { elapsedMs, sentRows, confirmedRows }
      if (seen++ % every !== 0) return
      moments.push(latest)
      if (moments.length < mostMoments) return
      moments = moments.filter((_, index) => index % 2 === 0)
      every *= 2
    },
    moments: () =>
      latest === undefined || latest === moments.at(-1) ? moments : [...moments, latest],
  }
}
