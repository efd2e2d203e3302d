/*
  The progress of a run over time, in bounded memory: the data of the --report charts.
*/
import type { LoadReport } from '../../load/options.js'

/** Progress since the run began: ms, rows, and bytes of the inputs before decompression. */
export interface Moment {
  readonly elapsedMs: number
  readonly sentRows: number
  readonly confirmedRows: number
  readonly rejectedRows: number
  readonly bytesRead: number
}

export interface Timeline {
  add(this: void, report: LoadReport): void
  moments(): readonly Moment[]
}

/** Limit of moments to keep; no chart is this many pixels wide. */
const mostMoments = 2_000

/** Drops every second moment whenever there are too many: memory does not grow with the length of a run. */
export function newTimeline(): Timeline {
  let moments: Moment[] = []
  let latest: Moment | undefined
  let every = 1
  let seen = 0
  return {
    add({ elapsedMs, sentRows, rows, bytesRead }) {
      const { confirmed: confirmedRows, rejected: rejectedRows } = rows
      latest = { elapsedMs, sentRows, confirmedRows, rejectedRows, bytesRead }
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

export interface Speed {
  readonly fromMs: number
  readonly toMs: number
  readonly sentPerSec: number
  readonly confirmedPerSec: number
}

/**
 * Cuts the time into `most` equal spans. Measures each speed from the first moment of a span to the first moment of the
 * next.
 */
export function speedsOf(moments: readonly Moment[], most: number): Speed[] {
  const endMs = moments.at(-1)?.elapsedMs ?? 0
  if (endMs <= 0) return []
  const speeds: Speed[] = []
  let last = moments[0]!
  let lastEdge = 0
  for (const moment of moments) {
    const edge = Math.floor((moment.elapsedMs / endMs) * most)
    if (edge <= lastEdge || moment.elapsedMs <= last.elapsedMs) continue
    const seconds = (moment.elapsedMs - last.elapsedMs) / 1000
    speeds.push({
      fromMs: last.elapsedMs,
      toMs: moment.elapsedMs,
      sentPerSec: Math.max(0, moment.sentRows - last.sentRows) / seconds,
      confirmedPerSec: Math.max(0, moment.confirmedRows - last.confirmedRows) / seconds,
    })
    last = moment
    lastEdge = edge
  }
  return speeds
}
