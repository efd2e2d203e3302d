/*
  The present time, for the journal's record that an input was read.
*/
import type { Run } from '../run.js'

/** ISO 8601, in UTC, by the clock of this machine. */
export function timeText({ platform: { clock } }: Pick<Run, 'platform'>): string {
  return new Date(clock.wallMs()).toISOString()
}
