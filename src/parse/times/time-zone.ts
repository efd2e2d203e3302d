/* Converts between UTC and the clocks of a time zone by the rules of Node (Intl), never by the machine's own zone. */
import { option, usageError } from '../../errors.js'

export const secondsPerDay = 86_400
export const msPerDay = 86_400_000
export const nanosPerSecond = 1_000_000_000

/** No zone has changed its clocks twice within six days (checked from 1893 to 2039). */
const slotSeconds = 3 * secondsPerDay

/** Limit of the slots that a zone remembers, which are 160 years. */
const mostSlots = 20_000

/** A `Date` reaches a little further, before and after 1970. */
const mostSeconds = 8_630_000_000_000

/** From `from` up to `to`, in seconds since 1970, clocks are `offset` seconds ahead of UTC. */
interface Period {
  readonly from: number
  readonly to: number
  readonly offset: number
}

/** A zone by its name in the tz database, or an offset such as +08:00. */
export class TimeZone {
  readonly name: string
  readonly #offsetOf: (utcSeconds: number) => number
  readonly #slots = new Map<number, readonly Period[]>()
  /** The period that was looked up last. */
  #period: Period

  /** @throws {UsageError} DDB_USAGE if the zone does not exist */
  constructor(name: string) {
    this.name = name
    const fixed = offsetOf(name.toUpperCase())
    this.#offsetOf = fixed === undefined ? intlOffsets(name) : () => fixed
    this.#period =
      fixed === undefined ? this.#find(0) : { from: -Infinity, to: Infinity, offset: fixed }
  }

  /** How many seconds the clocks are ahead of UTC at this moment. */
  offsetAt(utcSeconds: number): number {
    const { from, to } = this.#period
    if (utcSeconds < from || utcSeconds >= to) this.#period = this.#find(utcSeconds)
    return this.#period.offset
  }

  /** True if no clock of the zone ever showed this time, because the clocks were put forward past it. */
  skips(wallSeconds: number): boolean {
    const { from, to, offset } = this.#period
    // Usually the zone has the same offset at this time as at the time looked up last.
    if (wallSeconds - offset >= from && wallSeconds - offset < to) return false
    const before = this.offsetAt(wallSeconds - secondsPerDay)
    if (this.offsetAt(wallSeconds - before) === before) return false
    const after = this.offsetAt(wallSeconds + secondsPerDay)
    return this.offsetAt(wallSeconds - after) !== after
  }

  #find(utcSeconds: number): Period {
    const known = Math.max(-mostSeconds, Math.min(mostSeconds, utcSeconds))
    const slot = Math.floor(known / slotSeconds)
    let periods = this.#slots.get(slot)
    if (periods === undefined) {
      periods = this.#look(slot * slotSeconds)
      if (this.#slots.size === mostSlots) this.#slots.clear()
      this.#slots.set(slot, periods)
    }
    return periods.find(({ to }) => utcSeconds < to) ?? periods.at(-1)!
  }

  #look(from: number): readonly Period[] {
    const offsetOf = this.#offsetOf
    const to = from + slotSeconds
    const before = offsetOf(from)
    const after = offsetOf(to)
    if (before === after) return [{ from, to, offset: before }]
    // The first second with the other offset is after `low`, and not after `change`.
    let low = from
    let change = to
    while (change - low > 1) {
      const middle = Math.floor((low + change) / 2)
      if (offsetOf(middle) === before) low = middle
      else change = middle
    }
    const changed = { from: change, to, offset: after }
    return [{ from, to: change, offset: before }, changed]
  }
}

/** The parts of a moment, from which every temporal type can be made. */
export class TimeParts {
  /** Days since 1970. */
  days = 0
  secondOfDay = 0
  /** Nanoseconds within the second. */
  nanos = 0
}

/** Sets `days` and `secondOfDay` to the zone's wall-clock time at `utcSeconds`, counted since 1970. */
export function setMoment(parts: TimeParts, utcSeconds: number, zone: TimeZone): void {
  const wall = utcSeconds + zone.offsetAt(utcSeconds)
  parts.days = Math.floor(wall / secondsPerDay)
  parts.secondOfDay = wall - parts.days * secondsPerDay
}

const offsetText = /^(?:[Zz]|UTC|([+-])([01]\d|2[0-3])(?::?([0-5]\d))?)$/

/** Seconds ahead of UTC, for `Z`, `UTC`, `+08:00`, `+0800` or `+08`; undefined for any other text. */
export function offsetOf(text: string): number | undefined {
  const [all, sign, hours = 0, minutes = 0] = offsetText.exec(text) ?? []
  if (all === undefined) return undefined
  const seconds = (Number(hours) * 60 + Number(minutes)) * 60
  return sign === '-' ? -seconds : seconds
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
  return utcSeconds => secondsOf(format.format(utcSeconds * 1000))
}

/** The offset in `…GMT`, `…GMT+08:00` or `…GMT-00:44:30`, in seconds. */
function secondsOf(text: string): number {
  const match = /GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(text)
  const [, sign, hours = 0, minutes = 0, seconds = 0] = match ?? []
  const size = (Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)
  return sign === '-' ? -size : size
}
