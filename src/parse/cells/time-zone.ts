/*
  Converts between UTC and the clocks of a time zone. The rules come from Node (Intl). Each year is looked up once and cached, so
  that a time costs only a few comparisons. The machine's zone is never used.
*/
import { option, usageError } from '../../errors.js'
import { civilFromDays, daysFromCivil } from '../../protocol/civil-date.js'

const secondsPerDay = 86_400

/** Step of the search for clock changes. No zone has changed its clocks twice within six days (checked from 1893 to 2039). */
const stepSeconds = 3 * secondsPerDay

/** No clock was changed before this year. */
const firstYear = 1800
/** No text has a later year, in any zone. */
const lastYear = 10_000
/** One year of a zone. From `starts[i]` on, in seconds since 1970, clocks are `offsets[i]` seconds ahead of UTC. */
interface ZoneYear {
  readonly starts: readonly number[]
  readonly offsets: readonly number[]
}

/** A zone by its name in the tz database, or an offset such as +08:00. */
export class TimeZone {
  readonly name: string
  readonly #offsetOf: (utcSeconds: number) => number
  readonly #years = new Map<number, ZoneYear>()
  /** The period between two clock changes that was looked up last, and its offset. */
  #from = 0
  #to = 0
  #offset = 0

  /** @throws {UsageError} DDB_USAGE if the zone does not exist */
  constructor(name: string) {
    this.name = name
    const fixed = fixedOffset(name)
    if (fixed === undefined) {
      this.#offsetOf = intlOffsets(name)
    } else {
      this.#offsetOf = () => fixed
      this.#offset = fixed
      this.#from = -Infinity
      this.#to = Infinity
    }
  }

  /** How many seconds the clocks are ahead of UTC at this moment. */
  offsetAt(utcSeconds: number): number {
    if (utcSeconds >= this.#from && utcSeconds < this.#to) return this.#offset
    const { year } = civilFromDays(Math.floor(utcSeconds / secondsPerDay))
    const known = Math.min(lastYear, Math.max(firstYear, year))
    const { starts, offsets } = this.#yearOf(known)
    let i = starts.length - 1
    while (i > 0 && starts[i]! > utcSeconds) i--
    this.#offset = offsets[i]!
    this.#from = known > year ? -Infinity : starts[i]!
    this.#to = known > year ? starts[0]! : (starts[i + 1] ?? yearStart(known + 1))
    return this.#offset
  }

  /** True if no clock of the zone ever showed this time, because the clocks were put forward past it. */
  skips(wallSeconds: number): boolean {
    // Usually the zone has the same offset at this time as at the time looked up last.
    if (wallSeconds - this.#offset >= this.#from && wallSeconds - this.#offset < this.#to) {
      return false
    }
    const before = this.offsetAt(wallSeconds - secondsPerDay)
    if (this.offsetAt(wallSeconds - before) === before) return false
    const after = this.offsetAt(wallSeconds + secondsPerDay)
    return this.offsetAt(wallSeconds - after) !== after
  }

  #yearOf(year: number): ZoneYear {
    const known = this.#years.get(year)
    if (known !== undefined) return known
    const offsetOf = this.#offsetOf
    const starts = [yearStart(year)]
    const offsets = [offsetOf(yearStart(year))]
    const end = yearStart(year + 1)
    for (let from = yearStart(year); from < end; from += stepSeconds) {
      const before = offsets.at(-1)!
      const offset = offsetOf(Math.min(from + stepSeconds, end - 1))
      if (offset === before) continue
      starts.push(changeBetween(from, Math.min(from + stepSeconds, end - 1), before, offsetOf))
      offsets.push(offset)
    }
    const found = { starts, offsets }
    this.#years.set(year, found)
    return found
  }
}

/** The parts of a moment, from which every temporal type can be made. */
export interface TimeParts {
  /** Days since 1970. */
  days: number
  secondOfDay: number
  /** Nanoseconds within the second. */
  nanos: number
}

/** Sets `days` and `secondOfDay` to the zone's wall-clock time at `utcSeconds`, counted since 1970. */
export function setMoment(parts: TimeParts, utcSeconds: number, zone: TimeZone): void {
  const wall = utcSeconds + zone.offsetAt(utcSeconds)
  parts.days = Math.floor(wall / secondsPerDay)
  parts.secondOfDay = wall - parts.days * secondsPerDay
}

const yearStart = (year: number): number => daysFromCivil(year, 1, 1) * secondsPerDay

/** The first second whose offset differs from `before`; it is after `from`, and not after `to`. */
function changeBetween(
  from: number,
  to: number,
  before: number,
  offsetOf: (utcSeconds: number) => number,
): number {
  let low = from
  let high = to
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (offsetOf(middle) === before) low = middle
    else high = middle
  }
  return high
}

/** The offset in `Z`, `UTC`, `+08:00` or `-0330`, in seconds; undefined for names of zones. */
export function fixedOffset(name: string): number | undefined {
  if (/^(?:Z|UTC)$/i.test(name)) return 0
  const match = /^([+-])([01]\d|2[0-3]):?([0-5]\d)$/.exec(name)
  if (match === null) return undefined
  const seconds = (Number(match[2]) * 60 + Number(match[3])) * 60
  return match[1] === '-' ? -seconds : seconds
}

function intlOffsets(name: string): (utcSeconds: number) => number {
  let format: Intl.DateTimeFormat
  try {
    format = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' })
  } catch {
    throw usageError(
      `${option('cells.timeZone')} ${name}: there is no such time zone; give none, a name such as Asia/Shanghai, or an offset such as +08:00`,
    )
  }
  return utcSeconds => offsetOfText(format.format(utcSeconds * 1000))
}

/** The offset in `…GMT`, `…GMT+08:00` or `…GMT-00:44:30`, in seconds. */
function offsetOfText(text: string): number {
  const match = /GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(text)
  const [, sign, hours = 0, minutes = 0, seconds = 0] = match ?? []
  const size = (Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)
  return sign === '-' ? -size : size
}
