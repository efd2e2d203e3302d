/*
  Adds a time zone to a format. Counts since 1970 are moments; every other text is a time of the zone's clocks.
*/
import { isTextDay, monthsAt } from './calendar.js'
import type { DateFormat } from './wall-clock.js'
import type { TimeZone } from './time-zone.js'
import { setMoment } from './wall-clock.js'

const secondsPerDay = 86_400

/** What to do with a format's result: convert it to the zone, or refuse times that the zone's clocks skipped. */
export type ZoneTask = 'convert' | 'check'

export class ZonedFormat implements DateFormat {
  readonly isNumber: boolean
  days = 0
  secondOfDay = 0
  nanos = 0
  readonly #format: DateFormat
  readonly #zone: TimeZone
  readonly #task: ZoneTask

  constructor(format: DateFormat, zone: TimeZone, task: ZoneTask) {
    this.isNumber = format.isNumber
    this.#format = format
    this.#zone = zone
    this.#task = task
  }

  get months(): number {
    return monthsAt(this.days, this.secondOfDay, this.nanos)
  }

  read(bytes: Uint8Array, start: number, end: number): number {
    const format = this.#format
    const outcome = format.read(bytes, start, end)
    if (outcome !== 0) return outcome
    const { days, secondOfDay } = format
    const seconds = days * secondsPerDay + secondOfDay
    this.days = days
    this.secondOfDay = secondOfDay
    this.nanos = format.nanos
    if (this.#task === 'convert') setMoment(this, seconds, this.#zone)
    else if (this.#zone.skips(seconds)) return NaN
    return isTextDay(this.days) ? 0 : Infinity
  }

  explain(bytes: Uint8Array, start: number, end: number): string | undefined {
    return this.#format.explain?.(bytes, start, end)
  }
}
