/*
  Timestamps of facts about an input, for journals.
*/
import type { Run } from '../run.js'

/** ISO 8601, in UTC, by the clock of this machine. */
export function timeText({ platform: { clock } }: Pick<Run, 'platform'>): string {
  return new Date(clock.wallMs()).toISOString()
}
